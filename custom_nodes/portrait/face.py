"""Where the face, the mouth and the eyes are: by MediaPipe's mesh where it is there, else by Haar cascades and colour.

The mesh also knows how the head is held. Without it the mouth is measured by its colour, because its height in the face
box differs from picture to picture (0.80 to 0.87 of it).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from . import cascade, face_mesh
from .cascade import boxed_faces
from .errors import FaceMissing, MouthBoxRefused
from .eye import Box, Eye, find_eyes
from .face_mesh import Mesh
from .fitness import BY_HAND, check_light, check_pose, check_size, eyes_hidden
from .landmarks import Landmarks, usual_brows, usual_chin
from .lips import MOUTH_WIDTH, Mouth, mouth_from_box, mouth_in_face
from .mesh_landmarks import face_of, landmarks_of, pose_of


def find_landmarks(
    image_rgb: NDArray[np.uint8],
    *,
    mouth_box: tuple[float, float, float, float] | None = None,
    file_size: tuple[int, int] | None = None,
) -> Landmarks:
    """Find the face in RGB uint8 (H, W, 3), the picture as the stream shows it.

    With several faces the largest (without the mesh: and surest) is used, and `notes` says so. `mouth_box` (x, y,
    width, height in pixels, around the lips) is taken as given; then a picture without a face that is known works too.
    `file_size` (width, height) is named where nothing is found: the picture's own, where it was cropped since.
    Raises: FaceMissing, FaceUnfit, MouthBoxRefused.
    """
    if mouth_box is not None:
        return _around_mouth(image_rgb, mouth_box)
    found = _by_mesh(image_rgb) if face_mesh.is_there() else _by_cascade(image_rgb)
    if found is None:
        height, width = image_rgb.shape[:2]
        raise FaceMissing(
            f"no face was found in the picture ({_size_told((width, height), file_size)}); use one face seen from the "
            f"front, well lit and at least a fifth of the picture's height, or {BY_HAND}"
        )
    landmarks, faces = found
    check_size(landmarks, file_size=file_size)
    check_light(image_rgb, landmarks)
    notes = landmarks.notes
    if len(faces) > 1:
        face = faces[0]
        several = f"{len(faces)} faces were found; the largest, at x {face.x:.0f}, y {face.y:.0f}, speaks"
        notes = (f"{several}: crop the picture for another", *notes)
    if landmarks.eyes and eyes_hidden(image_rgb, landmarks):
        # Rather no blink than a lid that is drawn over dark glasses.
        notes = (*notes, f"the eyes are hidden, so nothing blinks; where they are not, {BY_HAND}")
        landmarks = replace(landmarks, eyes=())
    return replace(landmarks, notes=notes)


def detect_faces(image_rgb: NDArray[np.uint8]) -> list[Box]:
    """Every face in RGB uint8 (H, W, 3), the one that speaks first; none in a picture without."""
    if face_mesh.is_there():
        return [face_of(mesh) for mesh in _meshes(image_rgb)]
    return boxed_faces(image_rgb)


def _meshes(image_rgb: NDArray[np.uint8]) -> list[Mesh]:
    """Every face that the mesh sees; where its own detector is blind, in the cascades' boxes, which alone see cats."""
    return face_mesh.find_meshes(image_rgb) or face_mesh.meshes_at(image_rgb, boxed_faces(image_rgb))


def _by_mesh(image_rgb: NDArray[np.uint8]) -> tuple[Landmarks, list[Box]] | None:
    meshes = _meshes(image_rgb)
    if not meshes:
        return None
    landmarks = landmarks_of(image_rgb, meshes[0])
    notes = check_pose(pose_of(meshes[0]), landmarks)
    return replace(landmarks, notes=notes), [face_of(mesh) for mesh in meshes]


def _by_cascade(image_rgb: NDArray[np.uint8]) -> tuple[Landmarks, list[Box]] | None:
    if not cascade.is_there():
        raise FaceMissing(
            "this OpenCV has no face finder, and the face mesh was not fetched; run python3 install.py again, or "
            f"{BY_HAND}"
        )
    faces = boxed_faces(image_rgb)
    if not faces:
        return None
    face = faces[0]
    mouth = mouth_in_face(image_rgb, (face.x, face.y, face.width))
    return _together(image_rgb, face, mouth, find_eyes(image_rgb, face)), faces


def _around_mouth(image_rgb: NDArray[np.uint8], mouth_box: tuple[float, float, float, float]) -> Landmarks:
    height, width = image_rgb.shape[:2]
    _check_mouth_box(mouth_box, width, height)
    face, known = _face_of_mouth(mouth_box, detect_faces(image_rgb))
    mouth = mouth_from_box(image_rgb, mouth_box)
    # Without a face nobody knows where the eyes are: rather no blink than one in the wrong place.
    return _together(image_rgb, face, mouth, find_eyes(image_rgb, face) if known else ())


def _together(image_rgb: NDArray[np.uint8], face: Box, mouth: Mouth, eyes: tuple[Eye, ...]) -> Landmarks:
    height, width = image_rgb.shape[:2]
    return Landmarks(
        width=width,
        height=height,
        face=face,
        mouth=mouth,
        eyes=eyes,
        brows=usual_brows(eyes, face),
        chin=usual_chin(mouth, eyes),
    )


def _size_told(size: tuple[int, int], file_size: tuple[int, int] | None) -> str:
    told = "{}x{}".format(*size)
    if file_size in (None, size):
        return told
    # A face near the edge may be what the crop has cut off, so both sizes are told.
    return "{}x{}".format(*file_size or size) + f", its middle shown as {told}"


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
