"""The lips: corners and lip line, measured by colour inside the face box."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]

# The search runs at this many pixels per face box width, whatever the picture's size.
SEARCH_SIDE_PIXELS = 160
# How wide the lips of a neutral mouth are, in widths of the face box.
MOUTH_WIDTH = 0.34
# How far neutral lips reach over and under their line, in the same unit.
USUAL_ABOVE, USUAL_BELOW = 0.045, 0.06


@dataclass(frozen=True, slots=True, kw_only=True)
class Mouth:
    """The line along which the lips part, in pixels.

    At column c it lies at y - corner_lift * u^2 + tilt * u, where u = (c - x) / half_width; `side` is the
    face box's width. Where `teeth_show`, the line runs under the teeth. `above` and `below`: how far the lips reach
    over and under the line in the middle; 0 where that is not known.
    """

    x: float
    y: float
    half_width: float
    corner_lift: float = 0.0
    tilt: float = 0.0
    side: float
    teeth_show: bool = False
    above: float = 0.0
    below: float = 0.0

    def line(self, u: Plane) -> Plane:
        """Height y of the lip line at `u` (-1..1 are the corners; beyond them it goes on straight)."""
        inner = np.clip(u, -1.25, 1.25)
        return np.asarray(self.y - self.corner_lift * inner * inner + self.tilt * inner, dtype=np.float32)


def mouth_in_face(image_rgb: NDArray[np.uint8], face: tuple[float, float, float]) -> Mouth:
    """Measure the mouth in the face box (x, y, side); where its colour does not stand out, its usual place is taken."""
    x, y, side = face
    height, width = image_rgb.shape[:2]
    x0, x1 = max(0, round(x + 0.2 * side)), min(width, round(x + 0.8 * side))
    y0, y1 = max(0, round(y + 0.62 * side)), min(height, round(y + 1.02 * side))
    usual = Mouth(
        x=x + side / 2, y=min(y + 0.83 * side, height - 2), half_width=0.17 * side, side=side,
        above=USUAL_ABOVE * side, below=USUAL_BELOW * side,
    )  # fmt: skip
    if x1 - x0 < 8 or y1 - y0 < 8:
        return usual
    scale = SEARCH_SIDE_PIXELS / side
    patch = cv2.resize(image_rgb[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA).astype(np.uint8)
    box = _red_component(patch)
    if box is None:
        return usual
    left, top, w, h = box
    if not 0.1 * SEARCH_SIDE_PIXELS <= w / 2 <= 0.26 * SEARCH_SIDE_PIXELS:
        return usual
    lips = (x0 + left / scale, y0 + top / scale, w / scale, h / scale)
    return _fit_line(image_rgb, lips, side)


def mouth_from_box(image_rgb: NDArray[np.uint8], box: tuple[float, float, float, float]) -> Mouth:
    """Take the mouth inside a box set by hand (x, y, width, height around the lips, in pixels)."""
    return _fit_line(image_rgb, box, box[2] / MOUTH_WIDTH)


def _red_component(patch: NDArray[np.uint8]) -> tuple[float, float, float, float] | None:
    """x, y, width, height of the best centred patch that is redder than the skin around it, or None."""
    redness = cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)[..., 1].astype(np.float32)
    red: Plane = cv2.GaussianBlur(redness, (0, 0), 1.5).astype(np.float32)
    middle = float(np.median(red))
    spread = float(np.median(np.abs(red - middle))) + 0.5
    weak = (red > middle + 2.2 * spread).astype(np.uint8)
    # Lips are the reddest thing there; a shadowed neck or a red collar only passes the weaker limit.
    strong = ((red > middle + 0.45 * (float(np.percentile(red, 99.5)) - middle)) & (weak > 0)).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 9))
    core = _best_centred(cv2.morphologyEx(strong, cv2.MORPH_CLOSE, kernel).astype(np.uint8))
    if core is None:
        return None
    left, top, w, h = core
    band = np.zeros_like(weak)
    rows, columns = (
        slice(max(0, int(top) - 2), int(top + h) + 3),
        slice(max(0, int(left - 0.4 * w)), int(left + 1.4 * w)),
    )
    band[rows, columns] = weak[rows, columns]
    return _best_centred(cv2.morphologyEx(band, cv2.MORPH_CLOSE, kernel).astype(np.uint8)) or core


def _best_centred(mask: NDArray[np.uint8]) -> tuple[float, float, float, float] | None:
    """Box of the component that is large, wider than high, and near the middle; None where there is none."""
    count, _, stats, centres = cv2.connectedComponentsWithStats(mask)
    rows, columns = mask.shape
    best, best_score = None, 0.0
    for i in range(1, count):
        left, top, w, h, area = (float(v) for v in stats[i])
        away = abs(float(centres[i][0]) - columns / 2) / (columns / 2) + abs(float(centres[i][1]) - 0.5 * rows) / rows
        score = area * max(0.0, 1.0 - away)
        if score > best_score and w > 1.2 * h:
            best, best_score = (left, top, w, h), score
    return best


def _fit_line(image_rgb: NDArray[np.uint8], lips: tuple[float, float, float, float], side: float) -> Mouth:
    """Fit the parabola of the line where the lips meet; under showing teeth, of the lower lip's inner edge."""
    x, y, w, h = lips
    x0, x1 = max(0, round(x)), min(image_rgb.shape[1], round(x + w))
    y0, y1 = max(0, round(y)), min(image_rgb.shape[0], round(y + h))
    plain = Mouth(x=x + w / 2, y=y + 0.48 * h, half_width=w / 2, side=side, above=0.48 * h, below=0.52 * h)
    if x1 - x0 < 8 or y1 - y0 < 4:
        return plain
    lab = cv2.cvtColor(np.ascontiguousarray(image_rgb[y0:y1, x0:x1]), cv2.COLOR_RGB2LAB).astype(np.float32)
    light = cv2.GaussianBlur(lab[..., 0], (0, 0), max(0.6, side / 250))
    rows = np.arange(light.shape[0], dtype=np.float32)
    u = (np.arange(x0, x1, dtype=np.float32) + 0.5 - plain.x) / plain.half_width
    # Teeth are paler than this face's own skin, whose colour is the median around the mouth.
    wide = image_rgb[max(0, round(y - h)) : round(y + 2 * h), max(0, round(x - 0.5 * w)) : round(x + 1.5 * w)]
    skin = np.median(cv2.cvtColor(np.ascontiguousarray(wide), cv2.COLOR_RGB2LAB).reshape(-1, 3), axis=0)
    teeth = (lab[..., 1] < skin[1] - 3) & (lab[..., 2] < skin[2] - 3) & (light > 0.75 * skin[0])
    core = slice(int(0.3 * len(u)), max(int(0.7 * len(u)), int(0.3 * len(u)) + 1))
    showing = float(teeth[:, core].mean()) > 0.18
    if showing:
        # Split under the teeth: they belong to the skull and must not fall with the jaw.
        line: Plane = np.where(teeth.any(axis=0), light.shape[0] - 1 - np.argmax(teeth[::-1], axis=0), np.nan).astype(
            np.float32
        )
    else:
        # Darkest row, but not the shadow under the lower lip: dark counts less the further from the middle it lies.
        penalty = 60.0 * np.abs(rows / max(1, len(rows) - 1) - 0.48) ** 2
        line = np.argmin(light + penalty[:, None], axis=0).astype(np.float32)
    return fit_parabola(replace(plain, teeth_show=showing), u, line + y0 + 0.5, h)


def near_dark(image_rgb: NDArray[np.uint8], mouth: Mouth, *, reach: float) -> Mouth:
    """Move the line of closed lips onto the dark seam between them where one lies within `reach` pixels of it."""
    rows = np.arange(-math.ceil(reach), math.ceil(reach) + 1, dtype=np.float32)[:, None]
    x = np.arange(mouth.x - 0.8 * mouth.half_width, mouth.x + 0.8 * mouth.half_width, dtype=np.float32)[None, :]
    if reach < 1.0 or x.shape[1] < 8:
        return mouth
    u = (x - mouth.x) / mouth.half_width
    across = np.broadcast_to(x, (len(rows), x.shape[1])).astype(np.float32)
    patch = cv2.remap(image_rgb, across, mouth.line(u) + rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    light = cv2.GaussianBlur(
        cv2.cvtColor(patch, cv2.COLOR_RGB2LAB)[..., 0].astype(np.float32), (0, 0),
        sigmaX=max(1.0, 0.06 * mouth.half_width), sigmaY=0.8,
    )  # fmt: skip
    # Dark counts less the further off it lies: the shadow under the lower lip and a moustache are dark too.
    spread = max(6.0, float(np.percentile(light, 95) - np.percentile(light, 5)))
    offsets = rows[np.argmin(light + 0.7 * spread * (rows / reach) ** 2, axis=0), 0]
    seam = np.asarray(mouth.line(u)[0] + offsets, dtype=np.float32)
    moved = fit_parabola(mouth, u[0], seam, 4.0 * reach)
    # The corners stay where they were found: only the middle of the line is seen as a seam.
    return replace(moved, tilt=mouth.tilt, corner_lift=mouth.corner_lift + moved.y - mouth.y)


def fit_parabola(plain: Mouth, u: Plane, line: Plane, lips_height: float, *, within: float = 0.85) -> Mouth:
    """Least squares through the points `u`, `line`, twice, the second time without those far off.

    Only |u| < `within` counts.
    """
    keep = np.isfinite(line) & (np.abs(u) < within)
    if int(keep.sum()) < 6:
        return plain
    terms = np.stack([np.ones_like(u), u, u * u], axis=1)
    fit = np.linalg.lstsq(terms[keep], line[keep], rcond=None)[0]
    near = keep & (np.abs(line - terms @ fit) < max(1.5, 0.15 * lips_height))
    if int(near.sum()) >= 6:
        fit = np.linalg.lstsq(terms[near], line[near], rcond=None)[0]
    limit = 0.6 * lips_height
    lift, tilt = (float(np.clip(value, -limit, limit)) for value in (-fit[2], fit[1]))
    line_y = float(fit[0])
    above, below = line_y - plain.y + plain.above, plain.y + plain.below - line_y
    return replace(plain, y=line_y, corner_lift=lift, tilt=tilt, above=max(0.0, above), below=max(0.0, below))
