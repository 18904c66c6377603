"""Events → stretches of sound with a shape each: phonemes as told, words by a guess from their letters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

from .spelling import sounds_of
from .visemes import PAUSE, VOWELS, Viseme, visemes_of

# A phoneme holds for at most this long; after it the mouth follows loudness alone (so no value needs older events).
HOLD_SAMPLES = 4_800
# When the second half of a diphthong begins: its end is not known yet where the future is still unheard.
GLIDE_SAMPLES = 1_440
# How long a sound of a word lasts where only the word's beginning is told: 75 ms a consonant, 120 ms a vowel.
GUESSED_CONSONANT, GUESSED_VOWEL = 1_200, 1_920
# No word reaches further than this: 0.8 s, of which every window hears a second.
WORD_SAMPLES = 12_800


class Event(Protocol):
    """What the driver needs of an event; `RequestEvent` and `SpeechEvent` both fit."""

    @property
    def kind(self) -> str:
        """`phoneme` and `word` count, everything else is passed over."""

    @property
    def name(self) -> str:
        """The provider's name of the phoneme, eSpeak mnemonic or IPA; or the word."""

    @property
    def start_samples(self) -> int:
        """Where it starts, at 16 kHz, from the first returned frame's first sample; negative in the left context."""


@dataclass(frozen=True, slots=True)
class Span:
    """`viseme` from sample `start` to `end`; `guessed` where only a word was told."""

    start: int
    end: int
    viseme: Viseme
    guessed: bool = False


def spans_of(events: Iterable[Event]) -> list[Span]:
    """Return the shapes of speech in order of time, guessed ones first, so that what is told covers them."""
    told: list[tuple[int, int, str]] = []
    words: list[tuple[int, int, str]] = []
    for i, event in enumerate(events):
        if event.kind == "phoneme":
            told.append((event.start_samples, i, event.name))
        elif event.kind == "word":
            words.append((event.start_samples, i, event.name))
    return [*_guessed(sorted(words)), *_phonemes(sorted(told))]


def _phonemes(marks: list[tuple[int, int, str]]) -> list[Span]:
    spans = []
    for i, (start, _, name) in enumerate(marks):
        end = min(start + HOLD_SAMPLES, marks[i + 1][0] if i + 1 < len(marks) else start + HOLD_SAMPLES)
        shapes = visemes_of(name)
        glide = min(end, start + GLIDE_SAMPLES) if len(shapes) > 1 else end
        spans.append(Span(start, glide, shapes[0]))
        spans.append(Span(glide, end, shapes[-1]))
    return [span for span in spans if span.end > span.start]


def _guessed(marks: list[tuple[int, int, str]]) -> list[Span]:
    spans = []
    for i, (start, _, word) in enumerate(marks):
        limit = min(start + WORD_SAMPLES, marks[i + 1][0] if i + 1 < len(marks) else start + WORD_SAMPLES)
        at = start
        for sound in sounds_of(word):
            end = min(limit, at + (GUESSED_VOWEL if sound[0] in VOWELS else GUESSED_CONSONANT))
            if end > at:
                spans.append(Span(at, end, visemes_of(sound)[0], guessed=True))
            at = end
    return spans


def pauses_of(events: Iterable[Event]) -> list[int]:
    """Return where phrases end: the first sample of every pause that is told within `WORD_SAMPLES` of a sound."""
    marks = sorted((e.start_samples, i, visemes_of(e.name)[0]) for i, e in enumerate(events) if e.kind == "phoneme")
    return [
        start
        for (last, _, before), (start, _, shape) in pairwise(marks)
        # A sound that began earlier is not in every window that holds the pause.
        if shape is PAUSE and before is not PAUSE and start - last <= WORD_SAMPLES
    ]
