"""The eyes of one picture: the iris looks about inside the opening, the lid comes down over it with its lashes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .eye import Eye
from .gaze import Look

# The lower lid comes up by this share of the opening.
LOWER_RISE = 0.14
# The skin between the lid's edge and this height above it, in half heights, is what unfolds; it ends under the brow.
FOLD = 1.0
# How dark lashes are against the skin: 1 is the eye's own darkest colour.
LASHES = 0.85

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class EyeLids:
    """One eye's rectangle `rows`, `columns` of a picture: `patch(canvas, closed, look)`."""

    def __init__(self, image_rgb: Pixels, eye: Eye) -> None:
        height, width = image_rgb.shape[:2]
        # A little beyond the measured opening: lashes and the lid's own shadow move with it.
        self._a, self._b = a, b = eye.half_width * 1.15, eye.half_height * 1.1
        self.columns = slice(max(0, int(eye.x - 1.15 * a)), min(width, int(eye.x + 1.15 * a) + 2))
        lift = abs(eye.tilt)
        self.rows = slice(max(0, int(eye.y - b * (1 + FOLD) - lift - 2)), min(height, int(eye.y + 2.0 * b + lift) + 3))
        self._x = np.arange(self.columns.start, self.columns.stop, dtype=np.float32)[None, :]
        self._y = np.arange(self.rows.start, self.rows.stop, dtype=np.float32)[:, None]
        u = (self._x - eye.x) / a
        middle = eye.y + eye.tilt * u
        self._arc = np.sqrt(np.clip(1.0 - u**2, 0.0, 1.0)).astype(np.float32)
        self._upper, self._lower = middle - b * self._arc, middle + b * self._arc
        # The look moves what lies well inside the opening whole, and what lies at the lids not at all.
        v = (self._y - middle) / b
        self._inside = (np.clip(1.0 - (u / 0.95) ** 4, 0, 1) * np.clip(1.0 - np.abs(v) ** 3, 0, 1)).astype(np.float32)
        inner = image_rgb[max(0, int(eye.y - b)) : int(eye.y + b) + 1, max(0, int(eye.x - a)) : int(eye.x + a) + 1]
        self._dark = np.percentile(inner.reshape(-1, 3), 6, axis=0).astype(np.float32)

    def patch(self, canvas: Pixels, closed: float, look: Look) -> Pixels:
        """Return the rectangle of `canvas` with the lid `closed` 0..1 and the iris at `look`, uint8 RGB."""
        y = self._y
        source_x = np.asarray(self._x - np.float32(look[0] * self._a) * self._inside, dtype=np.float32)
        source_y = np.asarray(y - np.float32(look[1] * self._a) * self._inside, dtype=np.float32)
        if closed <= 0.0:
            return self._read(canvas, source_x, source_y)
        b, arc = self._b, self._arc
        # The lids meet low: the upper one goes down most of the way.
        lower = self._lower - LOWER_RISE * closed * 2.0 * b * arc
        lid = self._upper + (lower + 0.06 * b * arc - self._upper) * np.float32(closed)
        top = self._upper - FOLD * b * arc
        # What unfolds ends a little above the lid's edge, so that no lash and no white is drawn out.
        edge = self._upper - 0.3 * b * arc
        share = (y - top) / np.maximum(lid - top, 1e-3)
        # The lower lid's skin comes up: below it the picture reads from further down.
        rise = (LOWER_RISE * 2.0 * closed * b) * arc * np.exp(-((np.maximum(y - lower, 0.0) / (0.9 * b)) ** 2))
        from_lower = np.maximum(y + rise, np.where(y >= lower, self._lower, y))
        source_y = np.where((y > top) & (y < lid), top + share * (edge - top), np.where(y >= lid, from_lower, source_y))
        patch = self._read(canvas, source_x, np.asarray(source_y, dtype=np.float32)).astype(np.float32)
        return self._lashes(patch, lid, closed)

    @staticmethod
    def _read(canvas: Pixels, x: Plane, y: Plane) -> Pixels:
        return cv2.remap(canvas, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.uint8, copy=False)

    def _lashes(self, patch: Plane, lid: Plane, closed: float) -> Pixels:
        """Draw the lashes along the lid's edge, and round the lid: lighter on its ball, darker to its edge and fold."""
        b, arc = self._b, self._arc
        on_lid = (self._y > self._upper) & (self._y < lid)
        down = np.clip((self._y - self._upper) / np.maximum(lid - self._upper, 1.0), 0.0, 1.0)
        ball = np.where(on_lid, 0.05 * np.sin(np.pi * down) - 0.07 * (1.0 - down) ** 3, 0.0) * closed * arc
        patch *= (1.0 + ball)[..., None].astype(np.float32)
        thick = max(0.8, 0.2 * b)
        line = LASHES * np.exp(-(((self._y - lid + 0.4 * thick) / thick) ** 2)) * np.clip(arc * 2.2 - 0.35, 0, 1)
        patch += (self._dark - patch) * line[..., None].astype(np.float32)
        return np.asarray(np.clip(patch + 0.5, 0, 255), dtype=np.uint8)
