"""A mesh's points → landmarks: which of the 468 are the lips, the lids, the brows and the chin."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .eye import Box, Eye
from .face_mesh import Mesh
from .landmarks import Brow, Landmarks
from .lips import Mouth, fit_parabola, near_dark
from .points import Point

Plane = NDArray[np.floating[Any]]

# Numbers of MediaPipe's mesh, from the viewer's left to right.
CORNER_LEFT, CORNER_RIGHT, LIP_TOP, LIP_BOTTOM, CHIN, FOREHEAD = 61, 291, 0, 17, 152, 10
UPPER_INNER = (61, 78, 191, 80, 81, 82, 13, 312, 311, 310, 415, 308, 291)
LOWER_INNER = (61, 78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 291)
CHEEK_LEFT, CHEEK_RIGHT = 234, 454
# corner, corner, upper lid, lower lid
EYES = ((33, 133, 159, 145), (362, 263, 386, 374))
# ends and middle, each by its upper and lower edge
BROWS = (((70, 46), (105, 52), (107, 55)), ((336, 285), (334, 282), (300, 276)))
# What a Haar box would be, which all movements are measured in: medians over 20 faces, each within 5 %.
SIDE_IN_HEIGHTS, SIDE_IN_EYE_SPANS, EYES_DOWN = 1.017, 1.845, 0.40
# Lips further apart than this share of the face's width show what is between them.
OPEN = 0.03
LEAST_EYE = 0.018
# The mesh sets the corners too far out: by 9 % (0 to 17) of the mouth in 99 pictures.
CORNERS_IN = 0.93
# The mesh's lids lie inside the lashes; what a lid is drawn from must lie outside of them.
LIDS_OUT = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """How the head is held, in degrees: `turned` to the side (0: frontal), `tilted` towards a shoulder.

    `gap`: how far the lips stand apart, in widths of the face.
    """

    turned: float
    tilted: float
    gap: float


def pose_of(mesh: Mesh) -> Pose:
    """Return how the head is held."""
    points = mesh.points
    across = points[CHEEK_RIGHT] - points[CHEEK_LEFT]
    left, right = _eye_middles(points)
    tilted = math.degrees(math.atan2(right[1] - left[1], right[0] - left[0]))
    turned = math.degrees(math.atan2(abs(float(across[2])), float(np.hypot(*across[:2]))))
    gap = float(np.linalg.norm(points[14, :2] - points[13, :2])) / face_of(mesh).width
    return Pose(turned=turned, tilted=tilted, gap=gap)


def face_of(mesh: Mesh) -> Box:
    """Return the face as the square that a Haar cascade would box."""
    points = mesh.points[:, :2]
    height = float(np.linalg.norm(points[CHIN] - points[FOREHEAD]))
    span = float(np.linalg.norm(points[EYES[1][1]] - points[EYES[0][0]]))
    side = (SIDE_IN_HEIGHTS * height + SIDE_IN_EYE_SPANS * span) / 2
    left, right = _eye_middles(points)
    eyes = (left + right) / 2
    down = np.array([left[1] - right[1], right[0] - left[0]]) / max(float(np.linalg.norm(right - left)), 1e-6)
    x, y = eyes + (0.5 - EYES_DOWN) * side * down - side / 2
    return Box(float(x), float(y), side, side)


def landmarks_of(image_rgb: NDArray[np.uint8], mesh: Mesh) -> Landmarks:
    """Return the landmarks of a mesh found in RGB uint8 (H, W, 3)."""
    height, width = image_rgb.shape[:2]
    points, face = mesh.points[:, :2], face_of(mesh)
    return Landmarks(
        width=width,
        height=height,
        face=face,
        mouth=_mouth(image_rgb, points, face),
        eyes=tuple(_eye(points, numbers, face) for numbers in EYES),
        brows=tuple(_brow(points, edges) for edges in BROWS),
        chin=_point(points[CHIN]),
    )


def _mouth(image_rgb: NDArray[np.uint8], points: Plane, face: Box) -> Mouth:
    left, right = points[CORNER_LEFT], points[CORNER_RIGHT]
    upper, lower = points[list(UPPER_INNER)], points[list(LOWER_INNER)]
    x, half = float(left[0] + right[0]) / 2, CORNERS_IN * float(right[0] - left[0]) / 2
    open_pixels = float(lower[6, 1] - upper[6, 1])
    showing = open_pixels > OPEN * face.width
    # Split under the teeth: they belong to the skull and must not fall with the jaw.
    line = lower if showing else (upper + lower) / 2
    lips_height = float(points[LIP_BOTTOM][1] - points[LIP_TOP][1])
    plain = Mouth(x=x, y=float(line[6, 1]), half_width=max(half, 2.0), side=face.width, teeth_show=showing)
    mouth = fit_parabola(plain, (line[:, 0] - plain.x) / plain.half_width, line[:, 1], lips_height, within=1.1)
    if not showing:
        mouth = near_dark(image_rgb, mouth, reach=0.3 * lips_height)
    above, below = mouth.y - float(points[LIP_TOP][1]), float(points[LIP_BOTTOM][1]) - mouth.y
    return replace(mouth, above=max(1.0, above), below=max(1.0, below))


def _eye(points: Plane, numbers: tuple[int, int, int, int], face: Box) -> Eye:
    left, right, top, bottom = (points[number] for number in numbers)
    return Eye(
        x=float(left[0] + right[0]) / 2,
        y=float(top[1] + bottom[1]) / 2,
        half_width=float(right[0] - left[0]) / 2,
        # Eyes that are nearly shut in the picture still have lids to move.
        half_height=max(LIDS_OUT * float(bottom[1] - top[1]) / 2, LEAST_EYE * face.width),
        tilt=float(right[1] - left[1]) / 2,
    )


def _brow(points: Plane, edges: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]) -> Brow:
    left, middle, right = (points[list(two)].mean(axis=0) for two in edges)
    return Brow(left=_point(left), middle=_point(middle), right=_point(right))


def _eye_middles(points: Plane) -> tuple[Plane, Plane]:
    left, right = (points[list(numbers), :2].mean(axis=0) for numbers in EYES)
    return left, right


def _point(at: Plane) -> Point:
    return (float(at[0]), float(at[1]))
