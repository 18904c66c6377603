"""Whether a found face can be made to speak: what is refused, and what is only worth a note.

The limits were set on 21 photographs, paintings and drawings and 84 changed copies of them (darker, masked, turned …).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from .errors import FaceUnfit
from .landmarks import Landmarks
from .mesh_landmarks import Pose

BY_HAND = "give the landmarks by hand (docs/landmarks.md)"

# A mouth of a face this wide has 20 pixels: less is not seen to speak. In a tiny stream a third of it has to do.
LEAST_FACE_PIXELS, LEAST_FACE_SHARE = 64, 1 / 3
# The mesh's depth tells less than the true turn: 32 in a three-quarter view, 43 in a profile.
MOST_TURN_DEGREES, SEEN_TURN_DEGREES = 38, 24
MOST_TILT_DEGREES, SEEN_TILT_DEGREES = 35, 15
# Of the face's width: a laugh with teeth has 0.07.
MOST_GAP, SEEN_GAP = 0.13, 0.045
# Lightness 0..255. A portrait at a quarter of its light still has 46 at its brightest, at a twelfth 12.
LEAST_LIGHT, LEAST_CONTRAST = 30, 20
# Of the face's own contrast: painted lips have 0.5 and more, a mask nearly nothing; open eyes 0.3, dark glasses none.
LEAST_MOUTH_CONTRAST, LEAST_EYE_CONTRAST = 0.3, 0.15


def check_pose(pose: Pose, landmarks: Landmarks) -> tuple[str, ...]:
    """Return notes on how the head is held. Raises: FaceUnfit."""
    if pose.turned > MOST_TURN_DEGREES:
        raise FaceUnfit(
            "the face is turned too far to the side; take a picture that shows both eyes and both corners of the "
            f"mouth, or {BY_HAND}",
            code="picture.face_turned",
        )
    if abs(pose.tilted) > MOST_TILT_DEGREES:
        raise FaceUnfit(
            f"the head is tilted by {abs(pose.tilted):.0f} degrees; use the picture turned until the eyes are level",
            code="picture.face_tilted",
        )
    if pose.gap > MOST_GAP:
        raise FaceUnfit(
            f"the mouth is wide open; take a picture with closed lips or a smile, or {BY_HAND}",
            code="picture.mouth_open",
        )
    notes = []
    if pose.turned > SEEN_TURN_DEGREES:
        notes.append("the face is turned to the side; one seen from the front speaks better")
    if abs(pose.tilted) > SEEN_TILT_DEGREES:
        notes.append(f"the head is tilted by {abs(pose.tilted):.0f} degrees; with level eyes it speaks better")
    if pose.gap > SEEN_GAP:
        notes.append("the mouth is open; a picture with closed lips speaks better")
    if landmarks.chin[1] > landmarks.height:
        notes.append("the chin is cut off; a picture or a stream that shows it speaks better")
    return tuple(notes)


def check_size(landmarks: Landmarks, *, file_size: tuple[int, int] | None = None) -> None:
    """Refuse a face that is too small in the stream. Raises: FaceUnfit."""
    width, height = landmarks.width, landmarks.height
    least = min(LEAST_FACE_PIXELS, LEAST_FACE_SHARE * min(width, height))
    face = landmarks.face.width
    if face < least:
        told = f"{width}x{height}" if file_size is None else f"{width}x{height}, cut from {file_size[0]}x{file_size[1]}"
        raise FaceUnfit(
            f"the face is only {face:.0f} pixels wide in the stream of {told}; use a picture that is cropped closer "
            f"around the face, so that it fills {100 * LEAST_FACE_PIXELS / min(width, height):.0f} % of the "
            "shorter side and better half of it",
            code="picture.face_small",
        )


def check_light(image_rgb: NDArray[np.uint8], landmarks: Landmarks) -> None:
    """Refuse a face in which nothing is to be seen, or whose mouth is not. Raises: FaceUnfit."""
    face, mouth = landmarks.face, landmarks.mouth
    dark, light = _lightness(image_rgb, face.x, face.y, face.x + face.width, face.y + face.height)
    if light < LEAST_LIGHT or light - dark < LEAST_CONTRAST:
        raise FaceUnfit(
            f"the face is too dark or too flat (lightness {dark:.0f} to {light:.0f} of 255); take a picture in better "
            "light, or brighten this one",
            code="picture.dark",
        )
    half, up, down = 0.8 * mouth.half_width, mouth.above, mouth.below
    lips = _lightness(image_rgb, mouth.x - half, mouth.y - up, mouth.x + half, mouth.y + down)
    if lips[1] - lips[0] < LEAST_MOUTH_CONTRAST * (light - dark):
        raise FaceUnfit(
            f"no lips are to be seen: a mask, a hand or something else hides the mouth; take a picture that shows it, "
            f"or {BY_HAND}",
            code="picture.mouth_hidden",
        )


def eyes_hidden(image_rgb: NDArray[np.uint8], landmarks: Landmarks) -> bool:
    """Whether one of the eyes is as flat as dark glasses: no white, no iris."""
    face = landmarks.face
    dark, light = _lightness(image_rgb, face.x, face.y, face.x + face.width, face.y + face.height)
    for eye in landmarks.eyes:
        half, up = 0.8 * eye.half_width, 0.8 * eye.half_height
        seen = _lightness(image_rgb, eye.x - half, eye.y - up, eye.x + half, eye.y + up)
        if seen[1] - seen[0] < LEAST_EYE_CONTRAST * (light - dark):
            return True
    return False


def _lightness(
    image_rgb: NDArray[np.uint8], left: float, top: float, right: float, bottom: float
) -> tuple[float, float]:
    """Return how dark and how light (L* as 0..255) that part of the picture is, without its extremes."""
    height, width = image_rgb.shape[:2]
    x0, y0 = min(max(0, int(left)), width - 1), min(max(0, int(top)), height - 1)
    part = np.ascontiguousarray(image_rgb[y0 : max(y0, int(bottom)) + 1, x0 : max(x0, int(right)) + 1])
    light = cv2.cvtColor(part, cv2.COLOR_RGB2LAB)[..., 0]
    dark, bright = np.percentile(light, (5, 95))
    return float(dark), float(bright)
