"""Pace: how fast a job's windows come, and when the last one will."""

from __future__ import annotations

from hls.ticks import LIVE_FPS, NS_PER_SECOND
from runner.ports import Clock

FRAME_NS = NS_PER_SECOND // LIVE_FPS


class Pace:
    """Counts what is rendered from now on; windows of an earlier run cost nothing now."""

    def __init__(self, clock: Clock, *, frames: int, done_frames: int) -> None:
        """`frames` of the whole job, `done_frames` before this run."""
        self._clock = clock
        self._begun_ns = clock.monotonic_ns()
        self._frames, self._first_frames, self._done_frames = frames, done_frames, done_frames

    def add(self, frames: int) -> None:
        """A window of so many new frames is whole."""
        self._done_frames = min(self._frames, self._done_frames + frames)

    @property
    def rtf(self) -> float | None:
        """Seconds a rendered second took; None before the first window."""
        fresh = self._done_frames - self._first_frames
        return (self._clock.monotonic_ns() - self._begun_ns) / (fresh * FRAME_NS) if fresh else None

    @property
    def left_s(self) -> int | None:
        """Seconds until all is rendered; None before the first window."""
        rtf = self.rtf
        return None if rtf is None else round(rtf * (self._frames - self._done_frames) / LIVE_FPS)

    def line(self) -> str:
        """Return it for people: share, RTF, time left."""
        share = 100 * self._done_frames // max(1, self._frames)
        rtf, left_s = self.rtf, self.left_s
        if rtf is None or left_s is None:
            return f"{share} %"
        minutes, seconds = divmod(left_s, 60)
        hours, minutes = divmod(minutes, 60)
        left = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
        return f"{share} %, RTF {rtf:.2f}, {left} left"
