"""How a camera is turned that stands at one point and looks at another, y upwards, as three.js works it out."""

from __future__ import annotations

import math

Vector = tuple[float, float, float]
UP: Vector = (0.0, 1.0, 0.0)
NUDGE = 0.0001
"""Who looks straight up or down is turned by this much, since no side would be the right one."""


def look_at(position: Vector, target: Vector) -> dict[str, float]:
    """Return the quaternion of a camera at `position` that looks at `target`."""
    away = _unit((position[0] - target[0], position[1] - target[1], position[2] - target[2])) or (0.0, 0.0, 1.0)
    right = _unit(_cross(UP, away))
    if right is None:
        away = _unit((away[0], away[1], away[2] + NUDGE)) or away
        right = _unit(_cross(UP, away)) or (1.0, 0.0, 0.0)
    return _quaternion(right, _cross(away, right), away)


def _cross(one: Vector, other: Vector) -> Vector:
    (ax, ay, az), (bx, by, bz) = one, other
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


def _unit(vector: Vector) -> Vector | None:
    length = math.sqrt(vector[0] ** 2 + vector[1] ** 2 + vector[2] ** 2)
    return (vector[0] / length, vector[1] / length, vector[2] / length) if length else None


def _quaternion(x: Vector, y: Vector, z: Vector) -> dict[str, float]:
    """Return the turn that makes these three the axes; the largest part is worked out first, as it is exact then."""
    trace = x[0] + y[1] + z[2]
    if trace > 0:
        s = 0.5 / math.sqrt(trace + 1)
        return {"x": (y[2] - z[1]) * s, "y": (z[0] - x[2]) * s, "z": (x[1] - y[0]) * s, "w": 0.25 / s}
    if x[0] > y[1] and x[0] > z[2]:
        s = 2 * math.sqrt(1 + x[0] - y[1] - z[2])
        return {"x": 0.25 * s, "y": (y[0] + x[1]) / s, "z": (z[0] + x[2]) / s, "w": (y[2] - z[1]) / s}
    if y[1] > z[2]:
        s = 2 * math.sqrt(1 + y[1] - x[0] - z[2])
        return {"x": (y[0] + x[1]) / s, "y": 0.25 * s, "z": (z[1] + y[2]) / s, "w": (z[0] - x[2]) / s}
    s = 2 * math.sqrt(1 + z[2] - x[0] - y[1])
    return {"x": (z[0] + x[2]) / s, "y": (z[1] + y[2]) / s, "z": 0.25 * s, "w": (x[1] - y[0]) / s}
