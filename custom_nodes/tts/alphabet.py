"""Which alphabet a text is written in, and which languages read it."""

from __future__ import annotations

import unicodedata
from collections import Counter

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
    "LATIN": (),
}
_NUMERALS_OF_ALL = ("DIGIT", "FULLWIDTH", "SUPERSCRIPT", "SUBSCRIPT", "MODIFIER", "MICRO", "FEMININE", "MASCULINE")


def alphabet(text: str) -> str:
    """Return the alphabet of most letters of `text` ("LATIN", "CJK", "ARABIC" …); "LATIN" when it has none.

    Kana anywhere makes it HIRAGANA: Japanese is written mostly in Chinese characters.
    """
    counts: Counter[str] = Counter()
    for character in text:
        if character.isalpha():
            first = unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]
            if first not in _NUMERALS_OF_ALL:
                counts[first] += 1
    if not counts:
        return "LATIN"
    if counts["HIRAGANA"] + counts["KATAKANA"] and counts["CJK"]:
        counts["HIRAGANA"] += counts.pop("CJK")
    return counts.most_common(1)[0][0]


def reader(text: str, language: str) -> str | None:
    """Return the language that should read `text` when the voice speaks `language` (a BCP 47 tag).

    That is `language` itself where it knows the alphabet (every voice reads Latin letters), else the commonest
    language written so, else None: then no voice can say the text.
    """
    written = alphabet(text)
    if written == "LATIN":
        return language
    readers = _READERS.get(written)
    if not readers:
        return None
    own = language.lower()
    return language if own in readers or own.split("-")[0] in readers else readers[0]
