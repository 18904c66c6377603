"""The viseme table: what lips, teeth and tongue do for every phoneme, by eSpeak mnemonic or IPA.

Shapes are told by the letters of a name; a diphthong is its first two vowels, an affricate its fricative.
"""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet are meant
from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

STRESS_MARKS = "'ˈ,ˌ%=|"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viseme:
    """Targets in thousandths, as in `FacePose`, and how firmly the sound insists on them (its dominance).

    `hold`: weight of the opening against the neighbours' (a vowel and a closure insist, a `k` takes what it gets).
    `shape`: weight of width and pout. `closed` and `tucked` are reached whatever stands beside them.
    """

    opening: int
    width: int = 0
    pout: int = 0
    teeth: int = 0
    tongue: int = 0
    hold: int = 1000
    shape: int = 300
    closed: bool = False
    tucked: bool = False


PAUSE = Viseme(opening=0, hold=500, shape=200)
_NEUTRAL = Viseme(opening=330, hold=350, shape=60)

_TABLE: dict[str, Viseme] = {
    **dict.fromkeys("aæ", Viseme(opening=1000, width=200, shape=400)),
    **dict.fromkeys("Aɑɐ", Viseme(opening=1000, width=0, shape=500)),
    **dict.fromkeys("Qɒ", Viseme(opening=850, width=-350, pout=300, shape=600)),
    **dict.fromkeys("0", Viseme(opening=800, width=-250, pout=250, shape=500)),
    **dict.fromkeys("Oɔ", Viseme(opening=720, width=-650, pout=600, shape=900)),
    **dict.fromkeys("oɤ", Viseme(opening=560, width=-800, pout=800, shape=1000)),
    **dict.fromkeys("Vʌ", Viseme(opening=720, width=80, shape=350)),
    **dict.fromkeys("Eɛ", Viseme(opening=680, width=450, shape=600)),
    **dict.fromkeys("e", Viseme(opening=540, width=600, shape=700)),
    **dict.fromkeys("3ɜɚɝ", Viseme(opening=480, width=-150, pout=250, shape=400)),
    **dict.fromkeys("@əɵ", Viseme(opening=480, hold=600, shape=150)),
    **dict.fromkeys("Iɪɨ", Viseme(opening=480, width=550, shape=500)),
    **dict.fromkeys("i", Viseme(opening=400, width=950, teeth=350, shape=1000)),
    **dict.fromkeys("Uʊ", Viseme(opening=420, width=-800, pout=800, shape=900)),
    **dict.fromkeys("uʉɯ", Viseme(opening=360, width=-1000, pout=1000, shape=1200)),
    **dict.fromkeys("yʏY", Viseme(opening=340, width=-1000, pout=1000, shape=1200)),
    **dict.fromkeys("øœ", Viseme(opening=500, width=-800, pout=850, shape=1000)),
    **dict.fromkeys("wʍɥ", Viseme(opening=200, width=-1000, pout=1000, shape=1500)),
    **dict.fromkeys("pbm", Viseme(opening=0, closed=True, hold=250, shape=60)),
    **dict.fromkeys("fvɸβʋ", Viseme(opening=80, tucked=True, hold=400, shape=200)),
    **dict.fromkeys("TDθð", Viseme(opening=280, width=150, tongue=1000, teeth=300, hold=800, shape=200)),
    **dict.fromkeys("lLɫɭʎ", Viseme(opening=330, width=100, tongue=850, hold=600, shape=120)),
    **dict.fromkeys("tdnɾɳɲ", Viseme(opening=270, width=150, tongue=550, teeth=350, hold=600, shape=120)),
    **dict.fromkeys("szcɕʑ", Viseme(opening=130, width=450, teeth=1000, hold=900, shape=350)),
    **dict.fromkeys("SZʃʒʂʐ", Viseme(opening=220, width=-550, pout=800, teeth=1000, hold=900, shape=1000)),
    **dict.fromkeys("rRɹɻʁ", Viseme(opening=320, width=-400, pout=500, hold=500, shape=600)),
    **dict.fromkeys("jʝ", Viseme(opening=320, width=650, teeth=250, hold=500, shape=600)),
    **dict.fromkeys("kgɡNŋhxXɣCçqGɦʔ?", _NEUTRAL),
}
VOWELS = frozenset("aæAɑɐQɒ0OɔoɤVʌEɛe3ɜɚɝ@əɵIɪɨiUʊuʉɯyʏYøœ")
_FRICATIVE_OF = {"t": "SʃszɕZ", "d": "Zʒzʑ"}


@lru_cache(maxsize=1024)
def visemes_of(name: str) -> tuple[Viseme, ...]:
    """Return the shapes of one phoneme in order: two of a diphthong, else one; `PAUSE` for `_`, `_:` and no name."""
    letters = name.strip(STRESS_MARKS)
    if not letters or letters[0] in "_;: \x00":
        return (PAUSE,)
    if letters[0] in VOWELS:
        spoken = [letter for letter in letters if letter in VOWELS][:2]
        return tuple(_TABLE[letter] for letter in spoken)
    if letters[1:2] and letters[1] in _FRICATIVE_OF.get(letters[0], ""):
        return (_TABLE[letters[1]],)
    return (_TABLE.get(letters[0], _NEUTRAL),)
