"""How far sound and picture are apart: white flashes against beeps that were cut to start with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
BEEP_HZ = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AvOffset:
    """`offset_samples` one per flash at 48 kHz, > 0: the sound comes after the picture."""

    offset_samples: tuple[int, ...]

    @property
    def worst_ms(self) -> float:
        """The largest offset either way."""
        return max(abs(offset) for offset in self.offset_samples) * 1000 / RATE_HZ


def measure_av_offset(frames: Iterable[NDArray[np.uint8]], pcm: NDArray[np.int16], *, fps: int = 25) -> AvOffset:
    """Return the offset of each flash's beep. Frames (H, W, 3) from time 0, `pcm` mono 48 kHz from time 0.

    Raises: ValueError when there is no flash, or not one beep a flash.
    """
    bright = np.array([frame.mean() for frame in frames])
    lit = bright > (bright.min() + bright.max()) / 2
    flashes = np.flatnonzero(lit[1:] & ~lit[:-1]) + 1
    beeps = _onsets(np.asarray(pcm, np.int32))
    if not len(flashes) or np.ptp(bright) < 30 or len(beeps) != len(flashes):
        raise ValueError(f"{len(flashes)} flashes and {len(beeps)} beeps do not pair up")
    step = RATE_HZ // fps
    return AvOffset(offset_samples=tuple(int(b) - int(f) * step for f, b in zip(flashes, beeps, strict=True)))


def flash_frames(
    frames: int, at_frames: Iterable[int], *, width: int, height: int, lit: int = 4
) -> Iterator[NDArray[np.uint8]]:
    """Yield black frames that turn white at `at_frames` for `lit` frames."""
    white = {at + more for at in at_frames for more in range(lit)}
    for index in range(frames):
        yield np.full((height, width, 3), 235 if index in white else 16, np.uint8)


def beep_pcm(frames: int, at_frames: Iterable[int], *, fps: int = 25, lit: int = 4) -> NDArray[np.int16]:
    """Return 48 kHz mono with a 1 kHz beep of `lit` frames that starts on the first sample of each of `at_frames`."""
    step = RATE_HZ // fps
    pcm = np.zeros(frames * step, np.int16)
    for at in at_frames:
        wave = 20_000 * np.cos(2 * np.pi * BEEP_HZ * np.arange(lit * step) / RATE_HZ)
        pcm[at * step : (at + lit) * step] = np.rint(wave)[: len(pcm) - at * step]
    return pcm


def _onsets(pcm: NDArray[np.int32]) -> NDArray[np.intp]:
    """Return where the sound passes half its peak after 20 ms without doing so: a codec's pre-echo stays below."""
    loud = np.flatnonzero(np.abs(pcm) > max(500, int(np.abs(pcm).max()) // 2)) if len(pcm) else np.array([], np.intp)
    if not len(loud):
        return loud
    first = np.concatenate([[True], np.diff(loud) > RATE_HZ // 50])
    return np.asarray(loud[first])
