"""What of a text can be spoken, and where a long one is cut."""

# ruff: noqa: RUF001 - the full-width and Arabic marks are what this file is about
from __future__ import annotations

import re
import unicodedata

from .errors import TextRefused

LIMIT_BYTES = 100_000
"""A text of this many UTF-8 bytes or more is refused: it would be two hours of speech in one turn."""

PIECE_CHARACTERS = 300
"""The longest text given to a voice at once: some 20 s of speech, which bounds both memory and the wait of others."""

_JOINERS = "\u200c\u200d"
_LOOSE_JOINER = re.compile(f"(?:(?<=\\s)|^)[{_JOINERS}]+|[{_JOINERS}]+(?=\\s|$)")
_SPOKEN_SYMBOLS = "°©®™№℃℉§"
_SENTENCE_END = re.compile(r"(?<=[.!?…][\s\"'”’»)\]])|(?<=[。！？；।؟۔])|(?<=\n)")
_CLAUSE_END = re.compile(r"(?<=[,;:،؛—–]\s)|(?<=[，、：])")
_WORD_END = re.compile(r"(?<=\s)")


def clean(text: str) -> str:
    """Return the speakable part of `text`: no control characters, no emoji, single spaces, composed letters (NFC).

    Raises: TextRefused when it has `LIMIT_BYTES` or more, or holds no letter and no digit.
    """
    size_bytes = len(text.encode("utf-8", errors="replace"))
    if size_bytes >= LIMIT_BYTES:
        raise TextRefused(
            f"the text has {size_bytes} bytes; one turn takes less than {LIMIT_BYTES} bytes: say it in several turns"
        )
    kept = "".join(_spoken(character) for character in unicodedata.normalize("NFC", text))
    kept = _LOOSE_JOINER.sub("", kept)
    kept = re.sub(r"[^\S\n]+", " ", kept)
    kept = re.sub(r" ?\n[ \n]*", "\n", kept).strip()
    if not is_speakable(kept):
        raise TextRefused(_nothing_to_say(text))
    return kept


def _nothing_to_say(text: str) -> str:
    if not text.strip():
        return "there is nothing to say: the text is empty; write what is to be said"
    return "there is nothing to say: no letter and no digit; add a word, emoji and signs alone cannot be spoken"


def is_speakable(text: str) -> bool:
    """Whether a letter or a digit is in `text`."""
    return any(character.isalnum() for character in text)


def pieces(text: str, *, limit_characters: int = PIECE_CHARACTERS) -> list[str]:
    """Cut cleaned `text` into pieces of at most `limit_characters`, whose join is the text but for outer spaces.

    Cut at sentence ends where that is enough, else at clause ends, else between words, else anywhere. Neighbours are
    joined up to the limit, so a short text stays whole and keeps the voice's own melody ("Dr. Who" is not cut).
    Pieces in which nothing can be spoken are left out.
    """
    cut = [part.strip() for part in _cut(text, limit_characters, (_SENTENCE_END, _CLAUSE_END, _WORD_END))]
    return [part for part in cut if is_speakable(part)]


def _spoken(character: str) -> str:
    """Return what is said for one character: itself, a space, or nothing."""
    if character in "\n\u2028\u2029":
        return "\n"
    category = unicodedata.category(character)
    if category in ("Cc", "Zs"):
        return " "
    if category == "Cf":
        return character if character in _JOINERS else ""
    if category in ("So", "Sk", "Cs", "Co", "Cn", "Me") or "\ufe00" <= character <= "\ufe0f":
        # A space, so that words with only an emoji between them stay two words; modifiers vanish with their emoji.
        return character if character in _SPOKEN_SYMBOLS else " " if category == "So" else ""
    return character


def _cut(text: str, limit: int, levels: tuple[re.Pattern[str], ...]) -> list[str]:
    if len(text) <= limit:
        return [text]
    if not levels:
        return [text[start : start + limit] for start in range(0, len(text), limit)]
    joined = [""]
    for part in levels[0].split(text):
        for smaller in _cut(part, limit, levels[1:]):
            if len(joined[-1]) + len(smaller) <= limit:
                joined[-1] += smaller
            else:
                joined.append(smaller)
    return joined
