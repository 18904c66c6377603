"""OKLab: the colour space in which equal distances look equally different. Source: Ottosson 2020, sRGB (D65)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
"""Linear sRGB → cone responses."""
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
"""Cube roots of the cone responses → L, a, b."""
SAMPLED_EVERY_PIXELS = 4


def to_oklab(srgb: NDArray[np.floating]) -> NDArray[np.float64]:
    """(…, 3) sRGB in 0..1 → (…, 3) L in 0..1, a and b around 0."""
    value = np.clip(np.asarray(srgb, dtype=np.float64), 0.0, 1.0)
    linear = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    lab: NDArray[np.float64] = np.cbrt(linear @ np.array(TO_LMS).T) @ np.array(TO_LAB).T
    return lab


def oklab_statistics(frames: Iterable[NDArray[np.floating]]) -> NDArray[np.float64]:
    """Mean and standard deviation of L, a, b, shape (2, 3), from every fourth pixel both ways of float sRGB frames."""
    step = SAMPLED_EVERY_PIXELS
    pixels = np.concatenate([to_oklab(frame[::step, ::step, :3]).reshape(-1, 3) for frame in frames])
    return np.stack([pixels.mean(axis=0), pixels.std(axis=0)])


def drift(statistics: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    """Return the distance of two statistics' means: 0.02 is just seen side by side."""
    return float(np.linalg.norm(statistics[0] - reference[0]))
