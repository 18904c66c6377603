"""Where the eyes look: at the camera for the most part, with small quick movements between rests."""

from __future__ import annotations

import random

# In half widths of the eye's opening: how far a look goes aside, and up or down.
ASIDE, UP_DOWN = 0.13, 0.035
LEAST_REST_FRAMES, MOST_REST_FRAMES = 14, 46
# A saccade takes two frames: half way in the first.
SACCADE = (0.6, 1.0)
# The loop's first and last frames look straight.
STRAIGHT_FRAMES = 12
Look = tuple[float, float]
STRAIGHT: Look = (0.0, 0.0)


def looks(loop_frames: int, *, seed: int = 11) -> tuple[Look, ...]:
    """Where the eyes look (right, down, in half widths of the eye) at every frame of the loop; seeded."""
    moves = random.Random(seed)
    path: list[Look] = [STRAIGHT] * min(loop_frames, STRAIGHT_FRAMES + moves.randrange(8))
    aside = False
    while len(path) + 8 < loop_frames - STRAIGHT_FRAMES:
        aside = not aside
        # Every second look returns to whom one speaks to; even that is never twice the same point.
        reach = 1.0 if aside else 0.2
        goal = (reach * moves.uniform(-ASIDE, ASIDE), reach * moves.uniform(-UP_DOWN, UP_DOWN))
        rest = moves.randrange(8, 22) if aside else moves.randrange(LEAST_REST_FRAMES, MOST_REST_FRAMES)
        _go(path, goal, min(rest, loop_frames - STRAIGHT_FRAMES - len(path)))
    _go(path, STRAIGHT, loop_frames - len(path))
    return tuple(path)


def _go(path: list[Look], goal: Look, frames: int) -> None:
    """Look at `goal` for so many frames more, the first of them still on the way."""
    now = path[-1] if path else STRAIGHT
    for i in range(frames):
        share = SACCADE[min(i, len(SACCADE) - 1)]
        path.append((now[0] + share * (goal[0] - now[0]), now[1] + share * (goal[1] - now[1])))
