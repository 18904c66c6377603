"""Where the face, the mouth and the eyes are: Haar cascades and colour, no model to download.

Source: the cascades ship inside opencv-python-headless 4.x; the mouth is measured by its colour, because its height in
the face box differs from picture to picture (0.80 to 0.87 of it).
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import FaceMissing, MouthBoxRefused
from .eye import Box, Eye, find_eyes
from .landmarks import Landmarks, usual_brows, usual_chin
from .lips import MOUTH_WIDTH, Mouth, mouth_from_box, mouth_in_face

# The detector sees enough at this size; larger pictures only cost time (212 ms at 512x512).
DETECT_SIDE_PIXELS = 480
# A false box may be larger than a true one, but its weight is 1.4 to 2 below.
SURE_WITHIN = 1.2
# `alt2` gives the fewest false boxes; the other is asked only where it finds nothing.
CASCADES = ("haarcascade_frontalface_alt2.xml", "haarcascade_frontalface_default.xml")


def find_landmarks(
    image_rgb: NDArray[np.uint8],
    *,
    mouth_box: tuple[float, float, float, float] | None = None,
    file_size: tuple[int, int] | None = None,
) -> Landmarks:
    """Find the face in RGB uint8 (H, W, 3).

    With two faces the one that is larger and surer is used, and `notes` says so. `mouth_box` (x, y, width, height in
    pixels, around the lips) is taken as given; then a picture without a face that the detector knows works too.
    `file_size` (width, height) is named where no face is found: the picture's own, where it was cropped since.
    Raises: FaceMissing, MouthBoxRefused.
    """
    found = detect_faces(image_rgb)
    height, width = image_rgb.shape[:2]
    if mouth_box is not None:
        _check_mouth_box(mouth_box, width, height)
        face, known = _face_of_mouth(mouth_box, found)
        mouth = mouth_from_box(image_rgb, mouth_box)
        # Without a face nobody knows where the eyes are: rather no blink than one in the wrong place.
        return _together(image_rgb, face, mouth, find_eyes(image_rgb, face) if known else ())
    if not found:
        raise FaceMissing(
            f"no face was found in the picture ({_size_told((width, height), file_size)}); "
            "use one face seen from the front, well lit and at least a fifth of the picture's height, "
            "or set the mouth box by hand (mouth_x, mouth_y, mouth_width, mouth_height of OnAir Portrait)"
        )
    face = found[0]
    notes: tuple[str, ...] = ()
    if len(found) > 1:
        notes = (
            f"{len(found)} faces were found; the largest, at x {face.x:.0f}, y {face.y:.0f}, speaks: crop the picture "
            "for another",
        )
    mouth = mouth_in_face(image_rgb, (face.x, face.y, face.width))
    return _together(image_rgb, face, mouth, find_eyes(image_rgb, face), notes)


def _together(
    image_rgb: NDArray[np.uint8], face: Box, mouth: Mouth, eyes: tuple[Eye, ...], notes: tuple[str, ...] = ()
) -> Landmarks:
    height, width = image_rgb.shape[:2]
    return Landmarks(
        width=width, height=height, face=face, mouth=mouth, eyes=eyes, notes=notes,
        brows=usual_brows(eyes, face), chin=usual_chin(mouth, eyes),
    )  # fmt: skip


def _size_told(size: tuple[int, int], file_size: tuple[int, int] | None) -> str:
    told = "{}x{}".format(*size)
    if file_size in (None, size):
        return told
    # A face near the edge may be what the crop has cut off, so both sizes are told.
    return "{}x{}".format(*file_size or size) + f", its middle shown as {told}"


def detect_faces(image_rgb: NDArray[np.uint8]) -> list[Box]:
    """Every face in RGB uint8 (H, W, 3), the one that is larger and surer first; none in a picture without."""
    height, width = image_rgb.shape[:2]
    scale = min(1.0, DETECT_SIDE_PIXELS / max(height, width))
    grey = cv2.cvtColor(image_rgb, cv2.COLOR_RGB2GRAY)
    if scale < 1.0:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    grey = cv2.equalizeHist(grey)
    least = max(24, min(grey.shape) // 10)
    for name in CASCADES:
        boxes, _, weights = _cascade(name).detectMultiScale3(
            grey, scaleFactor=1.06, minNeighbors=5, minSize=(least, least), outputRejectLevels=True
        )
        if len(boxes):
            best = max(float(weight) for weight in weights)
            sure = [box for box, weight in zip(boxes, weights, strict=True) if float(weight) > best - SURE_WITHIN]
            sure.sort(key=lambda box: -int(box[2]))
            return _apart([Box(*(float(value) / scale for value in box)) for box in sure])
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


def _check_mouth_box(box: tuple[float, float, float, float], width: int, height: int) -> None:
    x, y, w, h = box
    if w < 8 or h < 2 or x < 0 or y < 0 or x + w > width or y + h > height:
        message = f"the mouth box {x:g},{y:g} {w:g}x{h:g} does not lie inside the picture of {width}x{height} pixels"
        raise MouthBoxRefused(message + "; give x, y, width and height of the lips in pixels, at least 8x2")


def _face_of_mouth(box: tuple[float, float, float, float], found: list[Box]) -> tuple[Box, bool]:
    """Return the detected face that holds the mouth's centre, else one of usual proportions around the mouth."""
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    for face in found:
        if face.x < x < face.x + face.width and face.y + face.height / 2 < y < face.y + 1.15 * face.height:
            return face, True
    side = box[2] / MOUTH_WIDTH
    return Box(x=x - side / 2, y=y - 0.83 * side, width=side, height=side), False


@lru_cache(maxsize=4)
def _cascade(name: str) -> cv2.CascadeClassifier:
    cascade = cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / name))
    if cascade.empty():
        raise FaceMissing(f"OpenCV lacks {name}; install opencv-python-headless 4.10 or newer, but below 5")
    return cascade
