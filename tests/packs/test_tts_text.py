"""What is spoken of a text, where it is cut, and who reads its letters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custom_nodes.tts.alphabet import runs
from custom_nodes.tts.errors import TextRefused
from custom_nodes.tts.text import LIMIT_BYTES, clean, is_speakable, pieces


def test_control_characters_become_spaces_and_spaces_are_single() -> None:
    assert clean("a\x00b\t\x1b  c\r\nd\n\n\ne\u2029f") == "a b c\nd\ne\nf"


def test_emoji_vanish_with_their_modifiers() -> None:
    assert clean("Hi 👍🏽 you❤️me 👩‍👩‍👧 \U0001f1e9\U0001f1ea!") == "Hi you me !"


def test_signs_that_are_spoken_stay() -> None:
    assert clean("20 °C © 5 € + 3 % #1 @home") == "20 °C © 5 € + 3 % #1 @home"


def test_letters_are_composed_and_lone_surrogates_dropped() -> None:
    assert clean("Cafe\u0301 \ud800x") == "Café x"


def test_the_joiner_that_persian_needs_stays() -> None:
    assert clean("می\u200cروم") == "می\u200cروم"


@pytest.mark.parametrize(
    ("text", "advice"),
    [("", "write what is to be said"), (" \n", "write what is to be said"), ("😀👍", "add a word"),
     ("\x00\x07", "add a word"), ("?!", "add a word"), ("a" * LIMIT_BYTES, "say it in several turns")],
)  # fmt: skip
def test_a_text_that_cannot_be_spoken_is_refused_with_what_to_do(text: str, advice: str) -> None:
    with pytest.raises(TextRefused, match=rf"^\[text.refused\] .*{advice}"):
        clean(text)


def test_the_limit_counts_bytes() -> None:
    assert clean("a" * (LIMIT_BYTES - 1))
    with pytest.raises(TextRefused, match=r"^\[text.refused\] .*100000 bytes"):
        clean("é" * (LIMIT_BYTES // 2))


@given(st.text())
def test_clean_text_is_speakable_stays_the_same_when_cleaned_again_or_is_refused(text: str) -> None:
    try:
        once = clean(text)
    except TextRefused:
        return
    assert is_speakable(once)
    assert clean(once) == once


@given(st.text(alphabet="ab ,.!\n。，x", max_size=400), st.integers(1, 50))  # noqa: RUF001
def test_pieces_are_short_and_lose_no_letter(text: str, limit: int) -> None:
    cut = pieces(text, limit_characters=limit)
    assert all(0 < len(piece) <= limit and is_speakable(piece) for piece in cut)
    assert [c for c in "".join(cut) if c.isalnum()] == [c for c in text if c.isalnum()]


def test_a_short_text_is_one_piece() -> None:
    assert pieces("Dr. Who came. He left, then.") == ["Dr. Who came. He left, then."]


def test_a_long_text_is_cut_at_sentences_then_clauses_then_words() -> None:
    assert pieces("One two. Three four! Five", limit_characters=12) == ["One two.", "Three four!", "Five"]
    assert pieces("One two, three four", limit_characters=12) == ["One two,", "three four"]
    assert pieces("One two three", limit_characters=9) == ["One two", "three"]
    assert pieces("abcdefgh", limit_characters=3) == ["abc", "def", "gh"]
    assert pieces("你好。世界很大。", limit_characters=5) == ["你好。", "世界很大。"]


def read_by(text: str, language: str) -> list[tuple[str, str | None]]:
    return [(run.text, run.language) for run in runs(text, language)]


def test_a_voice_reads_its_own_alphabet_and_latin() -> None:
    assert read_by("Hello 12!", "de") == [("Hello 12!", "de")]
    assert read_by("你好 hello", "cmn") == [("你好 hello", "cmn")]
    assert read_by("سلام", "fa") == [("سلام", "fa")]
    assert read_by("42", "en-us") == [("42", "en-us")]


def test_what_a_voice_cannot_read_goes_to_one_that_can() -> None:
    assert read_by("Say 你好, please", "en-us") == [("Say ", "en-us"), ("你好, ", "cmn"), ("please", "en-us")]
    assert read_by("مرحبا", "en-us") == [("مرحبا", "ar")]
    assert read_by("漢字とかな", "en-us") == [("漢字とかな", "ja")]


def test_a_lone_greek_letter_stays_with_the_voice() -> None:
    assert read_by("2 π r", "en-us") == [("2 π r", "en-us")]
    assert [language for _, language in read_by("The λόγος", "en-us")] == ["en-us", "el"]


def test_an_alphabet_nobody_reads_has_no_language() -> None:
    assert read_by("བོད", "en-us")[0][1] is None


@given(st.text())
def test_runs_joined_are_the_text(text: str) -> None:
    assert "".join(run.text for run in runs(text, "en-us")) == text
