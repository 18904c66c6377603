"""How loud a speech is, as ITU-R BS.1770-4 says (LUFS, gated): 16 kHz mono, in pieces, in constant memory."""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
HOP_SAMPLES, HOPS_IN_BLOCK = RATE_HZ // 10, 4  # blocks of 400 ms, one every 100 ms
TAPS = 2048  # 128 ms: of the high pass at 38 Hz nothing is left by then
FLOOR_LUFS, TOP_LUFS, BIN_LU = -70.0, 10.0, 0.1
GATE_LU, OFFSET_LU = -10.0, -0.691
LARGEST_GAIN = 10.0  # 20 dB: a whisper must not become a roar of noise


def gain_to(lufs: float, *, of_lufs: float) -> float:
    """Return the factor that brings a speech of `of_lufs` to `lufs`; 1 for silence (minus infinity)."""
    return min(LARGEST_GAIN, 10 ** ((lufs - of_lufs) / 20)) if math.isfinite(of_lufs) else 1.0


def amplified(pcm_s16le: bytes, gain: float) -> bytes:
    """Return the sound `gain` times as loud, cut at full scale; the same bytes for a gain of 1."""
    if gain == 1.0:
        return pcm_s16le
    scaled = np.rint(np.frombuffer(pcm_s16le, "<i2").astype(np.float64) * gain)
    return bytes(np.clip(scaled, -32768, 32767).astype("<i2").tobytes())


class LoudnessMeter:
    """Takes s16le; `lufs` is the loudness of all of it. Holds a histogram, never the sound."""

    def __init__(self) -> None:
        bins = round((TOP_LUFS - FLOOR_LUFS) / BIN_LU)
        self._counts, self._energies = np.zeros(bins, np.int64), np.zeros(bins)
        self._past = np.zeros(TAPS - 1)
        self._rest = np.zeros(0)
        self._hops: list[float] = []  # of the block that is not whole yet: at most three

    def feed(self, pcm_s16le: bytes) -> None:
        """Take whole samples, any number of them."""
        samples = np.frombuffer(pcm_s16le, "<i2").astype(np.float64) / 32768
        for start in range(0, len(samples), RATE_HZ):
            self._take(samples[start : start + RATE_HZ])

    def _take(self, samples: NDArray[np.float64]) -> None:
        with_past = np.concatenate([self._past, samples])
        size = 1 << (len(with_past) + TAPS - 1).bit_length()
        heard = np.fft.irfft(np.fft.rfft(with_past, size) * np.fft.rfft(_weighting(), size), size)
        heard = np.concatenate([self._rest, heard[TAPS - 1 : TAPS - 1 + len(samples)]])
        self._past = with_past[-(TAPS - 1) :]
        whole = len(heard) // HOP_SAMPLES * HOP_SAMPLES
        self._rest = heard[whole:]
        hops = [*self._hops, *np.square(heard[:whole]).reshape(-1, HOP_SAMPLES).mean(axis=1).tolist()]
        blocks = np.convolve(hops, np.full(HOPS_IN_BLOCK, 1 / HOPS_IN_BLOCK), "valid") if len(hops) > 3 else ()
        self._hops = hops[-(HOPS_IN_BLOCK - 1) :]
        for energy in blocks:
            place = math.floor((_lufs(float(energy)) - FLOOR_LUFS) / BIN_LU) if energy > 0 else -1
            if place >= 0:
                place = min(place, len(self._counts) - 1)
                self._counts[place] += 1
                self._energies[place] += energy

    @property
    def lufs(self) -> float:
        """Minus infinity where nothing is louder than -70 LUFS, or there is less than 400 ms."""
        if not self._counts.any():
            return -math.inf
        gate = _lufs(float(self._energies.sum() / self._counts.sum())) + GATE_LU
        first = max(0, math.floor((gate - FLOOR_LUFS) / BIN_LU))
        return _lufs(float(self._energies[first:].sum() / self._counts[first:].sum()))


def _lufs(energy: float) -> float:
    return OFFSET_LU + 10 * math.log10(energy)


@functools.lru_cache(maxsize=1)
def _weighting() -> NDArray[np.float64]:
    """The K-weighting's impulse response at 16 kHz: the two filters of BS.1770 for this rate."""
    shelf_k = math.tan(math.pi * 1681.974450955533 / RATE_HZ)
    shelf_q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    scale = 1 + shelf_k / shelf_q + shelf_k**2
    shelf_b = (
        (high + middle * shelf_k / shelf_q + shelf_k**2) / scale,
        2 * (shelf_k**2 - high) / scale,
        (high - middle * shelf_k / shelf_q + shelf_k**2) / scale,
    )
    shelf_a = (2 * (shelf_k**2 - 1) / scale, (1 - shelf_k / shelf_q + shelf_k**2) / scale)
    pass_k = math.tan(math.pi * 38.13547087602444 / RATE_HZ)
    pass_q = 0.5003270373238773
    scale = 1 + pass_k / pass_q + pass_k**2
    pass_a = (2 * (pass_k**2 - 1) / scale, (1 - pass_k / pass_q + pass_k**2) / scale)
    impulse = np.zeros(TAPS)
    impulse[0] = 1.0
    return _filtered(_filtered(impulse, shelf_b, shelf_a), (1.0, -2.0, 1.0), pass_a)


def _filtered(
    samples: NDArray[np.float64], b: tuple[float, float, float], a: tuple[float, float]
) -> NDArray[np.float64]:
    out = np.zeros_like(samples)
    one = two = 0.0
    for place, sample in enumerate(samples.tolist()):
        made = b[0] * sample + one
        one, two = b[1] * sample - a[0] * made + two, b[2] * sample - a[1] * made
        out[place] = made
    return out
