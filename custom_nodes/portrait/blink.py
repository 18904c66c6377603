"""When the eyes blink: at seeded moments of the idle loop, and where a phrase ends."""

from __future__ import annotations

import random

# How far the lid is down in the six frames of a blink: fast down, slower up (240 ms at 25 fps).
BLINK_LEVELS = (3, 8, 8, 6, 3, 1)
LEVELS = 8
FIRST_FRAME, LEAST_GAP_FRAMES, MOST_GAP_FRAMES = 30, 55, 110
# A phrase's own blink stays so far from those of the loop: nobody blinks twice in a second without a cause.
APART_FRAMES = 25


def blink_levels(loop_frames: int, *, seed: int = 7) -> tuple[int, ...]:
    """Lid level 0..LEVELS of every frame of the loop; no blink touches the loop's first or last frames.

    Blinks come every 2.2 to 4.4 s at 25 fps, at moments given by the seed: the same in every run and on every machine.
    """
    levels = [0] * loop_frames
    moments = random.Random(seed)
    at = FIRST_FRAME + moments.randrange(12)
    while at + len(BLINK_LEVELS) + 8 <= loop_frames:
        levels[at : at + len(BLINK_LEVELS)] = BLINK_LEVELS
        at += moments.randrange(LEAST_GAP_FRAMES, MOST_GAP_FRAMES)
    return tuple(levels)


def lid_level(loop: tuple[int, ...], phase: int, blink: int) -> int:
    """Lid level at loop frame `phase`, in frame `blink` (from 1; 0: none) of a blink that speech asks for.

    The loop's own blinks come first: a phrase blinks only where the loop leaves the eyes alone for a second around.
    """
    own = loop[phase]
    if own or not 1 <= blink <= len(BLINK_LEVELS):
        return own
    begun = phase - (blink - 1)
    around = range(begun - APART_FRAMES, begun + len(BLINK_LEVELS) + APART_FRAMES)
    return 0 if any(loop[at % len(loop)] for at in around) else BLINK_LEVELS[blink - 1]
