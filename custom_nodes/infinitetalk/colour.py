"""How a window's colours are led back to the reference: a plan from statistics, and its ramp over the frames. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

LEAST_GAIN, MOST_GAIN = 0.8, 1.25  # a face that fills the picture, or leaves it, must not be flattened or blown up
LEAST_DEVIATION = 1e-4  # a picture of one colour has no contrast to be matched
LEAST_MEASURED_FRAMES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Per OKLab channel, shape (3,): x becomes x + r * ((gain - 1) * (x - centre) + shift), r from the ramp."""

    centre: NDArray[np.float64]
    gain: NDArray[np.float64]
    shift: NDArray[np.float64]


def correct(measured: NDArray[np.float64], reference: NDArray[np.float64], *, strength: float) -> Correction:
    """Return what leads `measured` (2, 3: mean, deviation) to `reference` by `strength` (0 nothing, 1 all the way)."""
    wanted = reference[1] / np.maximum(measured[1], LEAST_DEVIATION)
    gain = np.where(measured[1] < LEAST_DEVIATION, 1.0, np.clip(wanted, LEAST_GAIN, MOST_GAIN))
    return Correction(
        centre=measured[0],
        gain=1.0 + strength * (gain - 1.0),
        shift=strength * (reference[0] - measured[0]),
    )


def ramp(frames: int, overlap_frames: int) -> NDArray[np.float64]:
    """Return r for every frame of the window, shape (frames,).

    The overlap was corrected as the window before's own end, so the first new frame gets nothing and the last one
    everything: no jump at the seam, and the end, which the next window goes on from, has the reference's colours.
    Drift grows with the frames, so what is measured at the end is taken back in the same measure.
    """
    new = frames - overlap_frames
    return np.concatenate([np.zeros(overlap_frames), np.linspace(0.0, 1.0, new) if new > 1 else np.ones(new)])


def measured_frames(frames: int, overlap_frames: int) -> range:
    """Return the frames whose colours are measured: the window's end, as long as the overlap of the next one."""
    count = min(frames - overlap_frames, max(overlap_frames, LEAST_MEASURED_FRAMES))
    return range(frames - count, frames)
