"""The mouth: the picture's lips, jaw and cheeks warped to a pose, the inside painted where they part.

The jaw swings down from the lip line, the base of the neck stays, so shoulders never move. Lips that show teeth in the
picture slide over them to close. Every frame is computed anew: 0.4 ms for a face of 200 pixels, and nothing to warm up.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .ease import smooth
from .eye import Eye
from .lips import Mouth
from .mouth_inside import Inside
from .pose import FacePose
from .smile import teeth_height

# All below in widths of the face box. Lips of a fully open mouth stand DROP + RAISE apart; the chin comes down by
# CHIN_SHARE of the lower lip's way; from NECK below the lip line on nothing moves.
DROP = 0.088
RAISE = 0.016
CHIN_SHARE = 0.72
NECK = 0.62
# Where the chin ends below the lip line, where the picture does not say.
CHIN = 0.27
# Beside the mouth's middle the jaw moves whole up to the first, not at all from the second on.
JAW_INNER, JAW_OUTER = 0.17, 0.47
# How far the corners come in when the lips are rounded, or go out when they are spread, in half widths of the mouth.
ROUND, SPREAD = 0.34, 0.13
# Rounded lips grow thicker, pressed ones thinner, by these shares.
POUT, PRESS = 0.28, 0.22
# The lips' own height, over which that happens, and the change too small to be seen.
LIP, LEAST_THICK = 0.075, 0.01
CHEEK = 0.045
# A smile that shows teeth is narrower by this share of the mouth while it speaks.
SMILE_SHARE = 0.10
# Its lips cover this share of the teeth while it speaks.
CALM = 0.3

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class MouthWarp:
    """The rectangle `rows`, `columns` of one picture with its mouth in any pose."""

    def __init__(
        self, image_rgb: Pixels, mouth: Mouth, *, eyes: tuple[Eye, ...] = (), chin: float | None = None
    ) -> None:
        """Prepare the mouth. `eyes` tell how bright teeth are in this light.

        `chin`: pixels from the lip line to the chin's end; None: as in most faces.
        """
        height, width = image_rgb.shape[:2]
        side = mouth.side
        reach = max(2.2 * mouth.half_width, JAW_OUTER * side)
        lift = abs(mouth.corner_lift) + abs(mouth.tilt)
        self.columns = slice(max(0, int(mouth.x - reach)), min(width, int(mouth.x + reach) + 2))
        self.rows = slice(max(0, int(mouth.y - lift - 0.2 * side)), min(height, int(mouth.y + lift + NECK * side) + 2))
        self._image = image_rgb
        self._mouth = mouth
        self._chin = min(max(chin if chin is not None else CHIN * side, 0.16 * side), 0.42 * side)
        self._x = np.arange(self.columns.start, self.columns.stop, dtype=np.float32)[None, :]
        self._y = np.arange(self.rows.start, self.rows.stop, dtype=np.float32)[:, None]
        self._prepare()
        self._teeth = teeth_height(image_rgb, mouth) if mouth.teeth_show else 0.0
        self._inside = Inside(image_rgb, mouth, eyes)

    def _prepare(self) -> None:
        """Fields that no pose changes: how far corners, cheeks and lip skin follow at every pixel of the rectangle."""
        mouth, side = self._mouth, self._mouth.side
        away = self._x - mouth.x
        v = away / mouth.half_width
        # Flat where the lips are, so that a column of them is one place along the mouth.
        tall = np.exp(-(((self._y - mouth.y) / (0.145 * side)) ** 4))
        # In a broad smile the corners are near the cheeks' outline, which must not come in with them.
        wide = min(1.2, 0.21 * side / mouth.half_width)
        self._squeeze = (1.4 * away * np.exp(-((v / wide) ** 2))).astype(np.float32)
        self._tall = tall.astype(np.float32)
        cheek = np.exp(-(((np.abs(away) - 0.28 * side) / (0.09 * side)) ** 2))
        low = np.exp(-(((self._y - mouth.y - 0.03 * side) / (0.13 * side)) ** 2))
        self._hollow = (away * cheek * low).astype(np.float32)
        self._beside = (1.0 - smooth((np.abs(away) / side - JAW_INNER) / (JAW_OUTER - JAW_INNER))).astype(np.float32)
        self._near_lips = np.exp(-((v / 1.1) ** 4)).astype(np.float32)

    def patch(self, pose: FacePose) -> Pixels | None:
        """Return the rectangle in this pose, uint8 RGB (rows, columns, 3); None: the picture as it is."""
        if max(pose.opening, pose.press, pose.tuck, pose.pout, pose.teeth, abs(pose.width)) < 0.004 and not (
            self._teeth and pose.speaking
        ):
            return None
        mouth = self._mouth
        side = mouth.side
        squeezed = self._squeezed(pose)
        u = (self._x + squeezed - mouth.x) / mouth.half_width
        line = mouth.line(u)
        # Rounded lips open as an ellipse, spread ones flatter.
        power = 2.0 + 1.2 * max(0.0, pose.width)
        profile = np.sqrt(np.clip(1.0 - np.abs(u) ** power, 0.0, 1.0))
        drop, rise = self._parting(pose)
        gap, raised = profile * drop, profile * rise
        source_y = self._source_y(pose, line, gap, raised)
        source_x = self._x + squeezed * self._tall + np.float32(CHEEK * pose.opening) * self._hollow
        warped: Pixels = cv2.remap(
            self._image, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.uint8, copy=False)
        if drop + rise > 0.004 * side:
            self._paint(warped, pose, u, line, gap, raised)
        elif drop + rise < -0.004 * side:
            self._seam(warped, u, line + gap, strength=min(1.0, -(drop + rise) / (0.02 * side)))
        return warped

    def _parting(self, pose: FacePose) -> tuple[float, float]:
        """Pixels that the lower lip's edge goes down and the upper one's up in the middle; negative: over the teeth."""
        side = self._mouth.side
        drop = DROP * pose.opening * side
        # Closed rows of teeth are seen between lips that part a little by themselves.
        drop += 0.016 * side * pose.teeth * (1.0 - pose.opening)
        if self._teeth:
            closed = max(pose.press, 0.8 * pose.pout, 0.5 * pose.tuck, CALM * pose.speaking) * self._teeth
            return drop - 0.62 * closed, -0.38 * closed
        rise = (RAISE * pose.opening + 0.008 * pose.teeth * (1.0 - pose.opening)) * side
        return drop - 0.006 * side * pose.tuck, rise + 0.020 * side * pose.tuck

    def _squeezed(self, pose: FacePose) -> Plane:
        """How far aside columns of lips come from: the middle is squeezed (rounded) or stretched (spread)."""
        squeeze = -ROUND * pose.width if pose.width < 0 else -SPREAD * pose.width
        squeeze += 0.05 * pose.opening
        if self._teeth:
            # Whoever speaks smiles less: the corners come in a little.
            squeeze += SMILE_SHARE * pose.speaking
        return np.asarray(np.float32(squeeze) * self._squeeze, dtype=np.float32)

    def _source_y(self, pose: FacePose, line: Plane, gap: Plane, raised: Plane) -> Plane:
        """Rows the pixels come from: the lower lip drops by the gap, jaw and chin with it, the neck is pinned.

        A map says where a pixel comes from (OpenCV's `remap`), so a lip that drops is a row that reads from above.
        Each half is computed on its own rows only, which is what makes a frame cheap.
        """
        split = line + (gap if self._teeth else np.minimum(gap, 0.0))
        first = min(max(0, int(float(split.min())) - self.rows.start - 1), len(self._y) - 1)
        last = min(len(self._y), max(1, int(float(split.max())) - self.rows.start + 2))
        # Thicker or thinner lips: rows near the edges are stretched or squeezed towards them.
        thick = np.float32(POUT * pose.pout - PRESS * pose.press - 0.3 * pose.tuck)
        rows = np.empty((len(self._y), line.shape[1]), dtype=np.float32)
        rows[:last] = self._above(thick, line, raised, slice(0, last))
        lower = slice(first, len(self._y))
        below = self._below(thick, pose.opening, line, gap, lower)
        np.copyto(rows[lower], below, where=self._y[lower] > split)
        return rows

    def _above(self, thick: np.float32, line: Plane, raised: Plane, rows: slice) -> Plane:
        """Rows that the upper lip and the skin over it come from."""
        side = self._mouth.side
        over = np.maximum(line - raised - self._y[rows], 0.0)
        source = self._y[rows] + raised * (1.0 - smooth(over / np.float32(0.13 * side)))
        if abs(thick) > LEAST_THICK:
            source += thick * self._near_lips * over * np.exp(-((over / np.float32(LIP * side)) ** 2))
        return np.asarray(np.minimum(source, line), dtype=np.float32)

    def _below(self, thick: np.float32, opening: float, line: Plane, gap: Plane, rows: slice) -> Plane:
        """Rows that the lower lip, chin and neck come from."""
        side = self._mouth.side
        y = self._y[rows]
        jaw = np.float32(CHIN_SHARE * DROP * side * opening) * self._beside
        below = y - line
        under = below - gap
        drop = gap + (jaw - gap) * smooth(under / np.float32(0.85 * self._chin))
        drop *= 1.0 - smooth((below - self._chin) / np.float32(NECK * side - self._chin))
        source = y - drop
        if abs(thick) > LEAST_THICK:
            near = slice(0, min(len(y), int(0.5 * side)))
            low = np.maximum(under[near], 0.0)
            source[near] -= thick * self._near_lips * low * np.exp(-((low / np.float32(LIP * side)) ** 2))
        return np.asarray(np.maximum(source, line), dtype=np.float32)

    def _paint(self, warped: Pixels, pose: FacePose, u: Plane, line: Plane, gap: Plane, raised: Plane) -> None:
        """Paint the inside, only where the mouth can be open: the whole rectangle would cost more than the warp."""
        open_columns = np.flatnonzero(np.abs(u[0]) < 1.0)
        if not len(open_columns):
            return
        columns = slice(int(open_columns[0]), int(open_columns[-1]) + 1)
        top = float((line - raised)[:, columns].min()) - 3
        bottom = float((line + gap)[:, columns].max()) + 3
        first = max(0, int(top) - self.rows.start)
        rows = slice(first, max(first + 1, int(bottom) - self.rows.start + 1))
        depth = self._y[rows] - (line - raised)[:, columns]
        apart = (gap + raised)[:, columns]
        warped[rows, columns] = self._inside.paint(warped[rows, columns], pose, u[:, columns], depth, apart)

    def _seam(self, warped: Pixels, u: Plane, meeting: Plane, *, strength: float) -> None:
        """Darken the line where lips meet that the picture shows apart."""
        side = self._mouth.side
        columns = np.flatnonzero(np.abs(u[0]) < 1.0)
        thick = max(0.8, 0.007 * side)
        first = max(0, int(float(meeting.min()) - 3 * thick) - self.rows.start)
        rows = slice(first, int(float(meeting.max()) + 3 * thick) - self.rows.start + 1)
        area = slice(int(columns[0]), int(columns[-1]) + 1)
        away = (self._y[rows] - meeting[:, area]) / thick
        dark = 0.55 * strength * np.exp(-(away**2)) * np.clip(1.15 - u[:, area] ** 2, 0.0, 1.0)
        warped[rows, area] = (warped[rows, area] * (1.0 - dark[..., None] * np.array((0.75, 0.9, 0.9)))).astype(
            np.uint8
        )
