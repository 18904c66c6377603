"""Paces: how fast windows have rendered so far, short first ones and full ones apart."""

from __future__ import annotations

from runner.live.planner import Pace

ASSUMED = Pace(rtf=0.3, spread=0.5)
"""Until something is measured: what the portrait does on two CPU cores (DESIGN section 10), and slack."""


class Paces:
    """Kept for the engine's life. A short first window pays the prompt's fixed costs over fewer frames."""

    def __init__(self, assumed: Pace = ASSUMED, *, known: bool = False) -> None:
        """`known`: `assumed` was measured; else it goes with the first measurement."""
        self.first = assumed
        self.step = assumed
        self._measured_first = known
        self._measured_step = known
        self.last_rtf = assumed.rtf

    def measured(self, *, new_frames: int, render_ns: int, first: bool) -> None:
        """Take one window's render time."""
        self.last_rtf = Pace.rtf_of(new_frames=new_frames, render_ns=render_ns)
        if first:
            self.first = self._next(self.first, new_frames, render_ns, fresh=not self._measured_first)
            self._measured_first = True
            if self._measured_step:
                return
        self.step = self._next(self.step, new_frames, render_ns, fresh=not self._measured_step)
        self._measured_step = self._measured_step or not first

    @staticmethod
    def _next(pace: Pace, new_frames: int, render_ns: int, *, fresh: bool) -> Pace:
        if not fresh:
            return pace.measured(new_frames=new_frames, render_ns=render_ns)
        # The assumption goes with the first measurement; some spread stays until more is known.
        rtf = Pace.rtf_of(new_frames=new_frames, render_ns=render_ns)
        return Pace(rtf=rtf, spread=min(pace.spread, 0.25))
