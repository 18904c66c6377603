"""What the editor draws of a window's sound: a loudness for each stretch of it, and where its parts begin."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from .rolling_wav import RATE_HZ, AudioWindow

BARS = 160
FULL = 1000
"""A bar's height at full scale; whole numbers, as they go over the socket as JSON."""


def waveform(heard: AudioWindow, *, fps: int) -> dict[str, Any]:
    """Return `bars` (peaks in 0..1000, oldest first) and the lengths of the four parts in frames.

    The sound is the past (`context_frames`), the overlap, the new frames, and the look-ahead.
    """
    samples = np.abs(np.frombuffer(heard.pcm_s16le, dtype="<i2").astype(np.int32))
    edges = np.linspace(0, len(samples), min(BARS, max(1, len(samples))) + 1).astype(int)
    bars = [int(samples[start:end].max(initial=0)) * FULL // 32768 for start, end in itertools.pairwise(edges)]
    frame_samples = RATE_HZ / fps
    context = round(heard.context_samples / frame_samples)
    heard_frames = round(len(samples) / frame_samples)
    return {
        "bars": bars,
        "fps": fps,
        "index": heard.index,
        "context_frames": context,
        "overlap_frames": heard.overlap_frames,
        "new_frames": heard.new_frames,
        "ahead_frames": max(0, heard_frames - context - heard.overlap_frames - heard.new_frames),
    }
