"""How far a synthetic mouth is open, from decoded pixels alone."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Box = tuple[int, int, int, int]


def mouth_opening(frames: Iterable[NDArray[np.uint8]], box: Box, *, dark: float | None = None) -> NDArray[np.float64]:
    """Return the share of dark pixels in the mouth's box (x, y, width, height) of each frame (H, W, 3, RGB).

    Dark is a luma below `dark`, or below 0.45 of the first frame's median there: skin is lighter, a mouth's inside
    darker. The dark line of closed lips is in every frame, so only changes tell.
    """
    x, y, width, height = box
    shares: list[float] = []
    limit = dark
    for frame in frames:
        luma = frame[y : y + height, x : x + width].astype(np.float32) @ _LUMA
        if limit is None:
            limit = 0.45 * float(np.median(luma))
        shares.append(float(np.mean(luma < limit)))
    return np.array(shares)
