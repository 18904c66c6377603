"""Loudness and pauses → brows, nods and turns of the head, and the blinks that pauses ask for.

Everything fades in with a stretch of speech and is back at rest three frames after its last sound, because there the
idle loop may go on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .loudness import Hearing

# A stressed syllable moves the head for this long: quickly down, slowly up.
NOD = (0.0, 0.3, 0.75, 1.0, 0.92, 0.7, 0.42, 0.18, 0.05)
BROW = (0.25, 0.7, 1.0, 0.95, 0.8, 0.6, 0.4, 0.2, 0.07)
# A syllable counts as stressed by how much louder it is than the frames before it.
BEFORE_FRAMES = 4
LEAST_RISE = 0.18
# The past and future that a frame needs of the loudness.
PAST_FRAMES, FUTURE_FRAMES = len(NOD) + BEFORE_FRAMES, 4
# How long the head takes to begin, and what silence still belongs to a word: the stop before its p, t or k.
BEHIND_FRAMES, STOP_FRAMES = 7, 6
# The last frames over which that is smoothed: so long the head still moves after the last sound.
SMOOTH = (0.2, 0.3, 0.3, 0.2)
# While it speaks the head is held a little higher; that it comes down again is the nod at the phrase's end.
POSTURE = 0.35
# A blink that belongs to a pause begins so long before it.
BLINK_LEAD_FRAMES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """Head and brows at one frame, as in `FacePose`."""

    brow: float
    nod: float
    turn: float
    tilt: float
    speaking: float
    blink: int


def manners(hearing: Hearing, pauses: list[int], frames: int, frame_samples: int) -> list[Manner]:
    """Return one a frame; `hearing` knows `PAST_FRAMES` before and `FUTURE_FRAMES` after them."""
    nuclei = {k: _stress(hearing, k) for k in range(-len(NOD), frames)}
    blinks = {pause // frame_samples - BLINK_LEAD_FRAMES for pause in pauses}
    inside = {k: _inside(hearing, k) for k in range(1 - len(SMOOTH), frames)}
    return [_manner(hearing, nuclei, blinks, _gate(inside, i), i) for i in range(frames)]


def _manner(hearing: Hearing, nuclei: dict[int, float], blinks: set[int], gate: float, i: int) -> Manner:
    begun = next((i - k + 1 for k in range(i, i - 6, -1) if k in blinks), 0)
    nod, brow, turn = 0.0, 0.0, 0.0
    for back in range(len(NOD)):
        stress = nuclei.get(i - back, 0.0)
        if stress:
            nod += stress * NOD[back]
            brow += stress * BROW[back]
            # To which side: by the loudness itself, which is the same however the speech was cut.
            side = math.sin(700.0 * hearing.at(i - back - 1) + 300.0 * hearing.at(i - back))
            turn += stress * NOD[back] * side
    return Manner(
        brow=gate * _soft(brow),
        nod=gate * (_soft(1.1 * nod) - POSTURE),
        turn=gate * _soft(turn),
        tilt=gate * _soft(0.6 * turn),
        speaking=gate,
        blink=begun,
    )


def _soft(value: float) -> float:
    """-1..1, never at once at its limit."""
    return value / (1.0 + abs(value))


def _stress(hearing: Hearing, k: int) -> float:
    """How strongly frame `k` begins a stressed syllable, 0..1: the loudest frame around, well above those before."""
    here = hearing.at(k)
    if here < 0.45 or here < max(hearing.at(k - 1), hearing.at(k + 1), hearing.at(k + 2)):
        return 0.0
    if here == hearing.at(k - 1):
        return 0.0
    before = sum(hearing.at(k - n) for n in range(1, BEFORE_FRAMES + 1)) / BEFORE_FRAMES
    rise = here - before
    return min(1.0, 1.6 * (rise - LEAST_RISE)) if rise > LEAST_RISE else 0.0


def _gate(inside: dict[int, float], i: int) -> float:
    """0 where speech is over or has not begun, 1 inside it, eased between; short stops of the voice are inside."""
    return _ease(sum(share * inside[i - n] for n, share in enumerate(SMOOTH)))


def _inside(hearing: Hearing, i: int) -> float:
    """Rise from a stretch's first sound, fall towards its last; what stands less than a stop apart is one stretch."""
    sounds = [n for n in range(-BEHIND_FRAMES, FUTURE_FRAMES + 1) if hearing.sounds(i + n)]
    before = [n for n in sounds if n <= 0]
    after = [n for n in sounds if n > 0]
    if not before or (before[-1] < 0 and (not after or after[0] - before[-1] > STOP_FRAMES)):
        return 0.0
    first = last = before[-1]
    for n in reversed(before):
        first = n if first - n <= STOP_FRAMES else first
    for n in after:
        last = n if n - last <= STOP_FRAMES else last
    return min(1.0, (last + 1) / (FUTURE_FRAMES + 1)) * min(1.0, (1 - first) / (BEHIND_FRAMES + 1))


def held(hearing: Hearing, i: int) -> float:
    """Whether lips keep their shapes: a closed p or b is silent itself, so sound is looked for around it."""
    behind = max((share for n, share in enumerate((1.0, 0.8, 0.4)) if hearing.sounds(i - n)), default=0.0)
    ahead = max((share for n, share in enumerate((1.0, 1.0, 0.9, 0.6, 0.3)) if hearing.sounds(i + n)), default=0.0)
    return max(behind, ahead)


def _ease(t: float) -> float:
    return t * t * (3.0 - 2.0 * t)
