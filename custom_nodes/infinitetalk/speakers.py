"""Two voices in one window: who speaks first, and at which frame the other takes over.

ComfyUI's node places the features of two voices one after the other (measured: with both whole, the second one's lie
beyond the window and are never heard). So the first voice is cut where the other takes over, and the other's begin
there: both are heard at their own time, as long as they take turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """`first` is 0 or 1, the voice that is heard from frame 0; the other one is heard from `handover_frame` on.

    A `handover_frame` equal to the number of frames: the first voice has the whole window.
    """

    first: int
    handover_frame: int


def take_turns(voice_1: NDArray[np.float32], voice_2: NDArray[np.float32], *, frames: int, fps: int) -> Turns:
    """Return the order and the handover that keep the most of both voices' energy.

    Shape: both mono at 16 kHz, `frames` frames long (shorter ones are silent at the end). Units: frames from the
    sound's first sample. Silence is the first voice's.
    """
    samples = RATE_HZ // fps
    power_1, power_2 = _power(voice_1, frames, samples), _power(voice_2, frames, samples)
    best = Turns(first=0, handover_frame=frames)
    most = float(power_1.sum())
    for first, (before, after) in enumerate(((power_1, power_2), (power_2, power_1))):
        heard = _running(before) + (after.sum() - _running(after))
        # the last of equals: a voice that has ended keeps its silence
        frame = frames - int(np.argmax(heard[::-1]))
        if float(heard[frame]) > most:
            best, most = Turns(first=first, handover_frame=frame), float(heard[frame])
    # A handover at frame 0 is the other voice for the whole window.
    return best if best.handover_frame else Turns(first=1 - best.first, handover_frame=frames)


def _power(voice: NDArray[np.float32], frames: int, samples: int) -> NDArray[np.float64]:
    whole = np.zeros(frames * samples)
    heard = voice[: len(whole)]
    whole[: len(heard)] = heard
    power: NDArray[np.float64] = np.square(whole).reshape(frames, samples).sum(axis=1)
    return power


def _running(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate([np.zeros(1), np.cumsum(power)])
