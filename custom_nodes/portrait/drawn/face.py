"""The measures of a drawn face: what the relief is built on, where features sit, and its landmarks."""

from __future__ import annotations

from dataclasses import dataclass

from .curve import Point


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeShape:
    """An eye's corners and lids, in units from its middle; x runs from the inner corner (-) to the outer (+)."""

    inner: Point = (-46, 7)
    upper: tuple[Point, ...] = ((-33, -8), (-10, -20), (14, -19), (34, -7))
    outer: Point = (47, 2)
    lower: tuple[Point, ...] = ((30, 12), (8, 18), (-18, 17), (-36, 12))


@dataclass(frozen=True, slots=True, kw_only=True)
class LipShape:
    """Lips in units from the middle of the line where they meet: outlines and that line, from left to right."""

    line: tuple[Point, ...] = ((-76, -9), (-56, -2), (-30, 1), (-10, 1), (0, 3), (10, 1), (30, 0), (56, -4), (78, -12))
    top: tuple[Point, ...] = ((-52, -11), (-30, -19), (-13, -25), (0, -20), (13, -25), (30, -19), (53, -12))
    bottom: tuple[Point, ...] = ((-56, 11), (-32, 25), (-10, 30), (10, 30), (32, 25), (56, 9))


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A face in units; left is the viewer's left. Slight differences between the sides are what makes it a person's."""

    # Half the face's width from the middle at a height: (y, left, right), forehead to chin.
    outline: tuple[tuple[float, float, float], ...] = (
        (96, 20, 20), (110, 76, 76), (140, 124, 124), (190, 164, 164), (250, 188, 187), (310, 200, 199),
        (370, 205, 204), (420, 205, 204), (470, 200, 199), (520, 191, 190), (560, 173, 173), (600, 152, 153),
        (635, 127, 128), (665, 99, 100), (690, 70, 72), (704, 47, 49), (712, 19, 19),
    )  # fmt: skip
    # How far the middle of the face stands out, forehead to chin.
    profile: tuple[Point, ...] = (
        (90, 0), (120, 66), (170, 122), (230, 156), (300, 174), (350, 180), (400, 176), (500, 174), (580, 172),
        (630, 158), (680, 138), (700, 110), (712, 60), (716, 40),
    )  # fmt: skip
    middle: float = 500
    eyes: tuple[Point, Point] = ((403, 402), (597, 403))
    eye: EyeShape = EyeShape()
    brow_lift: tuple[float, float] = (0, 3)
    brow_up: float = 0
    nose_tip: Point = (501, 490)
    nose_width: float = 41
    nose_out: float = 43
    bridge: float = 17
    mouth: Point = (500, 582)
    lips: LipShape = LipShape()
    chin: float = 714
    cheek: float = 11
    jaw: float = 0
    # Lines of a lived-in face: a path, its depth and its width.
    creases: tuple[tuple[tuple[Point, ...], float, float], ...] = ()
    age: float = 0

    def eye_points(self, side: int, points: tuple[Point, ...]) -> list[Point]:
        """Place points of the eye's shape at the viewer's left (0) or right (1) eye."""
        x, y = self.eyes[side]
        return [(x + (a if side else -a), y + b) for a, b in points]

    def mouth_points(self, points: tuple[Point, ...]) -> list[Point]:
        """Place points of the lips."""
        return [(self.mouth[0] + a, self.mouth[1] + b) for a, b in points]

    def outline_points(self) -> list[Point]:
        """Return the face's outline, clockwise from the top."""
        right = [(self.middle + r, y) for y, _, r in self.outline]
        left = [(self.middle - w, y) for y, w, _ in self.outline]
        return [*right, *left[::-1]]
