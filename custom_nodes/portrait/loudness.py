"""How loud the voice is at every frame, above what sounds under it: music or a room's noise opens no mouth.

Sums are made in whole numbers, so that a frame's value does not depend on where the sound was cut.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000
# Below the first the mouth is shut, from the second on loudness opens it no further.
QUIET_DBFS, LOUD_DBFS = -45.0, -15.0
# The floor is the level that all but a few of the frames before surpass: a voice falls to it between its syllables.
FLOOR_FRAMES = 12
FLOOR_RANK = 2
# What lies less than this above the floor is not the voice.
ABOVE_FLOOR_DB = 8.0
# A vowel held for a second is no floor: nothing raises the quiet mark beyond this.
QUIET_MOST_DBFS = -22.0
# A quiet voice opens its mouth too: the loud mark follows the loudest frames around, down to this.
LOUD_LEAST_DBFS = -27.0
SILENT_DBFS = -90.0
# The loudness from which on a frame is no silence.
SOUNDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """All 0..1: `bright` hisses, as s and sh; `closed` as i, u and n; of these `dark` as u, `spread` as i."""

    bright: float = 0.0
    closed: float = 0.0
    dark: float = 0.0
    spread: float = 0.0


SILENCE = Colour()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What is heard at each frame from `first` on (frames before the window are negative).

    `loud` 0..1; `colours` what it sounds like.
    """

    first: int
    loud: tuple[float, ...]
    colours: tuple[Colour, ...]

    def at(self, frame: int) -> float:
        """Return the loudness of a frame of the window; silence outside of what is known."""
        i = frame - self.first
        return self.loud[i] if 0 <= i < len(self.loud) else 0.0

    def sounds(self, frame: int) -> bool:
        """Whether anything is to be heard of the voice at a frame of the window."""
        return self.at(frame) > SOUNDS


def hear(
    pcm: NDArray[np.int16], *, context_samples: int, frames: int, frame_samples: int, past: int, future: int
) -> Hearing:
    """Hear frames -`past` .. `frames` + `future`; each is judged against the `FLOOR_FRAMES` before it.

    `pcm` is mono int16 at 16 kHz whose sample `context_samples` is the first of frame 0; around it is silence.
    """
    first, count = -past - FLOOR_FRAMES, frames + past + FLOOR_FRAMES + future
    sound = _cut(pcm, context_samples + first * frame_samples, count * frame_samples)
    levels = _levels(sound, frame_samples)
    loud = [_loud(levels[i - FLOOR_FRAMES : i + 1]) for i in range(FLOOR_FRAMES, count)]
    return Hearing(first=-past, loud=tuple(loud), colours=tuple(_colours(sound, frame_samples)[FLOOR_FRAMES:]))


MARGIN_SAMPLES = 160
"""What `_levels` needs around the frames: half of 10 ms on each side would do, a whole one keeps pairs together."""


def _cut(pcm: NDArray[np.int16], first: int, wanted: int) -> NDArray[np.int64]:
    first -= MARGIN_SAMPLES
    wanted += 2 * MARGIN_SAMPLES
    sound = np.zeros(wanted, dtype=np.int64)
    start, end = max(first, 0), min(first + wanted, pcm.shape[0])
    if end > start:
        sound[start - first : end - first] = pcm[start:end]
    return sound


def _levels(sound: NDArray[np.int64], frame_samples: int) -> list[float]:
    """Level of each frame in dBFS, in the band of 100 to 4000 Hz."""
    # Pairs summed: 8 kHz, so nothing above 4 kHz. Less the mean of 10 ms: nothing below 100 Hz. All in whole numbers.
    half = sound.reshape(-1, 2).sum(axis=1)
    box = 80  # samples at 8 kHz
    total = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(half)))
    band = box * half[box // 2 : -(box // 2)] - (total[box:-1] - total[: -box - 1])
    # A sum that wraps is harmless: only differences of it are used, modulo 2^64.
    energy = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(band * band)))
    step = frame_samples // 2
    offset = MARGIN_SAMPLES // 2 - box // 2
    marks = energy[offset : len(energy) - offset : step]
    full_scale = (2.0 * box * 32768.0) ** 2 * step
    return [_dbfs(int(power) / full_scale) for power in np.diff(marks)]


def _dbfs(power: float) -> float:
    return SILENT_DBFS if power <= 1e-9 else 10.0 * math.log10(power)


def _loud(levels: list[float]) -> float:
    """Loudness of the last of these levels (dBFS of consecutive frames) among them."""
    ranked = sorted(levels)
    quiet = min(max(QUIET_DBFS, ranked[FLOOR_RANK] + ABOVE_FLOOR_DB), QUIET_MOST_DBFS)
    top = max(quiet + 10.0, min(LOUD_DBFS, max(LOUD_LEAST_DBFS, ranked[-2])))
    return min(1.0, max(0.0, (levels[-1] - quiet) / (top - quiet)))


def _colours(sound: NDArray[np.int64], frame_samples: int) -> list[Colour]:
    """What each frame sounds like, by its own samples alone: one transform a frame, whatever stands beside it."""
    inner = sound[MARGIN_SAMPLES : len(sound) - MARGIN_SAMPLES].astype(np.float64).reshape(-1, frame_samples)
    taper = np.hanning(frame_samples)
    return [_colour(frame * taper) if frame.any() else SILENCE for frame in inner]


def _colour(frame: NDArray[np.float64]) -> Colour:
    """Shares of power: near the first formant of closed vowels, of open ones, near the second of i, and hissing."""
    power = np.abs(np.fft.rfft(frame)) ** 2
    edges = [round(hz * len(frame) / RATE_HZ) for hz in (100, 450, 1_300, 1_700, 4_000, 8_000)]
    low, middle, _, high, hiss = (float(power[a:b].sum()) for a, b in pairwise(edges))
    voiced, whole = low + middle + high, low + middle + high + hiss
    if voiced <= 0.0:
        return SILENCE
    closed, front = _ramp(low / voiced, 0.45, 0.75), high / voiced
    return Colour(
        bright=_ramp((hiss + high) / whole, 0.55, 0.85), closed=closed,
        dark=closed * _ramp(front, 0.16, 0.08), spread=_ramp(low / voiced, 0.4, 0.6) * _ramp(front, 0.18, 0.32),
    )  # fmt: skip


def _ramp(value: float, zero: float, one: float) -> float:
    return min(1.0, max(0.0, (value - zero) / (one - zero)))
