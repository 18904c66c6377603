"""Sound and phonemes → how far the mouth is open, and how wide, at every frame.

Every value depends on a fixed stretch of sound and events around its frame, and is computed in whole numbers wherever a
sum could round differently: a window with `CONTEXT_FRAMES` of past and `LOOKAHEAD_FRAMES` of future gives bit for bit
the values that the whole file gives.
"""

# ruff: noqa: RUF001 - the letters of the phonetic alphabet are meant
from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import SoundRefused

RATE_HZ = 16_000
# A phoneme holds for at most this long; after it the mouth follows loudness alone (so no value needs older events).
HOLD_SAMPLES = 4_800
# Past and future that a frame's value needs: hold + half the smoothing = 370 ms; half the smoothing + closing = 130 ms.
CONTEXT_FRAMES = 10
LOOKAHEAD_FRAMES = 4

STEPS_PER_FRAME = 4
# Hann window of 140 ms at four steps a frame, as whole numbers
SMOOTHING = tuple(round(1000 * math.sin(math.pi * (i + 1) / 16) ** 2) for i in range(15))
# Below the first the mouth is shut, from the second on loudness opens it no further.
QUIET_DBFS, LOUD_DBFS = -45.0, -15.0
# A closed consonant shuts the lips for at least one frame, and the mouth takes this long to get there and back.
CLOSING_SAMPLES = 960
CLOSED_LEAST_SAMPLES = 640

# Opening in thousandths by the first letter of eSpeak's mnemonic or IPA; other consonants 250.
_OPENING = {
    **dict.fromkeys("aAQɑæɒɐ", 1000), **dict.fromkeys("O0ɔVʌ", 750), **dict.fromkeys("EeoɛøœY", 650),
    **dict.fromkeys("@3əɜɚɝ", 500), **dict.fromkeys("iIɪyʏ", 350), **dict.fromkeys("uUʊ", 320),
    **dict.fromkeys("wʍɥ", 200), **dict.fromkeys("fvɸβʋ", 80), **dict.fromkeys("pbm", 0),
}  # fmt: skip
# Width in thousandths: 1000 spread as in "see", -1000 rounded as in "do".
_WIDTH = {
    **dict.fromkeys("iIɪ", 800), **dict.fromkeys("eEɛæ", 500), **dict.fromkeys("aAɑɐ", 150), **dict.fromkeys("sz", 350),
    **dict.fromkeys("uUʊwʍyʏ", -1000), **dict.fromkeys("oOɔøœ", -700), **dict.fromkeys("QɒSZʃʒ", -450),
    **dict.fromkeys("rɹ", -300),
}  # fmt: skip
_STRESS = "'ˈ,ˌ%=|"
_CONSONANT = 250
# Where no phoneme is known (foreign sound without events) loudness alone opens the mouth, to this much at most.
FREE_OPENING = 0.85


class Event(Protocol):
    """What the driver needs of an event; `RequestEvent` and `SpeechEvent` both fit."""

    @property
    def kind(self) -> str:
        """`phoneme` counts, everything else is passed over."""

    @property
    def name(self) -> str:
        """The provider's name of the phoneme, eSpeak mnemonic or IPA."""

    @property
    def start_samples(self) -> int:
        """Where it starts, at 16 kHz, from the first returned frame's first sample; negative in the left context."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthPose:
    """The mouth at one frame: `opening` 0..1, `width` -1 (rounded) .. 1 (spread); both 0 is the picture's own mouth."""

    opening: float
    width: float


def drive(
    pcm: NDArray[np.int16], events: Iterable[Event], *, context_samples: int, frames: int, fps: int = 25
) -> list[MouthPose]:
    """Return one pose a frame; frame i hears `pcm[context_samples + i * 16000 / fps:]`.

    `pcm` is mono int16 at 16 kHz; what lies before or after it is silence. `events` may reach into the context and the
    look-ahead, and should hold those of the last 0.4 s before the first frame. Raises: SoundRefused.
    """
    if pcm.ndim != 1 or pcm.dtype != np.int16:
        raise SoundRefused(f"the sound is {pcm.dtype} of shape {pcm.shape}; give int16 (samples,), mono, 16 kHz")
    if fps < 1 or RATE_HZ % (fps * STEPS_PER_FRAME):
        raise SoundRefused(f"{fps} frames a second do not divide 16 kHz into quarter frames; set fps to 25 or 50")
    if context_samples < 0 or frames < 0:
        raise SoundRefused(f"context_samples {context_samples} or frames {frames} is negative; use 0 or more")
    frame_samples = RATE_HZ // fps
    levels = _loudness(pcm, context_samples, frames, frame_samples)
    spans = _spans(events)
    opening, width, free = _targets(spans, frames, frame_samples)
    closed = [
        (start, max(end, start + CLOSED_LEAST_SAMPLES)) for start, end, name in spans if name[:1] in ("p", "b", "m")
    ]
    poses = []
    for i in range(frames):
        loud, near = levels[i + 1], max(levels[i : i + 3])
        # The gate: nothing moves where 120 ms around the frame are silent, whatever the events say.
        gate = min(1.0, 4.0 * near)
        value = opening[i] * (0.35 + 0.65 * loud) + FREE_OPENING * free[i] * loud
        lid = _closing(i * frame_samples + frame_samples // 2, closed)
        poses.append(MouthPose(opening=min(1.0, value) * gate * lid, width=width[i] * gate))
    return poses


def _loudness(pcm: NDArray[np.int16], context: int, frames: int, frame_samples: int) -> list[float]:
    """Loudness 0..1 of frames -1 .. `frames`, in the band of 100 to 4000 Hz, over exactly each frame's time."""
    margin = 160  # samples at 16 kHz around, for the mean of 10 ms
    first = context - frame_samples - margin
    wanted = (frames + 2) * frame_samples + 2 * margin
    sound = np.zeros(wanted, dtype=np.int64)
    start, end = max(first, 0), min(first + wanted, pcm.shape[0])
    if end > start:
        sound[start - first : end - first] = pcm[start:end]
    # Pairs summed: 8 kHz, so nothing above 4 kHz. Less the mean of 10 ms: nothing below 100 Hz. All in whole numbers.
    half = sound.reshape(-1, 2).sum(axis=1)
    box = 80  # samples at 8 kHz
    total = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(half)))
    band = box * half[box // 2 : -(box // 2)] - (total[box:-1] - total[: -box - 1])
    # A sum that wraps is harmless: only differences of it are used, modulo 2^64.
    energy = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(band * band)))
    step = frame_samples // 2
    offset = margin // 2 - box // 2
    marks = energy[offset : offset + step * (frames + 2) + 1 : step]
    full_scale = (2.0 * box * 32768.0) ** 2 * step
    return [_loud(int(power) / full_scale) for power in np.diff(marks)]


def _loud(power: float) -> float:
    if power <= 1e-9:
        return 0.0
    return min(1.0, max(0.0, (10.0 * math.log10(power) - QUIET_DBFS) / (LOUD_DBFS - QUIET_DBFS)))


def _spans(events: Iterable[Event]) -> list[tuple[int, int, str]]:
    """Phonemes as (start, end, name without stress marks), in order, none longer than the hold."""
    marks = sorted((e.start_samples, i, e.name.strip(_STRESS)) for i, e in enumerate(events) if e.kind == "phoneme")
    ends = [start for start, _, _ in marks[1:]] + [marks[-1][0] + HOLD_SAMPLES] if marks else []
    spans = zip(marks, ends, strict=True)
    return [(start, min(end, start + HOLD_SAMPLES), name) for (start, _, name), end in spans if end > start]


def _targets(
    spans: list[tuple[int, int, str]], frames: int, frame_samples: int
) -> tuple[list[float], list[float], list[float]]:
    """Return opening, width and the share of time without a phoneme (0..1), smoothed, at each frame's centre."""
    step = frame_samples // STEPS_PER_FRAME
    half = len(SMOOTHING) // 2
    # Grid point j stands for sample (j - half) * step; a frame's centre is grid point half + 2 + 4 * i.
    count = frames * STEPS_PER_FRAME + 2 * half + 1
    grid = np.zeros((3, count), dtype=np.int64)
    grid[2] = 1000
    for start, end, name in spans:
        low = max(0, -(-start // step) + half)
        high = min(count, -(-end // step) + half)
        if low < high:
            grid[:, low:high] = np.array([[opening_of(name)], [width_of(name)], [0]])
    kernel = np.array(SMOOTHING, dtype=np.int64)
    smooth = [np.convolve(row, kernel, mode="valid")[2::STEPS_PER_FRAME][:frames] for row in grid]
    scale = 1000.0 * float(kernel.sum())
    opening, width, free = ([int(value) / scale for value in row] for row in smooth)
    return opening, width, free


def _closing(centre: int, closed: list[tuple[int, int]]) -> float:
    """0 inside a closed consonant, 1 where none is near, eased between."""
    gap = min((max(start - centre, centre - end + 1, 0) for start, end in closed), default=CLOSING_SAMPLES)
    t = min(1.0, gap / CLOSING_SAMPLES)
    return t * t * (3.0 - 2.0 * t)


def opening_of(name: str) -> int:
    """Return the opening target of a phoneme in thousandths; pauses (`_`, `_:`, empty) are 0."""
    letter = name[:1]
    if letter in ("", "_", ";", ":", "\x00", " "):
        return 0
    return _OPENING.get(letter, _CONSONANT)


def width_of(name: str) -> int:
    """Return the width target of a phoneme in thousandths, spread positive, rounded negative."""
    return _WIDTH.get(name[:1], 0)
