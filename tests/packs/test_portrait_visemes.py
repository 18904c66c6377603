# ruff: noqa: RUF001 - letters of the phonetic alphabet are meant
from __future__ import annotations

import pytest

from custom_nodes.portrait.spans import GLIDE_SAMPLES, pauses_of, spans_of
from custom_nodes.portrait.spelling import sounds_of
from custom_nodes.portrait.visemes import PAUSE, VOWELS, visemes_of
from custom_nodes.tts.speech import SpeechEvent

pytestmark = pytest.mark.fast


def event(kind: str, name: str, at: int) -> SpeechEvent:
    return SpeechEvent(kind=kind, name=name, start_samples=at)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["p", "b", "m", "'p", "m:"])
def test_lips_close_for_p_b_and_m(name: str) -> None:
    assert visemes_of(name)[0].closed


@pytest.mark.parametrize("name", ["f", "v", "v#"])
def test_the_lower_lip_is_tucked_for_f_and_v(name: str) -> None:
    assert visemes_of(name)[0].tucked


@pytest.mark.parametrize("name", ["", "_", "_:", "_::", ";"])
def test_pauses_have_the_shape_of_rest(name: str) -> None:
    assert visemes_of(name) == (PAUSE,)


@pytest.mark.parametrize(("mnemonic", "ipa"), [("aI", "aɪ"), ("oU", "oʊ"), ("tS", "tʃ"), ("'3:", "ˈɜː"), ("T", "θ")])
def test_mnemonics_and_ipa_mean_the_same_shapes(mnemonic: str, ipa: str) -> None:
    assert visemes_of(mnemonic) == visemes_of(ipa)


def test_a_diphthong_is_its_two_vowels_and_an_affricate_its_fricative() -> None:
    assert visemes_of("aI") == (*visemes_of("a"), *visemes_of("I"))
    assert visemes_of("dZ") == visemes_of("Z")


def test_vowels_insist_on_their_opening_more_than_consonants_that_lips_do_not_make() -> None:
    assert min(visemes_of(v)[0].hold for v in VOWELS) > max(visemes_of(c)[0].hold for c in "kgNh")


@pytest.mark.parametrize(
    ("word", "sounds"),
    [("map", "map"), ("phone", "fOn"), ("shop", "SOp"), ("Bell", "bEl"), ("queen", "kwin"), ("мама", "mama")],
)
def test_a_word_is_guessed_from_its_letters(word: str, sounds: str) -> None:
    assert "".join(sounds_of(word)) == sounds


@pytest.mark.parametrize("word", ["", "…", "123", "日本", "ÀÉÎ"])
def test_any_word_gives_sounds_that_the_table_knows(word: str) -> None:
    for sound in sounds_of(word):
        assert visemes_of(sound)


def test_a_diphthong_glides_at_a_fixed_moment() -> None:
    first, second = spans_of([event("phoneme", "aI", 100), event("phoneme", "t", 4_000)])[:2]
    assert (first.end, second.start, second.end) == (100 + GLIDE_SAMPLES,) * 2 + (4_000,)


def test_a_word_ends_where_the_next_begins() -> None:
    spans = spans_of([event("word", "tomorrow", 0), event("word", "be", 3_000)])
    assert all(span.guessed for span in spans)
    assert max(span.end for span in spans if span.start < 3_000) == 3_000


def test_phrases_end_where_a_pause_follows_a_sound() -> None:
    events = [event("phoneme", n, 1_000 * i) for i, n in enumerate(["_", "a", "t", "_:", "_", "i", "_:"])]
    assert pauses_of(events) == [3_000, 6_000]
