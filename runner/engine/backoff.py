"""Backoff: how long a child that ended is left alone before it is started again. `now_ns` is monotonic."""

from __future__ import annotations

HEALTHY_NS = 60_000_000_000
"""A child that lived this long was well, whatever ended it."""
FIRST_S = 0.5
MAX_S = 30.0


class Backoff:
    """One ComfyUI that dies again and again without a finished prompt is started ever later; any other at once."""

    def __init__(self) -> None:
        self._failures = 0
        self._proved = False
        self._started_ns = 0

    def started(self, now_ns: int) -> None:
        """A child was started."""
        self._started_ns = now_ns
        self._proved = False

    def proved(self) -> None:
        """The child finished a prompt: what ends it later is no fault of its start."""
        self._proved = True

    def ended(self, now_ns: int) -> float:
        """Return the seconds to wait before the next start."""
        well = self._proved or now_ns - self._started_ns > HEALTHY_NS
        self._failures = 0 if well else self._failures + 1
        return min(MAX_S, FIRST_S * 2.0 ** (self._failures - 2)) if self._failures > 1 else 0.0
