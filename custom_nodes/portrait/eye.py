"""Where the eyes of a face are, measured by what is unlike skin near their usual places."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# The usual place of an eye in a frontal face box: shares of its width from its left edge and from its top.
EYE_LEFT, EYE_RIGHT, EYE_DOWN = 0.31, 0.69, 0.385
# The usual half axes of its opening, in the same unit.
EYE_HALF_WIDTH, EYE_HALF_HEIGHT = 0.09, 0.035


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, `x`, `y` its upper left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Eye:
    """An eye: centre and half axes of its opening in pixels; its right corner lies `tilt` below the centre."""

    x: float
    y: float
    half_width: float
    half_height: float
    tilt: float = 0.0


def find_eyes(image_rgb: NDArray[np.uint8], face: Box) -> tuple[Eye, ...]:
    """Both eyes of a face; where they cannot be measured, the places they have in most faces."""
    side = face.width
    eyes = []
    for share in (EYE_LEFT, EYE_RIGHT):
        guess = (face.x + share * side, face.y + EYE_DOWN * side)
        eyes.append(_measure_eye(image_rgb, guess, side))
    left, right = eyes
    # Eyes at unlike heights or sizes are a measuring fault (a lock of hair, a brow): trust the pair's places less.
    if abs(left.y - right.y) > 0.09 * side or abs((left.x + right.x) / 2 - face.x - side / 2) > 0.09 * side:
        return tuple(usual_eye(face.x + s * side, face.y + EYE_DOWN * side, side) for s in (EYE_LEFT, EYE_RIGHT))
    half_width, half_height = (max(getattr(e, n) for e in eyes) for n in ("half_width", "half_height"))
    return tuple(Eye(x=e.x, y=e.y, half_width=half_width, half_height=half_height) for e in eyes)


def usual_eye(x: float, y: float, side: float) -> Eye:
    """Return an eye of the usual size in a face box `side` wide."""
    return Eye(x=x, y=y, half_width=EYE_HALF_WIDTH * side, half_height=EYE_HALF_HEIGHT * side)


def _measure_eye(image_rgb: NDArray[np.uint8], guess: tuple[float, float], side: float) -> Eye:
    """Take the box of what is unlike skin near `guess`: the white by its colour, iris and lashes by their darkness."""
    fallback = usual_eye(*guess, side)
    x0, x1 = round(guess[0] - 0.15 * side), round(guess[0] + 0.15 * side)
    y0, y1 = round(guess[1] - 0.075 * side), round(guess[1] + 0.095 * side)
    height, width = image_rgb.shape[:2]
    if x0 < 0 or y0 < 0 or x1 > width or y1 > height or x1 - x0 < 12:
        return fallback
    scale = 60.0 / (x1 - x0)
    patch = cv2.resize(image_rgb[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    lab = cv2.GaussianBlur(cv2.cvtColor(patch, cv2.COLOR_RGB2LAB), (3, 3), 0).astype(np.float32)
    distance = np.linalg.norm((lab - np.median(lab.reshape(-1, 3), axis=0)) * (0.7, 1.0, 1.0), axis=2)
    limit = max(14.0, float(np.median(distance)) * 2.2)
    mask = cv2.morphologyEx((distance > limit).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 5), np.uint8))
    count, _, stats, centres = cv2.connectedComponentsWithStats(mask)
    target = np.array([(guess[0] - x0) * scale, (guess[1] - y0) * scale])
    best, best_score = None, 0.0
    for i in range(1, count):
        left, top, w, h, area = (float(v) for v in stats[i])
        away = float(np.linalg.norm((centres[i] - target) / (patch.shape[1] / 2, patch.shape[0] / 2)))
        score = area * max(0.0, 1.0 - away)
        if score > best_score and 16 <= w <= 54 and 5 <= h <= 26 and w > 1.1 * h:
            best, best_score = (left + w / 2, top + h / 2, w / 2, h / 2), score
    if best is None:
        return fallback
    x, y, half_width, half_height = (value / scale for value in best)
    return Eye(
        x=x0 + x,
        y=y0 + y,
        half_width=min(max(half_width, 0.06 * side), 0.13 * side),
        half_height=min(max(half_height, 0.022 * side), 0.046 * side),
    )
