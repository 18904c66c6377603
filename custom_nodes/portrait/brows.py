"""The brows rise with the voice: the forehead's skin slides up above the eyes, lids and hair stay."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .ease import smooth
from .landmarks import Landmarks

# Fully raised, in widths of the face box.
RAISE = 0.034
# How far around the brow's line skin moves with it, across and up and down, in widths of the face box.
ACROSS, UP, DOWN = 0.17, 0.13, 0.055

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class BrowRaise:
    """The rectangle `rows`, `columns` of one picture with its brows raised."""

    def __init__(self, image_rgb: Pixels, landmarks: Landmarks) -> None:
        """Prepare the brows; without any nothing is ever raised."""
        height, width = image_rgb.shape[:2]
        self._image = image_rgb
        side = landmarks.mouth.side
        brows = landmarks.brows
        self.rows = self.columns = slice(0, 0)
        if not brows:
            return
        points = [p for brow in brows for p in (brow.left, brow.middle, brow.right)]
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        self.columns = slice(max(0, int(min(xs) - ACROSS * side)), min(width, int(max(xs) + ACROSS * side) + 2))
        self.rows = slice(max(0, int(min(ys) - 2.2 * UP * side)), min(height, int(max(ys) + DOWN * side) + 2))
        if self.rows.start >= self.rows.stop or self.columns.start >= self.columns.stop:
            self.rows = self.columns = slice(0, 0)  # a close crop cut them off
            return
        self._x = np.arange(self.columns.start, self.columns.stop, dtype=np.float32)[None, :]
        self._y = np.arange(self.rows.start, self.rows.stop, dtype=np.float32)[:, None]
        rise = np.zeros((self._y.shape[0], self._x.shape[1]), dtype=np.float32)
        for brow in brows:
            spots = sorted((brow.left, brow.middle, brow.right))
            line = np.interp(self._x[0], [p[0] for p in spots], [p[1] for p in spots])[None, :]
            half = max(1.0, (spots[2][0] - spots[0][0]) / 2)
            beside = np.exp(-(((self._x - brow.middle[0]) / (1.25 * half)) ** 4))
            away = self._y - line
            # Above it fades into the forehead; below it is gone before the lid begins.
            fade = np.where(away < 0, smooth(1.0 + away / (2.0 * UP * side)), smooth(1.0 - away / (DOWN * side)))
            rise = np.maximum(rise, (beside * fade).astype(np.float32))
        self._rise = np.float32(RAISE * side) * rise
        self._wide_x = np.ascontiguousarray(np.broadcast_to(self._x, rise.shape))

    def patch(self, raised: float) -> Pixels | None:
        """Return the rectangle with its brows `raised` 0..1, uint8 RGB; None: the picture as it is."""
        if raised < 0.01 or self.rows.stop == 0:
            return None
        source_y = self._y + np.float32(raised) * self._rise
        moved = cv2.remap(self._image, self._wide_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return moved.astype(np.uint8, copy=False)
