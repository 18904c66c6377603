"""Landmarks: where the parts of a face are, how they follow a crop, and where they usually are."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from .eye import EYE_DOWN, EYE_LEFT, EYE_RIGHT, Box, Eye, usual_eye
from .framing import crop_box
from .lips import Mouth
from .points import Point, refuse

# Where chin and brows usually are, in widths of the face box: below the lip line, and above the eyes' centres.
# Medians over 21 photographs, paintings and drawings (the chin: 0.19 to 0.38, the brows: 0.10 to 0.17).
CHIN_DOWN = 0.25
BROW_UP, BROW_HALF_WIDTH, BROW_ARCH = 0.12, 0.125, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Brow:
    """A brow's middle line, from the viewer's left to right, in pixels."""

    left: Point
    middle: Point
    right: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """What the talker needs of a face, in pixels of a picture of `width` x `height`.

    `face` is square, from above the brows to below the lips, as wide as the cheeks: the unit of everything that moves.
    `eyes` and `brows`: the viewer's left one first; empty where they are hidden, then nothing blinks. `chin` is the
    lowest point of the chin. `notes` are sentences for the user.
    """

    width: int
    height: int
    face: Box
    mouth: Mouth
    eyes: tuple[Eye, ...]
    brows: tuple[Brow, ...]
    chin: Point
    notes: tuple[str, ...] = ()

    def covered(self, width: int, height: int) -> Landmarks:
        """Return the same points in the picture that `picture.cover` makes of this one for that size."""
        box = crop_box(self.width, self.height, width, height, face=self.face)
        return self.cropped(box, width, height)

    def cropped(self, box: Box, width: int, height: int) -> Landmarks:
        """Return the same points after `box` was cut out and scaled to `width` x `height`.

        Raises: LandmarksRefused where the mouth is cut off.
        """
        sx, sy = width / box.width, height / box.height

        def to(point: Point) -> Point:
            return ((point[0] - box.x) * sx, (point[1] - box.y) * sy)

        eyes, mouth, face = self.eyes, self.mouth, self.face
        if not (box.x <= mouth.x <= box.x + box.width and box.y <= mouth.y <= box.y + box.height):
            refuse(f"put the mouth where the stream of {width}x{height} does not show it")
        x, y = to((mouth.x, mouth.y))
        return replace(
            self,
            width=width,
            height=height,
            face=Box(*to((face.x, face.y)), face.width * sx, face.height * sy),
            mouth=replace(
                mouth, x=x, y=y, half_width=mouth.half_width * sx, corner_lift=mouth.corner_lift * sy,
                tilt=mouth.tilt * sy, side=mouth.side * sx, above=mouth.above * sy, below=mouth.below * sy,
            ),
            eyes=tuple(
                Eye(
                    x=to((eye.x, eye.y))[0], y=to((eye.x, eye.y))[1], tilt=eye.tilt * sy,
                    half_width=eye.half_width * sx, half_height=eye.half_height * sy,
                )
                for eye in eyes
            ),
            brows=tuple(Brow(left=to(b.left), middle=to(b.middle), right=to(b.right)) for b in self.brows),
            chin=to(self.chin),
        )  # fmt: skip


def usual_eyes(face: Box) -> tuple[Eye, ...]:
    """Both eyes where most faces have them."""
    down = face.y + EYE_DOWN * face.width
    return tuple(usual_eye(face.x + share * face.width, down, face.width) for share in (EYE_LEFT, EYE_RIGHT))


def usual_brows(eyes: tuple[Eye, ...], face: Box) -> tuple[Brow, ...]:
    """A brow above each eye, where most faces have it."""
    side = face.width
    up, half, arch = BROW_UP * side, BROW_HALF_WIDTH * side, BROW_ARCH * side
    slope = _slope(eyes)
    return tuple(
        Brow(
            left=(eye.x - half, eye.y - up - slope * half),
            middle=(eye.x, eye.y - up - arch),
            right=(eye.x + half, eye.y - up + slope * half),
        )
        for eye in eyes
    )


def usual_chin(mouth: Mouth, eyes: tuple[Eye, ...]) -> Point:
    """Return the chin where most faces have it: straight below the mouth as the head is tilted."""
    turn = math.atan(_slope(eyes))
    down = CHIN_DOWN * mouth.side
    return (mouth.x - down * math.sin(turn), mouth.y + down * math.cos(turn))


def _slope(eyes: tuple[Eye, ...]) -> float:
    """How far the line between the eyes falls to the right."""
    return (eyes[1].y - eyes[0].y) / (eyes[1].x - eyes[0].x) if len(eyes) > 1 else 0.0
