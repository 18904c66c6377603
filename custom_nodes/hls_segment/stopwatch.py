"""Render time of a window. The one module of the packs that looks at a clock, and only to measure."""

from __future__ import annotations

import time


def now_ns() -> int:
    """Nanoseconds of a clock that never steps."""
    return time.perf_counter_ns()
