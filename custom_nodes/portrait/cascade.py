"""Faces by Haar cascades: the finder that needs no model, because OpenCV brings it along.

Source: the cascades ship inside opencv-python-headless 4.x.
"""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import FaceMissing
from .eye import Box

# The detector sees enough at this size; larger pictures only cost time (212 ms at 512x512).
DETECT_SIDE_PIXELS = 480
# A false box may be larger than a true one, but its weight is 1.4 to 2 below.
SURE_WITHIN = 1.2
# `alt2` gives the fewest false boxes; the other is asked only where it finds nothing.
CASCADES = ("haarcascade_frontalface_alt2.xml", "haarcascade_frontalface_default.xml")

_lock = threading.Lock()  # a cascade keeps what it works on: two threads would share it


def is_there() -> bool:
    """Whether this OpenCV has cascades: from 5 on they are gone."""
    return hasattr(cv2, "CascadeClassifier")


def boxed_faces(image_rgb: NDArray[np.uint8]) -> list[Box]:
    """Every face in RGB uint8 (H, W, 3), the one that is larger and surer first; none in a picture without."""
    if not is_there():
        return []
    height, width = image_rgb.shape[:2]
    scale = min(1.0, DETECT_SIDE_PIXELS / max(height, width))
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    if scale < 1.0:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    least = max(24, min(grey.shape) // 10)
    # The local equaliser lifts a dark face out of a bright ground; the plain one finds more in even light.
    local = cv2.createCLAHE(clipLimit=3.0, tileGridSize=(8, 8))
    for even in (cv2.equalizeHist, local.apply):
        boxes = _boxed(np.asarray(even(grey), dtype=np.uint8), least)
        if boxes:
            return _apart([Box(*(value / scale for value in box)) for box in boxes])
    return []


def _boxed(grey: NDArray[np.uint8], least: int) -> list[tuple[float, ...]]:
    """Return the sure boxes (x, y, width, height) of the first cascade that has any, the largest first."""
    for name in CASCADES:
        with _lock:
            boxes, _, weights = _cascade(name).detectMultiScale3(
                grey, scaleFactor=1.06, minNeighbors=5, minSize=(least, least), outputRejectLevels=True
            )
        if len(boxes):
            best = max(float(weight) for weight in weights)
            sure = [box for box, weight in zip(boxes, weights, strict=True) if float(weight) > best - SURE_WITHIN]
            return [tuple(float(value) for value in box) for box in sorted(sure, key=lambda box: -int(box[2]))]
    return []


def _apart(boxes: list[Box]) -> list[Box]:
    """Drop every box that overlaps an earlier one: the detector often boxes one face twice."""
    kept: list[Box] = []
    for box in boxes:
        centre = (box.x + box.width / 2, box.y + box.height / 2)
        if all(
            max(abs(centre[0] - k.x - k.width / 2), abs(centre[1] - k.y - k.height / 2)) > 0.6 * k.width for k in kept
        ):
            kept.append(box)
    return kept


@lru_cache(maxsize=4)
def _cascade(name: str) -> cv2.CascadeClassifier:
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
    if cascade.empty():
        raise FaceMissing(f"OpenCV lacks {name}; install opencv-python-headless 4.10 or newer, but below 5")
    return cascade
