"""SpanSound: the sound of one talk span, read from the turn's, faded where the span begins or ends inside it."""

from __future__ import annotations

import numpy as np

from hls.ticks import BYTES_PER_SAMPLE, PART_TICKS, TICKS_HZ
from runner.live.speech_file import SpeechFile

FADE_SAMPLES = TICKS_HZ * 5 // 1000
"""5 ms: short enough to be no delay, long enough that a cut does not click."""
FADE_BYTES = FADE_SAMPLES * BYTES_PER_SAMPLE


def fade(pcm_s16le: bytes, *, rising: bool = False) -> bytes:
    """Return the same samples, falling linearly to silence (or rising from it)."""
    samples = np.frombuffer(pcm_s16le, dtype="<i2").astype(np.float64)
    ramp = np.linspace(0.0, 1.0, num=len(samples), endpoint=False)
    faded: bytes = (samples * (ramp if rising else ramp[::-1])).round().astype("<i2").tobytes()
    return faded


class SpanSound:
    """Samples are ticks of the turn; before `from_ticks` the span is silent."""

    def __init__(self, speech: SpeechFile, *, from_ticks: int) -> None:
        self.from_ticks = from_ticks
        self._speech = speech

    def read(self, start_ticks: int, count: int, *, until_ticks: int) -> bytes:
        """Return `count` samples from `start_ticks`, silent from `until_ticks` on. Raises: OSError."""
        begin, end = max(start_ticks, self.from_ticks), min(start_ticks + count, until_ticks)
        if begin >= end:
            return bytes(count * BYTES_PER_SAMPLE)
        said = self._speech.read(begin, end - begin)
        if begin == self.from_ticks and begin > 0:
            said = fade(said[:FADE_BYTES], rising=True) + said[FADE_BYTES:]
        if end < start_ticks + count:
            said = said[:-FADE_BYTES] + fade(said[-FADE_BYTES:])
        return (bytes((begin - start_ticks) * BYTES_PER_SAMPLE) + said).ljust(count * BYTES_PER_SAMPLE, b"\0")

    def fading_tail(self, start_ticks: int, *, until_ticks: int) -> bytes:
        """Return the 5 ms after `start_ticks`, falling to silence, padded with silence to a whole part."""
        tail = b""
        if until_ticks > start_ticks:
            try:
                tail = fade(self._speech.read(start_ticks, FADE_SAMPLES))
            except (OSError, ValueError):  # what ended the span may be just this file; a span's end itself never fails
                tail = b""
        return tail.ljust(PART_TICKS * BYTES_PER_SAMPLE, b"\0")
