"""Change of sample rate in pieces: exact lengths, no delay. The owner of soxr."""

from __future__ import annotations

from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray

PROGRAMME_HZ = 48_000
MODEL_HZ = 16_000


class _Soxr(Protocol):
    def resample_chunk(self, x: NDArray[np.float32], last: bool = False) -> NDArray[np.float32]: ...


class Resampler:
    """Mono s16le in one rate to another, in pieces of any size; the pieces do not change the result.

    In all `finish` makes exactly ceil(n * to_hz / from_hz) samples of n. Sample k of the output is the sound at
    k / to_hz of the input: soxr takes its own delay away, so output comes some 40 ms of sound late, but in place.
    """

    def __init__(self, from_hz: int, to_hz: int) -> None:
        self._from_hz = from_hz
        self._to_hz = to_hz
        self._in_samples = 0
        self._out_samples = 0
        self._odd = b""
        self._soxr: _Soxr | None = None
        if from_hz != to_hz:
            import soxr

            # float32: soxr dithers int16, which would make two runs over the same sound differ.
            self._soxr = cast(_Soxr, soxr.ResampleStream(from_hz, to_hz, 1, dtype="float32", quality="HQ"))

    def feed(self, pcm_s16le: bytes) -> bytes:
        """Take any bytes (half a sample is kept for the next call), return what is ready."""
        data = self._odd + pcm_s16le
        whole = len(data) // 2 * 2
        self._odd = data[whole:]
        samples = np.frombuffer(data[:whole], "<i2")
        self._in_samples += len(samples)
        if self._soxr is None:
            self._out_samples += len(samples)
            return data[:whole]
        return self._emit(self._soxr.resample_chunk(samples.astype(np.float32), last=False))

    def finish(self) -> bytes:
        """Return the rest; the resampler takes nothing after it."""
        if self._soxr is None:
            return b""
        tail = self._soxr.resample_chunk(np.zeros(0, np.float32), last=True)
        missing = -(-self._in_samples * self._to_hz // self._from_hz) - self._out_samples
        return self._emit(np.concatenate([tail, np.zeros(max(0, missing - len(tail)), np.float32)])[:missing])

    def _emit(self, samples: NDArray[np.float32]) -> bytes:
        self._out_samples += len(samples)
        # The peak guard: a full-scale input overshoots by up to 1 dB between the samples.
        return np.clip(np.rint(samples), -32_768, 32_767).astype("<i2").tobytes()


def resample(pcm_s16le: bytes, from_hz: int, to_hz: int) -> bytes:
    """Return the whole sound in another rate: ceil(n * to_hz / from_hz) samples."""
    resampler = Resampler(from_hz, to_hz)
    return resampler.feed(pcm_s16le) + resampler.finish()
