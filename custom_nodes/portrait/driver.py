"""Sound and events → the face at every frame.

Every value depends on a fixed stretch of sound and events around its frame, and is computed in whole numbers wherever a
sum could round differently: a window with `CONTEXT_FRAMES` of past and `LOOKAHEAD_FRAMES` of future gives bit for bit
the values that the whole file gives.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from .articulation import STEPS_PER_FRAME, mouths
from .errors import SoundRefused
from .loudness import FLOOR_FRAMES, RATE_HZ, hear
from .pose import FacePose
from .prosody import FUTURE_FRAMES, PAST_FRAMES, manners
from .spans import Event, pauses_of, spans_of

# The past and future that a frame's value needs, at 25 frames a second: the syllables that still move the head and the
# floor under them; words begin up to 0.8 s before. Every window brings so much.
CONTEXT_FRAMES = PAST_FRAMES + FLOOR_FRAMES
LOOKAHEAD_FRAMES = FUTURE_FRAMES


def drive(
    pcm: NDArray[np.int16], events: Iterable[Event], *, context_samples: int, frames: int, fps: int = 25
) -> list[FacePose]:
    """Return one pose a frame; frame i hears `pcm[context_samples + i * 16000 / fps:]`.

    `pcm` is mono int16 at 16 kHz; what lies before or after it is silence. `events` may reach into the context and the
    look-ahead, and should hold those of the last second before the first frame. Raises: SoundRefused.
    """
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise SoundRefused(f"the sound is {pcm.dtype} of shape {pcm.shape}; give int16 (samples,), mono, 16 kHz")
    if fps < 1 or RATE_HZ % (fps * STEPS_PER_FRAME):
        raise SoundRefused(f"{fps} frames a second do not divide 16 kHz into quarter frames; set fps to 25 or 50")
    if context_samples < 0 or frames < 0:
        raise SoundRefused(f"context_samples {context_samples} or frames {frames} is negative; use 0 or more")
    frame_samples = RATE_HZ // fps
    told = list(events)
    hearing = hear(
        pcm, context_samples=context_samples, frames=frames, frame_samples=frame_samples,
        past=PAST_FRAMES, future=FUTURE_FRAMES,
    )  # fmt: skip
    moving = manners(hearing, pauses_of(told), frames, frame_samples)
    speaking = [manner.speaking for manner in moving]
    return [
        replace(mouth, brow=m.brow, nod=m.nod, turn=m.turn, tilt=m.tilt, blink=m.blink)
        for mouth, m in zip(mouths(spans_of(told), hearing, speaking, frames, frame_samples), moving, strict=True)
    ]
