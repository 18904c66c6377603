"""Passages: the stretches of a turn that are rendered each for itself, from the loop's pictures back to them.

A passage ends where a clause does. So drift ends there too, any engine can render it, and talk may stop there unseen.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from hls.ticks import FRAME_TICKS, PART_FRAMES
from runner.live.closing import Cut
from runner.live.speech_file import SpeechFile

TAIL_FRAMES = 2
"""Silence after the last sample in which the mouth shuts; RollingWav's own tail."""


def passage_end(clause_starts_ticks: Iterable[int], *, start_frame: int, least_frames: int) -> int | None:
    """Return the frame where a passage from `start_frame` on ends: before the first clause far enough behind.

    It is whole parts long, so it ends up to 7 frames before that clause, in the pause. None: no clause is.
    """
    for ticks in clause_starts_ticks:
        frames = (ticks // FRAME_TICKS - start_frame) // PART_FRAMES * PART_FRAMES
        if frames >= max(least_frames, PART_FRAMES):
            return start_frame + frames
    return None


class Passages:
    """Where a turn's passages lie, as far as its voice has come.

    `least_frames`: how long one is at least; None: the turn is one. `limit_ticks`: where the turn shall end before all
    is said.
    """

    def __init__(self, speech: SpeechFile, *, least_frames: int | None) -> None:
        self.least_frames = least_frames
        self.limit_ticks = sys.maxsize
        self._speech = speech

    @property
    def frames_to_say(self) -> int:
        """Frames that the speech so far covers, up to the limit."""
        return min(self._speech.frames, -(-self.limit_ticks // FRAME_TICKS))

    @property
    def complete(self) -> bool:
        """Whether nothing is said after what is there now."""
        return self._speech.complete or self.limit_ticks != sys.maxsize

    def end_of(self, start: Cut) -> int | None:
        """Return where a passage from `start` on ends before the turn does; None: it does not, or not yet."""
        if self.least_frames is None:
            return None
        starts = self._speech.clause_starts
        end = passage_end(starts, start_frame=start.frame, least_frames=self.least_frames)
        return end if end is not None and end * FRAME_TICKS < self.limit_ticks else None

    def closing_of(self, start: Cut) -> int | None:
        """Return where a passage from `start` on ends, be it the turn's last; None: not known yet."""
        end = self.end_of(start)
        if end is not None or not self.complete:
            return end
        tail = TAIL_FRAMES if self.limit_ticks == sys.maxsize else 0
        frames = max(1, self.frames_to_say + tail - start.frame)
        return start.frame + -(-frames // PART_FRAMES) * PART_FRAMES

    def after(self, start: Cut, *, step_frames: int) -> Cut | None:
        """Return where the passage after the one from `start` begins; None: there is none, or none yet.

        `step_frames`: what a window adds; the last one of a passage is as long, whatever is shown of it.
        """
        end = self.end_of(start)
        if end is None:
            return None
        windows = -(-(end - start.frame) // step_frames)
        return Cut(index=start.index + windows, frame=end, ticks=end * FRAME_TICKS)
