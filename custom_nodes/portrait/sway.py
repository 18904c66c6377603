"""The slow movement of the whole picture while the avatar lives: one affine a frame, seamless over the idle loop."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

# Every term is amplitude * sin(2 pi k t / T) with whole k and no phase: frame 0 of every loop is the still itself.
# Amplitudes chosen by eye: a person who sits still and is alive.
ROTATION_DEGREES = (0.55, 0.2)
ROTATION_CYCLES = (1, 3)
SCALE = 0.004  # 0.4 % nearer and further: breathing
SCALE_CYCLES = 2
# shifts in widths of the face box
SHIFT_X = (0.010, 0.003)
SHIFT_X_CYCLES = (1, 2)
SHIFT_Y = 0.006
SHIFT_Y_CYCLES = 2


def sway_matrix(frame: int, loop_frames: int, *, pivot: tuple[float, float], side: float) -> NDArray[np.float64] | None:
    """Return the 2x3 affine of loop frame `frame`, or None where it is the identity (frame 0).

    `pivot` is the point (x, y) in pixels about which the head turns, the base of the neck; `side` the width of the
    face box in pixels, which scales the shifts. The same matrix for the same arguments, on every machine's libm.
    """
    phase = frame % loop_frames
    if phase == 0:
        return None

    def wave(cycles: int) -> float:
        return math.sin(2 * math.pi * ((cycles * phase) % loop_frames) / loop_frames)

    turns = zip(ROTATION_DEGREES, ROTATION_CYCLES, strict=True)
    angle = math.radians(sum(amplitude * wave(cycles) for amplitude, cycles in turns))
    scale = 1.0 + SCALE * wave(SCALE_CYCLES)
    shift_x = side * sum(amplitude * wave(cycles) for amplitude, cycles in zip(SHIFT_X, SHIFT_X_CYCLES, strict=True))
    shift_y = side * SHIFT_Y * wave(SHIFT_Y_CYCLES)
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    x, y = pivot
    return np.array([[cos, -sin, x - cos * x + sin * y + shift_x], [sin, cos, y - sin * x - cos * y + shift_y]])
