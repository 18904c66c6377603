"""Which alphabet a text is written in, and which languages read it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_READERS: dict[str, tuple[str, ...]] = {
    # First word of the Unicode names -> languages that read it; the first one reads it where the voice does not.
    "CJK": ("cmn", "zh", "yue", "hak", "ja"),
    "BOPOMOFO": ("cmn", "zh"),
    "HIRAGANA": ("ja",),
    "KATAKANA": ("ja",),
    "HANGUL": ("ko",),
    "ARABIC": ("ar", "fa", "ur", "ug", "sd", "ku"),
    "HEBREW": ("he", "yi"),
    "CYRILLIC": (
        "ru",
        "uk",
        "be",
        "bg",
        "sr",
        "mk",
        "kk",
        "ky",
        "tt",
        "ba",
        "cv",
        "nog",
        "kaa",
        "uz",
        "tk",
        "az",
        "bs",
    ),
    "GREEK": ("el", "grc"),
    "DEVANAGARI": ("hi", "mr", "ne", "kok"),
    "BENGALI": ("bn", "as", "bpy"),
    "GUJARATI": ("gu",),
    "GURMUKHI": ("pa",),
    "ORIYA": ("or",),
    "TAMIL": ("ta",),
    "TELUGU": ("te",),
    "KANNADA": ("kn",),
    "MALAYALAM": ("ml",),
    "SINHALA": ("si",),
    "THAI": ("th",),
    "MYANMAR": ("my", "shn"),
    "GEORGIAN": ("ka",),
    "ARMENIAN": ("hy", "hyw"),
    "ETHIOPIC": ("am", "ti"),
    "CHEROKEE": ("chr",),
    "SHAVIAN": ("en-shaw",),
}
_OF_ALL = ("DIGIT", "FULLWIDTH", "SUPERSCRIPT", "SUBSCRIPT", "MODIFIER", "MICRO", "FEMININE", "MASCULINE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A stretch of text for one voice: `language` is None where no language of ours reads `alphabet`."""

    text: str
    alphabet: str
    language: str | None


def runs(text: str, language: str) -> list[Run]:
    """Cut `text` where its alphabet changes to one that a voice of `language` (a BCP 47 tag) cannot read, or back.

    Latin letters belong to every voice. An alphabet that the voice does not read goes to the commonest language
    that does. Digits, marks and spaces stay with what is before them; a lone Greek letter stays too (a pi in a
    formula has a name in every language). The texts joined are `text`.
    """
    has_kana = any(_alphabet_of(character) in ("HIRAGANA", "KATAKANA") for character in text)
    found: list[Run] = []
    start = 0
    current: str | None = None
    for index, character in enumerate(text):
        written = _alphabet_of(character)
        if written is None or (written == "GREEK" and not _has_letter_beside(text, index)):
            continue
        # Japanese mixes kana with Chinese characters, and every word of it goes to one voice.
        group = "HIRAGANA" if has_kana and written in ("CJK", "KATAKANA") else written
        group = "LATIN" if reader(group, language) == language else group
        if current is not None and group != current:
            found.append(Run(text=text[start:index], alphabet=current, language=reader(current, language)))
            start = index
        current = group
    last = current or "LATIN"
    return [*found, Run(text=text[start:], alphabet=last, language=reader(last, language))]


def reader(alphabet: str, language: str) -> str | None:
    """Return the language that reads `alphabet` for a voice of `language`: itself, the commonest one, or None."""
    if alphabet == "LATIN":
        return language
    readers = _READERS.get(alphabet)
    if not readers:
        return None
    own = language.lower()
    return language if own in readers or own.split("-")[0] in readers else readers[0]


def has_kanji(text: str) -> bool:
    """Whether `text` holds a Chinese character."""
    return any(_alphabet_of(character) == "CJK" for character in text)


def _alphabet_of(character: str) -> str | None:
    """Return the alphabet of a letter ("LATIN", "CJK", "ARABIC" …), None for what is no letter or belongs to all."""
    if not character.isalpha():
        return None
    first = unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]
    return None if first in _OF_ALL else first


def _has_letter_beside(text: str, index: int) -> bool:
    return any(_alphabet_of(beside) == "GREEK" for beside in (text[index - 1 : index], text[index + 1 : index + 2]))
