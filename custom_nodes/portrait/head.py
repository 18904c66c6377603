"""The head moves alone: a smooth field carries hair, ears and glasses whole, and ends in the background.

Fields are prepared at an eighth of the picture's size, where a frame's sum of them costs nothing, and enlarged.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .lips import Mouth
from .sway import HeadMove

# Pixels of the picture to one of the fields.
COARSE = 8
# In widths of the face box, from the middle of the head, which lies ABOVE the mouth by this:
ABOVE = 0.58
# half axes within which everything moves whole, and how many times as far out the field ends
WIDE, HIGH, END = 0.62, 0.92, 1.75
# from the lip line down: where the neck begins to bend, and where it stands still
NECK_TOP, NECK_END = 0.22, 0.80
# the face's own bulge: what turns further than the outline
FACE_WIDE, FACE_HIGH = 0.52, 0.70
# the chest: where it rises most, how tall and how wide that is
CHEST, CHEST_HIGH, CHEST_WIDE = 0.95, 0.42, 1.5

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class HeadField:
    """Moves the head of pictures of one size: `moved(canvas, move)`."""

    def __init__(self, height: int, width: int, mouth: Mouth) -> None:
        self._side = side = mouth.side
        # The picture's pixels at the middles of the coarse cells, as `cv2.resize` places them.
        x = ((np.arange(-(-width // COARSE)) + 0.5) * COARSE - 0.5)[None, :]
        y = ((np.arange(-(-height // COARSE)) + 0.5) * COARSE - 0.5)[:, None]
        right, down = (x - mouth.x) / side, (y - mouth.y) / side
        centre_down = down + ABOVE
        out = np.sqrt((right / WIDE) ** 2 + (np.minimum(centre_down, 0.0) / HIGH) ** 2)
        mask = (1.0 - _smooth((out - 1.0) / (END - 1.0))) * (1.0 - _smooth((down - NECK_TOP) / (NECK_END - NECK_TOP)))
        oval = (right / FACE_WIDE) ** 2 + ((down + 0.36) / FACE_HIGH) ** 2
        bulge = np.clip(1.0 - oval, 0.0, 1.0) ** 1.5
        self._mask = mask.astype(np.float32)
        self._turn_x = (-(down - NECK_END) * mask).astype(np.float32)
        self._turn_y = (right * mask).astype(np.float32)
        self._bulge = bulge.astype(np.float32)
        chest = np.exp(-(((down - CHEST) / CHEST_HIGH) ** 2)) * np.exp(-((right / CHEST_WIDE) ** 4))
        # The picture's lower edge stays: below it there is nothing that could rise.
        to_edge = _smooth((height - 1 - y) / (0.35 * side))
        self._chest = (chest * to_edge).astype(np.float32)
        moving = (mask > 0.004) | (bulge > 0) | (self._chest > 0.02)
        self._cells = _reach(moving.any(axis=1)), _reach(moving.any(axis=0))
        self._rows, self._columns = (
            slice(cells.start * COARSE, min(size, cells.stop * COARSE))
            for cells, size in zip(self._cells, (height, width), strict=True)
        )
        rows, columns = np.mgrid[self._rows, self._columns]
        self._x, self._y = columns.astype(np.float32), rows.astype(np.float32)

    def moved(self, canvas: Pixels, move: HeadMove) -> Pixels:
        """Return a new picture: `canvas` (H, W, 3) with its head and chest where `move` has them."""
        side = np.float32(self._side)
        # Backwards: where a pixel comes from is where the head was, so every way is taken off.
        away_x = -side * (move.x * self._mask + move.yaw * self._bulge + move.roll * self._turn_x)
        down = move.y * self._mask + move.pitch * self._bulge + move.roll * self._turn_y
        away_y = side * (move.breath * self._chest - down)
        source_x, source_y = self._enlarged(away_x, self._x), self._enlarged(away_y, self._y)
        frame: Pixels = canvas.copy()
        frame[self._rows, self._columns] = cv2.remap(
            canvas, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return frame

    def _enlarged(self, away: Plane, from_here: Plane) -> Plane:
        coarse = away[self._cells].astype(np.float32, copy=False)
        whole = cv2.resize(coarse, None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_LINEAR)
        height, width = from_here.shape
        return cv2.add(whole[:height, :width], from_here).astype(np.float32, copy=False)


def _reach(moving: NDArray[np.bool_]) -> slice:
    """Return the coarse cells that move, with one more on each side."""
    at = np.flatnonzero(moving)
    if not len(at):
        return slice(0, len(moving))
    return slice(max(0, int(at[0]) - 1), min(len(moving), int(at[-1]) + 2))


def _smooth(t: Plane) -> Plane:
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t))
