"""The head moves alone: a smooth field carries hair, ears and glasses whole, and ends in the background.

Fields are prepared at an eighth of the picture's size, where a frame's sum of them costs nothing, and enlarged.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .ease import smooth
from .lips import Mouth
from .sway import HeadMove

# Pixels of the picture to one of the fields.
COARSE = 8
NO_MAP = np.empty((0, 0), dtype=np.float32)
# In widths of the face box, from the middle of the head, which lies ABOVE the mouth by this:
ABOVE = 0.58
# half axes within which everything moves whole, and how many times as far out the field ends
WIDE, HIGH, END = 0.62, 0.90, 1.42
# from the lip line down: where the neck begins to bend, and where it stands still
NECK_TOP, NECK_END = 0.22, 0.80
# the face's own bulge: what turns further than the outline
FACE_WIDE, FACE_HIGH = 0.52, 0.70
# the chest: where it rises most, how tall and how wide that is
CHEST, CHEST_HIGH, CHEST_WIDE = 0.95, 0.42, 1.2

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class HeadField:
    """Moves the head of pictures of one size: `moved(canvas, move)`."""

    def __init__(self, height: int, width: int, mouth: Mouth) -> None:
        self._side = side = mouth.side
        # The picture's pixels at the middles of the coarse cells, as `cv2.resize` places them; one cell more around.
        x = ((np.arange(-1, -(-width // COARSE) + 1) + 0.5) * COARSE - 0.5)[None, :]
        y = ((np.arange(-1, -(-height // COARSE) + 1) + 0.5) * COARSE - 0.5)[:, None]
        self._places = np.stack(np.broadcast_arrays(x, y), axis=-1).astype(np.float32)
        right, down = (x - mouth.x) / side, (y - mouth.y) / side
        centre_down = down + ABOVE
        out = np.sqrt((right / WIDE) ** 2 + (np.minimum(centre_down, 0.0) / HIGH) ** 2)
        mask = (1.0 - smooth((out - 1.0) / (END - 1.0))) * (1.0 - smooth((down - NECK_TOP) / (NECK_END - NECK_TOP)))
        oval = (right / FACE_WIDE) ** 2 + ((down + 0.36) / FACE_HIGH) ** 2
        bulge = np.clip(1.0 - oval, 0.0, 1.0) ** 1.5
        self._mask = mask.astype(np.float32)
        self._turn_x = (-(down - NECK_END) * mask).astype(np.float32)
        self._turn_y = (right * mask).astype(np.float32)
        self._bulge = bulge.astype(np.float32)
        chest = np.exp(-(((down - CHEST) / CHEST_HIGH) ** 2)) * np.exp(-((right / CHEST_WIDE) ** 4))
        # The picture's lower edge stays: below it there is nothing that could rise.
        to_edge = smooth((height - 1 - y) / (0.35 * side))
        self._chest = (chest * to_edge).astype(np.float32)
        # Head and chest are as wide as they are: two bands hold fewer pixels than one box around both.
        head, chest = (mask > 0.004) | (bulge > 0), self._chest > 0.04
        from_row = max(1, int(np.flatnonzero(chest.any(axis=1))[0])) if chest.any() else len(mask) - 1
        self._bands = [
            _Band(cells, (head | chest)[cells, 1:-1], (height, width))
            for cells in (slice(1, from_row), slice(from_row, len(mask) - 1))
            if (head | chest)[cells, 1:-1].any()
        ]

    def moved(self, canvas: Pixels, move: HeadMove) -> Pixels:
        """Return a new picture: `canvas` (H, W, 3) with its head and chest where `move` has them."""
        side = np.float32(self._side)
        # Backwards: where a pixel comes from is where the head was, so every way is taken off.
        away_x = -side * (move.x * self._mask + move.yaw * self._bulge + move.roll * self._turn_x)
        down = move.y * self._mask + move.pitch * self._bulge + move.roll * self._turn_y
        away_y = side * (move.breath * self._chest - down)
        # A field of places, not of ways: enlarged, it is the map itself.
        source = self._places + np.stack((away_x, away_y), axis=-1).astype(np.float32, copy=False)
        frame: Pixels = canvas.copy()
        for band in self._bands:
            frame[band.rows, band.columns] = band.moved(canvas, source)
        return frame


class _Band:
    """A rectangle of the picture: whole coarse cells, which one more around them joins to what lies beside."""

    def __init__(self, cells: slice, moving: NDArray[np.bool_], size: tuple[int, int]) -> None:
        down, right = np.flatnonzero(moving.any(axis=1)) + cells.start, np.flatnonzero(moving.any(axis=0)) + 1
        top, bottom, left, end = int(down[0]), int(down[-1]) + 1, int(right[0]), int(right[-1]) + 1
        self.rows = slice((top - 1) * COARSE, min(size[0], (bottom - 1) * COARSE))
        self.columns = slice((left - 1) * COARSE, min(size[1], (end - 1) * COARSE))
        self._cells = slice(top - 1, bottom + 1), slice(left - 1, end + 1)
        self._shape = self.rows.stop - self.rows.start, self.columns.stop - self.columns.start

    def moved(self, canvas: Pixels, source: Plane) -> Pixels:
        """Return the rectangle's pixels, read from the places that the coarse `source` tells."""
        whole = cv2.resize(source[self._cells], None, fx=COARSE, fy=COARSE, interpolation=cv2.INTER_LINEAR)
        height, width = self._shape
        inner = whole[COARSE : COARSE + height, COARSE : COARSE + width]
        moved = cv2.remap(canvas, inner, NO_MAP, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return moved.astype(np.uint8, copy=False)
