"""How the head moves while nothing is said, and how the body breathes: seamless over the idle loop."""

from __future__ import annotations

import math
from dataclasses import dataclass

# Every term is amplitude * sin(2 pi k t / T) with whole k and no phase: frame 0 of every loop is the still itself.
# Amplitudes chosen by eye, in widths of the face box and radians: a person who sits still and is alive.
ROLL = ((0.0080, 1), (0.0030, 3))
SHIFT_X = ((0.010, 1), (0.004, 2))
SHIFT_Y = ((0.004, 2), (0.003, 5))
YAW = ((0.010, 1), (0.006, 3))
PITCH = ((0.007, 2), (0.004, 3))
BREATH = ((0.0085, 2),)  # one breath in 3.8 s


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadMove:
    """Where head and chest are: `roll` in radians, all else in widths of the face box, right and down positive.

    `yaw` and `pitch` are how far the middle of the face goes further than its outline; `breath` is the chest's rise.
    """

    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    breath: float = 0.0


def sway(frame: int, loop_frames: int) -> HeadMove | None:
    """Return the head of loop frame `frame`; None where it is the still's (frame 0). The same on every machine."""
    phase = frame % loop_frames
    if phase == 0:
        return None

    def wave(terms: tuple[tuple[float, int], ...]) -> float:
        turns = (
            amplitude * math.sin(2 * math.pi * ((k * phase) % loop_frames) / loop_frames) for amplitude, k in terms
        )
        return sum(turns)

    breath = wave(BREATH)
    return HeadMove(
        roll=wave(ROLL), x=wave(SHIFT_X), y=wave(SHIFT_Y) - 0.35 * breath, yaw=wave(YAW), pitch=wave(PITCH),
        breath=breath,
    )  # fmt: skip
