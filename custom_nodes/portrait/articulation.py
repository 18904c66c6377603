"""Shapes and loudness → what the mouth does at every frame, each sound leaning towards its neighbours.

Co-articulation is a weighted mean: every sound pulls with its dominance, the next ones from further off than those
before, because a mouth prepares. Sums are whole numbers on a grid of quarter frames: no value depends on the cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .loudness import Hearing
from .pose import FacePose
from .prosody import held
from .spans import Span
from .visemes import Viseme

STEPS_PER_FRAME = 4


def _bump(before: int, after: int) -> tuple[int, ...]:
    """Weights of the steps -`before` .. `after` around a moment, in thousandths: sin² to 1 and down again."""
    rise = [math.sin(math.pi / 2 * (i + 1) / (before + 1)) ** 2 for i in range(before)]
    fall = [math.cos(math.pi / 2 * i / (after + 1)) ** 2 for i in range(after + 1)]
    return tuple(round(1000 * value) for value in rise + fall)


# Weights of sounds at steps before and after the frame's middle: 70 ms both ways for the jaw, for the lips 80 and 120.
PAST_STEPS, FUTURE_STEPS = 12, 12
JAW = (6, 8)
LIPS = (8, 12)
# Tongue, teeth and tuck are quick: what is said now.
QUICK = (4, 5)
# A closed consonant shuts the lips for at least one frame, and the mouth takes so long to get there, and back.
CLOSING_SAMPLES, OPENING_SAMPLES = 880, 400
TUCKING_SAMPLES = 800
CLOSED_LEAST_SAMPLES = 640
# Where no phoneme is known (foreign sound without events) loudness alone opens the mouth, to this much at most.
FREE_OPENING = 0.85
# A guess at a word's sounds bends what loudness says, and does not rule it.
GUESS_SHARE = 0.6
# A phoneme at low voice opens this share of its target.
QUIET_SHARE = 0.25

Row = list[float]


def mouths(
    spans: list[Span], hearing: Hearing, speaking: list[float], frames: int, frame_samples: int
) -> list[FacePose]:
    """Return the mouth of every frame; needs the sound of one frame before and after, and how far it `speaking` is."""
    rows = _smoothed(spans, frames, frame_samples)
    closed = _least(spans, lambda viseme: viseme.closed)
    tucked = _least(spans, lambda viseme: viseme.tucked)
    poses = []
    for i in range(frames):
        centre = i * frame_samples + frame_samples // 2
        press = _near(centre, closed, CLOSING_SAMPLES, OPENING_SAMPLES)
        tuck = _near(centre, tucked, TUCKING_SAMPLES, TUCKING_SAMPLES)
        poses.append(_mouth(i, rows, hearing, speaking[i], press, tuck))
    return poses


def _mouth(i: int, rows: dict[str, Row], hearing: Hearing, speaking: float, press: float, tuck: float) -> FacePose:
    at = i - hearing.first
    loud, near = hearing.loud[at], max(hearing.loud[at - 1 : at + 2])
    # The gate: nothing moves where 120 ms around the frame are silent, whatever the events say.
    gate = min(1.0, 4.0 * near)
    colour = hearing.colours[at]
    free = rows["free"][i]
    told = rows["opening"][i] * (QUIET_SHARE + (1.0 - QUIET_SHARE) * loud)
    heard = FREE_OPENING * loud * (1.0 - 0.65 * colour.bright) * (1.0 - 0.4 * colour.closed)
    opening = min(1.0, told + free * heard) * gate * (1.0 - press) * (1.0 - 0.75 * tuck)
    keep = held(hearing, i)
    lips = keep * (1.0 - 0.5 * press)
    return FacePose(
        opening=opening,
        width=(rows["width"][i] + free * loud * (0.4 * colour.bright + 0.7 * colour.spread - 0.6 * colour.dark)) * lips,
        pout=(rows["pout"][i] + free * loud * 0.55 * colour.dark) * lips,
        press=press * keep,
        tuck=tuck * keep * (1.0 - press),
        teeth=min(1.0, rows["teeth"][i] + free * loud * colour.bright) * keep * (1.0 - press),
        tongue=rows["tongue"][i] * keep * (1.0 - press),
        speaking=speaking,
    )


def _smoothed(spans: list[Span], frames: int, frame_samples: int) -> dict[str, Row]:
    """Return each feature's value 0..1 (width -1..1) at each frame's middle, and `free`, the share of no sound told."""
    step = frame_samples // STEPS_PER_FRAME
    # Grid point j stands for sample (j - PAST_STEPS) * step; frame i's middle is point PAST_STEPS + 2 + 4 * i.
    count = frames * STEPS_PER_FRAME + PAST_STEPS + FUTURE_STEPS + 1
    grid = np.zeros((9, count), dtype=np.int64)
    grid[0], grid[2], grid[8] = 100, 50, 1000
    for span in spans:
        low = max(0, -(-span.start // step) + PAST_STEPS)
        high = min(count, -(-span.end // step) + PAST_STEPS)
        if low < high:
            grid[:, low:high] = np.array(_column(span))[:, None]

    def mean(row: int, of: tuple[int, int], weight: int | None = None) -> Row:
        values = _slide(grid[row], of, frames)
        below = _slide(grid[weight], of, frames) if weight is not None else np.full(frames, sum(_bump(*of)))
        return [int(a) / (1000.0 * int(b)) for a, b in zip(values, below, strict=True)]

    return {
        "opening": mean(1, JAW, 0), "width": mean(3, LIPS, 2), "pout": mean(4, LIPS, 2),
        "teeth": mean(6, QUICK), "tongue": mean(7, QUICK), "free": mean(8, JAW),
    }  # fmt: skip


def _column(span: Span) -> tuple[int, ...]:
    v = span.viseme
    share = round(1000 * GUESS_SHARE) if span.guessed else 1000
    weighted = (v.hold, v.hold * v.opening, v.shape, v.shape * v.width, v.shape * v.pout)
    return (*weighted, 0, v.teeth, v.tongue, 1000 - share)


def _slide(row: NDArray[np.int64], of: tuple[int, int], frames: int) -> NDArray[np.int64]:
    before, after = of
    kernel = np.array(_bump(before, after)[::-1], dtype=np.int64)
    first = PAST_STEPS + STEPS_PER_FRAME // 2
    inner = row[first - before : first + (frames - 1) * STEPS_PER_FRAME + after + 1] if frames else row[:0]
    return np.convolve(inner, kernel, mode="valid")[::STEPS_PER_FRAME] if frames else inner


def _least(spans: list[Span], which: Callable[[Viseme], bool]) -> list[tuple[int, int]]:
    """Where lips do this for at least `CLOSED_LEAST_SAMPLES`; where phonemes are told, none of a guess."""
    told = [s for s in spans if not s.guessed]
    return [
        (s.start, max(s.end, s.start + CLOSED_LEAST_SAMPLES))
        for s in spans
        if which(s.viseme) and not (s.guessed and any(t.start < s.end and s.start < t.end for t in told))
    ]


def _near(centre: int, stretches: list[tuple[int, int]], before: int, after: int) -> float:
    """1 inside one of the stretches, eased to 0 so many samples before and after it."""
    away = [
        (start - centre) / before if centre < start else max(0.0, (centre - end + 1) / after)
        for start, end in stretches
    ]
    t = min(1.0, min(away, default=1.0))
    return 1.0 - t * t * (3.0 - 2.0 * t)
