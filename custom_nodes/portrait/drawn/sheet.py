"""A sheet to paint on: float RGB, one pixel a unit, and windows into it that share its pixels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .curve import Plane, Point, closed_curve, open_curve

Colour = tuple[float, float, float]
# OpenCV draws with whole numbers of 1/16 pixel.
SUBPIXEL_BITS = 4


class Sheet:
    """RGB float32 (H, W, 3), 0..255 as the eye sees it; unit (x, y) is the pixel (x - left, y - top)."""

    def __init__(self, pixels: Plane, left: int, top: int) -> None:
        self.pixels = pixels
        self.left, self.top = left, top
        height, width = pixels.shape[:2]
        self.x: Plane = np.arange(left, left + width, dtype=np.float32)[None, :]
        self.y: Plane = np.arange(top, top + height, dtype=np.float32)[:, None]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def window(self, left: float, top: float, right: float, bottom: float) -> Sheet:
        """Return the part between these units, as far as the sheet reaches; painting there paints the sheet."""
        rows_all, columns_all = self.shape
        x0 = min(max(self.left, int(left)), self.left + columns_all - 2)
        y0 = min(max(self.top, int(top)), self.top + rows_all - 2)
        rows = slice(y0 - self.top, max(y0 - self.top + 2, int(bottom) - self.top))
        columns = slice(x0 - self.left, max(x0 - self.left + 2, int(right) - self.left))
        return Sheet(self.pixels[rows, columns], x0, y0)

    def mask(self, outline: Sequence[Point], blur: float = 0.8, *, curved: bool = True) -> Plane:
        """Coverage 0..1 of the closed curve (or polygon) through `outline`, (H, W), its edge softened by `blur`."""
        points = np.array(closed_curve(outline) if curved else outline, dtype=np.float64) - (self.left, self.top)
        raw = np.zeros(self.shape, dtype=np.uint8)
        fixed = np.round(points * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(raw, [fixed], 255, lineType=cv2.LINE_AA, shift=SUBPIXEL_BITS)
        return soft(raw.astype(np.float32) / np.float32(255.0), blur)

    def line(self, points: Sequence[Point], widths: Sequence[float], blur: float = 0.6) -> Plane:
        """Coverage of an open curve whose width goes through `widths` from its start to its end."""
        line = np.array(open_curve(points), dtype=np.float64)
        share = np.linspace(0.0, 1.0, len(line))
        half = 0.5 * np.interp(share, np.linspace(0.0, 1.0, len(widths)), widths)
        along = np.gradient(line, axis=0)
        across = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
        both = np.concatenate([line + across * half[:, None], (line - across * half[:, None])[::-1]])
        return self.mask([(float(p[0]), float(p[1])) for p in both], blur, curved=False)

    def glow(self, centre: Point, radii: Point, turn: float = 0.0) -> Plane:
        """Give a soft spot: 1 at `centre`, 0.6 at `radii`, turned by `turn` radians."""
        dx, dy = self.x - centre[0], self.y - centre[1]
        if turn == 0.0:
            spot = np.exp(-0.5 * (dy / radii[1]) ** 2) * np.exp(-0.5 * (dx / radii[0]) ** 2)
            return np.asarray(spot, dtype=np.float32)
        c, s = np.cos(turn), np.sin(turn)
        across, down = (dx * c + dy * s) / radii[0], (dy * c - dx * s) / radii[1]
        return np.asarray(np.exp(-0.5 * (across * across + down * down)), dtype=np.float32)

    def lay(self, colour: Colour | Plane, cover: Plane) -> None:
        """Lay a colour, or a picture (H, W, 3), over the sheet where `cover` (H, W) is above 0."""
        x, y, w, h = cv2.boundingRect((cover > 0.002).astype(np.uint8))
        if w == 0 or h == 0:
            return
        rows, columns = slice(y, y + h), slice(x, x + w)
        paint = np.asarray(colour, dtype=np.float32)
        if paint.ndim == 3:
            paint = paint[rows, columns]
        area = self.pixels[rows, columns]
        area += (paint - area) * cover[rows, columns, None]


def toned(colour: Colour, factor: float, more: float = 0.0) -> Colour:
    """Return a colour times `factor` plus `more`."""
    r, g, b = (min(255.0, factor * c + more) for c in colour)
    return r, g, b


def mixed(colour: Colour, other: Colour, share: float) -> Colour:
    """Return a colour with `share` of another in it."""
    r, g, b = (c + (o - c) * share for c, o in zip(colour, other, strict=True))
    return r, g, b


def soft(plane: Any, sigma: float) -> Plane:
    """Blur by `sigma` pixels; wide blurs run on a smaller picture, which nobody can tell."""
    if sigma <= 0.3:
        return np.asarray(plane, dtype=np.float32)
    if sigma < 10:
        return np.asarray(cv2.GaussianBlur(plane, (0, 0), sigma), dtype=np.float32)
    shrink = int(sigma / 5)
    rows, columns = plane.shape[:2]
    small = cv2.resize(plane, (max(2, columns // shrink), max(2, rows // shrink)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / shrink, borderType=cv2.BORDER_REPLICATE)
    wide = cv2.resize(small, (columns, rows), interpolation=cv2.INTER_LINEAR)
    # Light on a relief shows the small picture's grid, unless its steps are smoothed once more.
    return np.asarray(cv2.blur(cv2.blur(wide, (shrink, shrink)), (shrink, shrink)), dtype=np.float32)


def grain(shape: tuple[int, int], sigma: float, seed: int) -> Plane:
    """Smooth noise of mean 0 and deviation 1, its grains about `sigma` pixels."""
    shrink = max(1, int(sigma / 4))
    small = (shape[0] // shrink + 3, shape[1] // shrink + 3)
    noise: Any = np.random.default_rng(seed).standard_normal(small).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma / shrink)
    if shrink > 1:
        noise = cv2.blur(cv2.resize(noise, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), (shrink, shrink))
    noise = noise[: shape[0], : shape[1]]
    return np.asarray(noise / max(float(noise.std()), 1e-6), dtype=np.float32)


def part(plane: Plane, source: Sheet, target: Sheet) -> Plane:
    """Cut a plane over `source` to `target`; 0 where the source does not reach."""
    out = np.zeros(target.shape, dtype=np.float32)
    first = [max(0, b - a) for a, b in ((target.top, source.top), (target.left, source.left))]
    skip = [max(0, b - a) for a, b in ((source.top, target.top), (source.left, target.left))]
    size = [min(target.shape[i] - first[i], source.shape[i] - skip[i]) for i in (0, 1)]
    out[first[0] : first[0] + size[0], first[1] : first[1] + size[1]] = plane[
        skip[0] : skip[0] + size[0], skip[1] : skip[1] + size[1]
    ]
    return out


def picture(sheet: Sheet, width: int, height: int) -> NDArray[np.uint8]:
    """Scale the sheet to RGB uint8 (height, width, 3)."""
    smaller = width < sheet.shape[1]
    scaled: Any = cv2.resize(
        np.clip(sheet.pixels, 0, 255), (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    )
    return np.asarray(np.clip(scaled + 0.5, 0, 255), dtype=np.uint8)
