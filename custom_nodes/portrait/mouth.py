"""The mouth: for every opening and width one prepared patch of the picture, warped jaw and painted inside.

The jaw swings down from the lip line, the base of the neck stays, so shoulders never move. What the picture does not
show, the inside of the mouth, is painted. Patches are made on demand and kept: a frame costs one copy.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .lips import Mouth

# Steps of opening from shut to open, and of width from the picture's own to spread (or rounded). A step of opening is
# GAP / 32 = 0.4 % of the face's width, half a pixel in a face of 128: no step is seen.
OPENINGS = 32
WIDTHS = 4
# All below in widths of the face box: the lips of a fully open mouth stand GAP apart, the chin ends CHIN below the lip
# line, and from the base of the NECK on nothing moves.
GAP = 0.13
CHIN = 0.27
NECK = 0.62
# The lower face follows the jaw within this distance of the mouth's middle, falling off as exp(-r^4).
JAW = 0.30
# The upper lip rises by this share of the gap.
UPPER_RAISE = 0.10
# Some 100 patches where the face is 512 pixels wide; the rest of the 33 * 9 are rarely asked for.
CACHE_BYTES = 64 * 2**20

THROAT_RGB = np.array((70, 22, 26), dtype=np.float32)
TONGUE_RGB = np.array((158, 72, 74), dtype=np.float32)
TEETH_RGB = np.array((232, 226, 216), dtype=np.float32)

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class MouthPatches:
    """Patches of one picture, uint8 RGB (rows, columns, 3), all of the rectangle `rows`, `columns` of that picture."""

    def __init__(self, image_rgb: Pixels, mouth: Mouth) -> None:
        height, width = image_rgb.shape[:2]
        self._jaw_reach = max(1.75 * mouth.half_width, JAW * mouth.side)
        reach = 1.6 * self._jaw_reach
        lift = abs(mouth.corner_lift) + abs(mouth.tilt)
        self.columns = slice(max(0, int(mouth.x - reach)), min(width, int(mouth.x + reach) + 1))
        self.rows = slice(
            max(0, int(mouth.y - lift - 0.24 * mouth.side)), min(height, int(mouth.y + lift + NECK * mouth.side) + 1)
        )
        self._image = image_rgb
        self._mouth = mouth
        self._kept: OrderedDict[tuple[int, int], Pixels] = OrderedDict()
        patch_bytes = 3 * (self.rows.stop - self.rows.start) * (self.columns.stop - self.columns.start)
        self._most = max(8, CACHE_BYTES // max(1, patch_bytes))
        self._x = np.arange(self.columns.start, self.columns.stop, dtype=np.float32)[None, :]
        self._y = np.arange(self.rows.start, self.rows.stop, dtype=np.float32)[:, None]

    def patch(self, opening: float, width: float) -> Pixels | None:
        """Return the patch nearest to `opening` 0..1 and `width` -1 (rounded) .. 1 (spread); None: the picture itself.

        The array is kept and given out again: copy it before writing into it.
        """
        key = (round(min(1.0, max(0.0, opening)) * OPENINGS), round(min(1.0, max(-1.0, width)) * WIDTHS))
        if key == (0, 0):
            return None
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._make(key[0] / OPENINGS, key[1] / WIDTHS)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(key)
        return found

    def _make(self, opening: float, width: float) -> Pixels:
        """Warp the picture and paint the inside.

        Every map says where a pixel comes from (OpenCV's `remap`), so a lip that drops is a row that reads from above.
        `u` is the place along the mouth, -1 and 1 at its corners; `gap` and `jaw` are pixels of drop at each column.
        """
        mouth = self._mouth
        side = mouth.side
        source_x = self._source_x(width)
        u = (source_x - mouth.x) / mouth.half_width
        line = mouth.line(u)
        # Rounded lips open as an ellipse, spread ones flatter.
        power = 2.0 + 1.2 * max(0.0, width)
        inside = np.clip(1.0 - np.abs(u) ** power, 0.0, 1.0)
        gap = opening * GAP * side * np.sqrt(inside)
        jaw = np.maximum(gap, 0.85 * opening * GAP * side * np.exp(-(((source_x - mouth.x) / self._jaw_reach) ** 4)))
        raised = UPPER_RAISE * gap
        source_y = self._source_y(line, gap, jaw, raised)
        warped: Pixels = cv2.remap(
            self._image, source_x.astype(np.float32), source_y.astype(np.float32), cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        ).astype(np.uint8, copy=False)  # fmt: skip
        if opening * GAP * side < 0.75:
            return warped
        # Only where the mouth can be open: painting the whole patch would cost more than the warp.
        open_columns = np.flatnonzero((np.abs(u) < 1.0).any(axis=0))
        top, bottom = float((line - raised).min()) - 3, float((line + gap).max()) + 3
        first = max(0, int(top) - self.rows.start)
        rows = slice(first, max(first + 1, int(bottom) - self.rows.start + 1))
        columns = slice(int(open_columns[0]), int(open_columns[-1]) + 1)
        depth = (self._y - (line - raised))[rows, columns]
        area = warped[rows, columns]
        warped[rows, columns] = _paint_inside(area, u[rows, columns], depth, (gap + raised)[rows, columns], mouth=mouth)
        return warped

    def _source_x(self, width: float) -> Plane:
        """Columns the pixels come from: the middle is squeezed (rounded) or stretched (spread), the edges stay."""
        mouth = self._mouth
        squeeze = 0.30 * -width if width < 0 else -0.10 * width
        v = (self._x - mouth.x) / mouth.half_width
        fall = np.exp(-((v / 1.5) ** 2)) * np.exp(-(((self._y - mouth.y) / (0.17 * mouth.side)) ** 2))
        return np.asarray(self._x + (self._x - mouth.x) * squeeze * fall * 1.25, dtype=np.float32)

    def _source_y(self, line: Plane, gap: Plane, jaw: Plane, raised: Plane) -> Plane:
        """Rows the pixels come from: the lower lip drops by the gap, jaw and chin with it, the neck is pinned."""
        side = self._mouth.side
        y = self._y
        below = y - line
        ramp = _smooth((below - gap) / (0.2 * side))
        drop = gap + (jaw - gap) * ramp
        fall = 1.0 - _smooth((below - CHIN * side) / ((NECK - CHIN) * side))
        lower = np.maximum(y - drop * fall, line)
        upper = np.minimum(y + raised * (1.0 - _smooth((line - raised - y) / (0.13 * side))), line)
        return np.asarray(np.where(below > 0, lower, upper), dtype=np.float32)


def _smooth(t: Plane) -> Plane:
    """Ease 0..1: flat at both ends (smoothstep); clipped outside."""
    t = np.clip(t, 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)


def _paint_inside(warped: Pixels, u: Plane, depth: Plane, height: Plane, *, mouth: Mouth) -> Pixels:
    """Paint throat, tongue and upper teeth where 0 < `depth` < `height`; return uint8 RGB of the shape of `warped`.

    `u`: along the mouth, -1..1 between the corners. `depth`: pixels below the upper lip's edge. `height`: how many
    pixels the lips stand apart in that column. All sizes are shares of the face's width, so that a face looks alike in
    every size of stream.
    """
    side, half = mouth.side, mouth.half_width
    feather = max(1.2, side / 150)
    shape = np.broadcast_shapes(u.shape, depth.shape)
    u, height = np.broadcast_to(u, shape), np.broadcast_to(height, shape)
    alpha = np.clip(depth / feather + 0.5, 0, 1) * np.clip((height - depth) / feather + 0.5, 0, 1)
    alpha = alpha * np.clip(height / feather - 0.3, 0, 1) * (np.abs(u) < 1.0)
    share = np.clip(depth / np.maximum(height, 1.0), 0, 1)[..., None]
    colour = THROAT_RGB * (1.0 - 0.35 * share)
    # The tongue lies at the bottom and shows once the mouth is well open.
    tongue = _smooth((depth - 0.55 * height) / (0.35 * height + 1.0)) * _smooth((height - 0.035 * side) / (0.05 * side))
    tongue = tongue * np.clip(1.0 - (u / 0.72) ** 2, 0, 1) * 0.85
    colour = colour + (TONGUE_RGB - colour) * tongue[..., None]
    # Upper teeth hang from the skull: a fixed height, uncovered as the lip leaves them, darker towards the corners.
    teeth_height = np.minimum(0.042 * side, 0.42 * height) * np.clip(1.25 - 0.9 * u * u, 0, 1)
    teeth = np.clip((teeth_height - depth) / feather + 0.5, 0, 1) * _smooth((height - 0.012 * side) / (0.02 * side))
    teeth = teeth * _smooth((0.86 - np.abs(u)) * half / (4.0 * feather)) * (0.92 - 0.45 * u * u)
    if not mouth.teeth_show:
        colour = colour + (TEETH_RGB - colour) * teeth[..., None]
    # The upper lip throws its shadow on what lies behind it.
    shade = 0.72 + 0.28 * _smooth(depth / (0.02 * side))
    colour = colour * shade[..., None]
    out = warped.astype(np.float32)
    out += (colour - out) * alpha[..., None]
    return np.asarray(np.clip(out + 0.5, 0, 255), dtype=np.uint8)
