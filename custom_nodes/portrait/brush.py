"""Soft drawing on a float canvas: smooth shapes, strokes and light, in the units of a 1000-unit square."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
Point = tuple[float, float]
Colour = tuple[int, int, int]
# OpenCV draws with whole numbers of 1/16 pixel.
SUBPIXEL_BITS = 4


class Canvas:
    """RGB float32 (H, W, 3), 0..255. A point (x, y) lies at pixel (x, y) * scale + offset."""

    def __init__(self, width: int, height: int, *, scale: float, offset: Point) -> None:
        self.pixels: Plane = np.zeros((height, width, 3), dtype=np.float32)
        self._scale = scale
        self._offset = offset

    def fill(
        self,
        points: Sequence[Point],
        colour: Colour,
        *,
        blur: float = 0.8,
        strength: float = 1.0,
        within: Plane | None = None,
        smooth: bool = True,
    ) -> None:
        """Fill the closed curve through `points`, its edge softened by `blur` units, inside the mask `within`."""
        outline = closed_curve(points) if smooth else list(points)
        self._paint(self.mask(outline, blur), colour, strength, within)

    def glow(
        self, centre: Point, radii: Point, colour: Colour, strength: float, *, within: Plane | None = None
    ) -> None:
        """Lay a soft round light or shadow, strongest at `centre`, gone at twice `radii`."""
        x, y = self._grid()
        distance = ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2
        self._paint(np.exp(-1.5 * distance), colour, strength, within)

    def stroke(
        self,
        points: Sequence[Point],
        width: Point,
        colour: Colour,
        *,
        blur: float = 0.6,
        strength: float = 1.0,
        within: Plane | None = None,
    ) -> None:
        """Draw an open curve whose width goes from `width[0]` over thick in the middle to `width[1]`."""
        line = np.array(open_curve(points), dtype=np.float64)
        share = np.linspace(0.0, 1.0, len(line))
        half = 0.5 * (width[0] + (width[1] - width[0]) * share)
        along = np.gradient(line, axis=0)
        across = (
            np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]
        )
        left, right = line + across * half[:, None], line - across * half[:, None]
        outline = [(float(p[0]), float(p[1])) for p in np.concatenate([left, right[::-1]])]
        self._paint(self.mask(outline, blur), colour, strength, within)

    def shade(self, factor: Callable[[Plane, Plane], Plane], within: Plane | None = None) -> None:
        """Multiply the picture by `factor(x, y)`, unit coordinates in, about 1 out."""
        x, y = self._grid()
        value = factor(x, y)
        if within is not None:
            value = np.asarray(1.0 + (value - 1.0) * within, dtype=np.float32)
        self.pixels = np.asarray(self.pixels * value[..., None], dtype=np.float32)

    def mask(self, outline: Sequence[Point], blur: float) -> Plane:
        """Coverage 0..1 of a polygon in units, (H, W)."""
        height, width = self.pixels.shape[:2]
        points = np.array(outline, dtype=np.float64) * self._scale + self._offset
        raw = np.zeros((height, width), dtype=np.uint8)
        fixed = np.round(points * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(raw, [fixed], 255, lineType=cv2.LINE_AA, shift=SUBPIXEL_BITS)
        cover: Plane = raw.astype(np.float32) / np.float32(255.0)
        sigma = blur * self._scale
        return np.asarray(cv2.GaussianBlur(cover, (0, 0), sigma) if sigma > 0.3 else cover, dtype=np.float32)

    def _paint(self, mask: Plane, colour: Colour, strength: float, within: Plane | None) -> None:
        alpha: Plane = mask * np.float32(strength)
        if within is not None:
            alpha = np.asarray(alpha * within, dtype=np.float32)
        touched = cv2.boundingRect((alpha > 0.002).astype(np.uint8))
        x, y, w, h = (int(v) for v in touched)
        if w == 0 or h == 0:
            return
        area = self.pixels[y : y + h, x : x + w]
        area += (np.array(colour, dtype=np.float32) - area) * alpha[y : y + h, x : x + w, None].astype(np.float32)

    def _grid(self) -> tuple[Plane, Plane]:
        height, width = self.pixels.shape[:2]
        x = (np.arange(width, dtype=np.float32)[None, :] - self._offset[0]) / self._scale
        y = (np.arange(height, dtype=np.float32)[:, None] - self._offset[1]) / self._scale
        return np.asarray(x, dtype=np.float32), np.asarray(y, dtype=np.float32)


def closed_curve(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Return a closed Catmull-Rom curve through `points`."""
    count = len(points)
    turn = [[points[(i + k) % count] for k in (-1, 0, 1, 2)] for i in range(count)]
    return [_between(four, j / steps) for four in turn for j in range(steps)]


def open_curve(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Return an open Catmull-Rom curve through `points`."""
    padded = [points[0], *points, points[-1]]
    pieces = [padded[i : i + 4] for i in range(len(points) - 1)]
    return [_between(four, j / steps) for four in pieces for j in range(steps)] + [points[-1]]


def mirrored(points: Sequence[Point], axis_x: float = 500.0) -> list[Point]:
    """Return `points` seen in a mirror standing at `axis_x`."""
    return [(2 * axis_x - x, y) for x, y in points]


def _between(four: Sequence[Point], t: float) -> Point:
    def at(axis: int) -> float:
        a, b, c, d = (p[axis] for p in four)
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t)

    return at(0), at(1)
