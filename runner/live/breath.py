"""Breath: the silence between two clauses, where a voice leaves none, so that talk can be broken there unheard."""

from __future__ import annotations

import numpy as np

from hls.ticks import FRAME_TICKS, PART_TICKS

QUIET = 328
"""1 % of full scale (-40 dB): below it a pause is a pause."""


class Breath:
    """Counts how long a clause has been quiet at its end; `least_frames`: how long it shall be."""

    def __init__(self, least_frames: int) -> None:
        self._least_ticks = least_frames * FRAME_TICKS
        self._quiet_ticks = 0

    def heard(self, pcm_s16le: bytes) -> None:
        """Take what was said (48 kHz mono)."""
        loud = np.flatnonzero(np.abs(np.frombuffer(pcm_s16le, dtype="<i2").astype(np.int32)) > QUIET)
        samples = len(pcm_s16le) // 2
        self._quiet_ticks = samples - int(loud[-1]) - 1 if len(loud) else self._quiet_ticks + samples

    def ticks_after(self, end_ticks: int) -> int:
        """Return how much silence follows what ends at `end_ticks`: enough, and then up to a whole part."""
        end = end_ticks + max(0, self._least_ticks - self._quiet_ticks)
        self._quiet_ticks = 0
        return -(-end // PART_TICKS) * PART_TICKS - end_ticks
