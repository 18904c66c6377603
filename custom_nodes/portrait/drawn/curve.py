"""Curves through points, in the units of a drawing: 1000 to the shorter side of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.floating[Any]]
Point = tuple[float, float]


def closed_curve(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Return a closed Catmull-Rom curve through `points`."""
    count = len(points)
    turn = [[points[(i + k) % count] for k in (-1, 0, 1, 2)] for i in range(count)]
    return [_between(four, j / steps) for four in turn for j in range(steps)]


def open_curve(points: Sequence[Point], steps: int = 14) -> list[Point]:
    """Return an open Catmull-Rom curve through `points`."""
    padded = [points[0], *points, points[-1]]
    pieces = [padded[i : i + 4] for i in range(len(points) - 1)]
    return [_between(four, j / steps) for four in pieces for j in range(steps)] + [points[-1]]


def mirrored(points: Sequence[Point], axis_x: float = 500.0) -> list[Point]:
    """Return `points` seen in a mirror standing at `axis_x`."""
    return [(2 * axis_x - x, y) for x, y in points]


def table(points: Sequence[Point], at: Plane) -> Plane:
    """Read the smooth function through `points` (x rising, f(x)) at `at`; flat before the first and after the last."""
    line = np.array(open_curve(points, steps=10), dtype=np.float64)
    order = np.maximum.accumulate(line[:, 0])
    return np.asarray(np.interp(at, order, line[:, 1]), dtype=np.float32)


def _between(four: Sequence[Point], t: float) -> Point:
    def at(axis: int) -> float:
        a, b, c, d = (p[axis] for p in four)
        return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t)

    return at(0), at(1)
