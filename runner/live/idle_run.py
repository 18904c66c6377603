"""IdleRun: which of the loop's two codings is published next."""

from __future__ import annotations

from dataclasses import dataclass

from hls.access_unit import AccessUnit
from hls.stream import Stream
from hls.ticks import PART_FRAMES, PART_TICKS, SEGMENT_FRAMES
from runner.live.idle import IdleLoop


@dataclass(frozen=True, slots=True, kw_only=True)
class IdlePart:
    """Eight coded frames; `clip_start` where a segment has to begin with them."""

    units: tuple[AccessUnit, ...]
    clip_start: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a run of long GOPs goes on: a loop, its frame, and the stream's tick."""

    loop: IdleLoop
    frame: int
    ticks: int


class IdleRun:
    """Idle is entered with GOPs of 8 frames, anywhere; from the next whole segment of the loop on its GOPs have 24."""

    def __init__(self) -> None:
        self._goes_on: _Place | None = None

    def part(self, loop: IdleLoop, frame: int, stream: Stream) -> IdlePart:
        """Return the part that begins at loop frame `frame` (a multiple of 8) where `stream` ends."""
        here = _Place(loop=loop, frame=frame, ticks=stream.next_ticks)
        is_whole = frame % SEGMENT_FRAMES == 0
        # Without an open segment, as after a stall, an IDR is due.
        goes_on = here == self._goes_on and (is_whole or stream.next_part[1] > 0)
        if not loop.long_gop_units or not (goes_on or is_whole):
            self._goes_on = None
            return IdlePart(units=loop.part(frame), clip_start=False)
        following = (frame + PART_FRAMES) % loop.frames
        self._goes_on = _Place(loop=loop, frame=following, ticks=stream.next_ticks + PART_TICKS)
        return IdlePart(units=loop.long_gop_part(frame), clip_start=not goes_on)
