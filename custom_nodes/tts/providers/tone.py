"""A voice made of tones that needs no library: every run gives the same samples, so tests can count on them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..errors import ProviderFailed
from ..speech import PcmChunk, SpeechEvent, Voice
from ..text import clean
from ..voices import find_voice

RATE_HZ = 48_000
_LETTER_SAMPLES = 3_840
_SPACE_SAMPLES = 2_400
_PAUSE_SAMPLES = 14_400
_PAUSES = ".!?,;:。！？"  # noqa: RUF001
_SHUT = "pbm"
_VOWELS = {"a": 1.0, "e": 0.8, "o": 0.9, "i": 0.6, "u": 0.6, "y": 0.6}
_VOICES = (
    Voice(id="low", language="mul", name="Tone, low"),
    Voice(id="high", language="mul", name="Tone, high"),
)
_PITCH_HZ = {"low": 110.0, "high": 200.0}


class ToneProvider:
    """One tone of 80 ms per letter: vowels loud, p b m silent, other consonants soft; words are events."""

    name = "tone"

    def voices(self) -> tuple[Voice, ...]:
        """Return the two voices."""
        return _VOICES

    def stream(self, text: str, *, voice: str = "", speed: float = 1.0) -> Iterator[PcmChunk]:
        """Speak `text` at 48 kHz, one chunk a word. Raises: VoiceUnknown, TextRefused, ProviderFailed."""
        chosen = find_voice(voice or "low", _VOICES)
        if not 0.1 <= speed <= 10:
            raise ProviderFailed(f"speed {speed} is out of range; use 0.1 to 10, 1 is normal")
        return _speak(clean(text), _PITCH_HZ[chosen.id], speed)


def _speak(text: str, pitch_hz: float, speed: float) -> Iterator[PcmChunk]:
    start_samples = 0
    for word in re.findall(r"\S+", text):
        letters = [letter for letter in word.lower() if letter.isalnum()]
        letter_samples = max(1, round(_LETTER_SAMPLES / speed))
        gap_samples = round((_PAUSE_SAMPLES if word[-1] in _PAUSES else _SPACE_SAMPLES) / speed)
        parts = [_letter(letter, pitch_hz, letter_samples) for letter in letters]
        pcm = np.concatenate([*parts, np.zeros(gap_samples, np.int16)])
        if not len(pcm):
            continue
        events = [SpeechEvent(kind="word", name=word, start_samples=start_samples)] if letters else []
        for index, letter in enumerate(letters):
            at = start_samples + index * letter_samples
            events.append(SpeechEvent(kind="phoneme", name=letter, start_samples=at))
        if gap_samples:
            at = start_samples + len(letters) * letter_samples
            events.append(SpeechEvent(kind="phoneme", name="_", start_samples=at))
        yield PcmChunk(
            start_samples=start_samples, rate_hz=RATE_HZ, pcm_s16le=pcm.astype("<i2").tobytes(), events=tuple(events)
        )
        start_samples += len(pcm)


def _letter(letter: str, pitch_hz: float, samples: int) -> NDArray[np.int16]:
    """Return the samples of one letter, faded in and out so that words do not click."""
    if letter in _SHUT:
        return np.zeros(samples, np.int16)
    seconds = np.arange(samples) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * pitch_hz * harmonic * seconds) / harmonic for harmonic in range(1, 9))
    edge = np.minimum(1.0, np.minimum(np.arange(samples), np.arange(samples)[::-1]) / 240)
    level = _VOWELS.get(letter, 0.25)
    return np.asarray(np.rint(9_000 * level * edge * tone), dtype=np.int16)
