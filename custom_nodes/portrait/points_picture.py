"""The picture with its landmarks drawn in: what shows at a glance whether the mouth was found where it is."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .landmarks import Landmarks
from .points import Point

SIDE_PIXELS = 384
LIPS, EYES, BROWS, CHIN, FACE = (60, 220, 90), (80, 200, 255), (255, 150, 60), (255, 80, 80), (235, 235, 235)
SUB_PIXELS = 4  # bits behind the point, as OpenCV's drawing counts


def points_picture(image_rgb: NDArray[np.uint8], landmarks: Landmarks) -> NDArray[np.uint8]:
    """Return RGB uint8 (H, W, 3), at most SIDE_PIXELS a side, with lips, lids, brows, chin and the face's square."""
    scale = min(1.0, SIDE_PIXELS / max(image_rgb.shape[:2]))
    small = cv2.resize(image_rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    canvas = np.ascontiguousarray(small, dtype=np.uint8)
    mouth, face = landmarks.mouth, landmarks.face

    def line(points: list[Point], colour: tuple[int, int, int], *, closed: bool = False) -> None:
        at = np.rint(np.array(points) * scale * (1 << SUB_PIXELS)).astype(np.int32)
        cv2.polylines(canvas, [at.reshape(-1, 1, 2)], closed, colour, 1, cv2.LINE_AA, SUB_PIXELS)

    right, bottom = face.x + face.width, face.y + face.height
    line([(face.x, face.y), (right, face.y), (right, bottom), (face.x, bottom)], FACE, closed=True)
    along = np.linspace(-1.0, 1.0, 17)
    seam = [(mouth.x + float(u) * mouth.half_width, float(mouth.line(u))) for u in along]
    line(seam, LIPS)
    line([seam[0], (mouth.x, mouth.y - mouth.above), seam[-1], (mouth.x, mouth.y + mouth.below)], LIPS, closed=True)
    for eye in landmarks.eyes:
        turns = np.linspace(0.0, 2 * np.pi, 25)
        ring = [
            (eye.x + eye.half_width * float(np.cos(t)),
             eye.y + eye.tilt * float(np.cos(t)) + eye.half_height * float(np.sin(t)))
            for t in turns
        ]  # fmt: skip
        line(ring, EYES)
    for brow in landmarks.brows:
        line([brow.left, brow.middle, brow.right], BROWS)
    half = 0.06 * face.width
    line([(landmarks.chin[0] - half, landmarks.chin[1]), (landmarks.chin[0] + half, landmarks.chin[1])], CHIN)
    return canvas
