"""How well lips follow sound, from decoded pixels and samples alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 48_000
BAND_HZ = (100.0, 4_000.0)
QUIET_DBFS, LOUD_DBFS = -45.0, -15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LipSync:
    """`lag_frames` > 0: the picture comes after the sound. `correlation` is the one at that lag, -1 to 1."""

    lag_frames: int
    correlation: float


def loudness(pcm: NDArray[np.int16], *, frames: int, fps: int = 25) -> NDArray[np.float64]:
    """Return 0 (-45 dBFS and below) to 1 (-15 dBFS and above) per frame: the level from 100 to 4000 Hz while it shows.

    `pcm`: 48 kHz mono; frame i hears samples [i, i + 1) * 48000 / fps; what is missing at the end is silence.
    """
    step = RATE_HZ // fps
    # A second of silence behind it: the transform is a circle, and the end must not hear the start.
    samples = np.zeros(frames * step + RATE_HZ)
    heard = np.asarray(pcm[: frames * step], np.float64) / 32_768
    samples[: len(heard)] = heard
    spectrum = np.fft.rfft(samples)
    pitch = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
    spectrum[(pitch < BAND_HZ[0]) | (pitch > BAND_HZ[1])] = 0
    band = np.fft.irfft(spectrum, len(samples))[: frames * step].reshape(frames, step)
    level = 10 * np.log10(np.mean(band**2, axis=1) + 1e-12)
    return np.asarray(np.clip((level - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS), 0, 1))


def best_lag(opening: NDArray[np.float64], loud: NDArray[np.float64], *, max_lag_frames: int = 8) -> LipSync:
    """Return the shift of `opening` against `loud` (both one value a frame) at which they correlate best."""
    found = [
        LipSync(lag_frames=lag, correlation=_correlation(opening, loud, lag))
        for lag in range(-max_lag_frames, max_lag_frames + 1)
    ]
    return max(found, key=lambda sync: (sync.correlation, -abs(sync.lag_frames)))


def _correlation(opening: NDArray[np.float64], loud: NDArray[np.float64], lag: int) -> float:
    frames = min(len(opening), len(loud))
    seen = opening[max(0, lag) : frames + min(0, lag)]
    heard = loud[max(0, -lag) : frames - max(0, lag)]
    if len(seen) < 2 or np.ptp(seen) == 0 or np.ptp(heard) == 0:
        return 0.0
    return float(np.corrcoef(seen, heard)[0, 1])
