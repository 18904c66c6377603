"""A drawn person: what is known of each, and landmarks read off the drawing instead of being looked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..eye import Box, Eye
from ..landmarks import Brow, Landmarks
from ..lips import Mouth
from .eye import brow_lines, opening
from .face import Face
from .sheet import Sheet

# Units to the shorter side of the picture.
SIDE = 1000
# In a picture higher than wide the head stands a little above the middle.
HEAD_ROOM = 0.42


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """`title` is what people call it; `paint` fills a sheet whose middle 1000 x 1000 units show head and shoulders.

    `brow`: how full brows are. `brows_free`: nothing crosses them; brows behind rims would bend the rims as they rise.
    """

    title: str
    face: Face
    paint: Callable[[Sheet], None]
    brow: float = 1.0
    brows_free: bool = True


def size_in_units(width: int, height: int) -> tuple[int, int]:
    """Return a picture's width and height in units."""
    zoom = SIDE / min(width, height)
    return round(width * zoom), round(height * zoom)


def corner(width: int, height: int) -> tuple[int, int]:
    """Return the unit that the picture's upper left corner shows."""
    wide, high = size_in_units(width, height)
    return -((wide - SIDE) // 2), -int(HEAD_ROOM * (high - SIDE))


def marks(person: Person, width: int, height: int) -> Landmarks:
    """Where the drawing put the face, in pixels of a picture of that size."""
    face = person.face
    wide, high = size_in_units(width, height)
    left, top = corner(width, height)
    kx, ky = width / wide, height / high

    def at(x: float, y: float) -> tuple[float, float]:
        return ((x - left) * kx, (y - top) * ky)

    # The square that detectors box: a little wider than the cheeks, the mouth at 0.83 of it.
    side = 1.08 * 2 * max(row[1] for row in face.outline)
    x, y = at(face.middle - side / 2, face.mouth[1] - 0.83 * side)
    return Landmarks(
        width=width,
        height=height,
        face=Box(x, y, side * kx, side * kx),
        mouth=_mouth(face, side, at, ky),
        eyes=tuple(_eye(face, one, at, ky) for one in (0, 1)),
        brows=tuple(_brow(person, one, at) for one in (0, 1)) if person.brows_free else (),
        chin=at(face.mouth[0], face.chin),
    )


Place = Callable[[float, float], tuple[float, float]]


def _mouth(face: Face, side: float, at: Place, k: float) -> Mouth:
    line = face.mouth_points(face.lips.line)
    (x0, y0), (x1, y1) = at(*line[0]), at(*line[-1])
    middle = at(*line[len(line) // 2])[1] - 1.5 * k
    top = min(b for _, b in face.lips.top)
    bottom = max(b for _, b in face.lips.bottom)
    return Mouth(
        x=(x0 + x1) / 2, y=middle, half_width=(x1 - x0) / 2, corner_lift=middle - (y0 + y1) / 2, tilt=(y1 - y0) / 2,
        side=side * k, above=middle - at(0, face.mouth[1] + top)[1], below=at(0, face.mouth[1] + bottom)[1] - middle,
    )  # fmt: skip


def _eye(face: Face, one: int, at: Place, k: float) -> Eye:
    upper, lower = opening(face, one)
    ends = sorted((at(*upper[0]), at(*upper[-1])))
    top, bottom = at(0, min(p[1] for p in upper))[1], at(0, max(p[1] for p in lower))[1]
    return Eye(
        x=(ends[0][0] + ends[1][0]) / 2, y=(top + bottom) / 2, half_width=(ends[1][0] - ends[0][0]) / 2,
        half_height=(bottom - top) / 2, tilt=(ends[1][1] - ends[0][1]) / 2,
    )  # fmt: skip


def _brow(person: Person, one: int, at: Place) -> Brow:
    points, _ = brow_lines(person.face, one, person.brow)
    line = sorted(at(*p) for p in points)
    return Brow(left=line[0], middle=line[2], right=line[-1])
