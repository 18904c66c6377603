"""A guess at a word's sounds from its letters, for voices that tell when words begin and nothing more.

Lips are what counts: which letters close them, round them, spread them. English spelling first, others by their vowels.
"""

# ruff: noqa: RUF001 - letters of other alphabets are meant
from __future__ import annotations

import unicodedata
from functools import lru_cache

# longest first; each gives the mnemonics of `visemes.py`
_GROUPS = {
    "tion": "S@n", "ough": "V", "augh": "O", "sch": "S", "tch": "S",
    "ch": "S", "sh": "S", "th": "T", "ph": "f", "wh": "w", "qu": "kw", "ck": "k", "ng": "N", "kn": "n", "wr": "r",
    "gh": "",
    "oo": "u", "ou": "aU", "ow": "oU", "oa": "o", "oi": "OI", "oy": "OI", "ee": "i", "ea": "i", "ie": "i", "ei": "eI",
    "ai": "eI", "ay": "eI", "au": "O", "aw": "O", "ew": "u", "eu": "u", "er": "3", "ir": "3", "ur": "3",
    "ar": "A", "or": "O",
}  # fmt: skip
_LETTERS = {
    "a": "a", "e": "E", "i": "I", "o": "O", "u": "V", "y": "i", "c": "k", "q": "k", "x": "ks", "j": "Z", "ß": "s",
}  # fmt: skip
_OTHERS = {
    **dict.fromkeys("аяª", "a"), **dict.fromkeys("оё", "o"), **dict.fromkeys("ую", "u"), **dict.fromkeys("иыі", "i"),
    **dict.fromkeys("эе", "E"), **dict.fromkeys("пбм", "m"), **dict.fromkeys("фв", "f"), **dict.fromkeys("шжщч", "S"),
    **dict.fromkeys("сзц", "s"), "л": "l", "р": "r",
}  # fmt: skip


@lru_cache(maxsize=4096)
def sounds_of(word: str) -> tuple[str, ...]:
    """Return mnemonics in order, one a sound; for a script without letters that are known, one open vowel a sign."""
    letters = "".join(c for c in unicodedata.normalize("NFKD", word.lower()) if c.isalnum())
    sounds: list[str] = []
    at = 0
    while at < len(letters):
        size = next((n for n in (4, 3, 2) if letters[at : at + n] in _GROUPS), 1)
        part = letters[at : at + size]
        sounds += list(_GROUPS[part] if size > 1 else _of_letter(part, last=at + 1 == len(letters) and len(sounds) > 1))
        at += size
    # A doubled letter is one sound.
    return tuple(sound for i, sound in enumerate(sounds) if i == 0 or sound != sounds[i - 1])


def _of_letter(letter: str, *, last: bool) -> str:
    if letter == "e" and last:
        return ""  # silent, as in "name"
    if letter in _LETTERS or letter in _OTHERS:
        return _LETTERS.get(letter) or _OTHERS[letter]
    if letter.isascii():
        return "E" if letter.isdigit() else letter
    return "a"
