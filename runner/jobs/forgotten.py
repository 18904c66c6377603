"""Forgotten jobs: killed ones whose command was never given again. Three hours of speech alone are 3 GB."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from hls.ticks import NS_PER_SECOND
from runner.data_lock import lock_job
from runner.errors import BadInput
from runner.jobs.names import CHANNEL

KEPT_DAYS = 30
KEPT_NS = KEPT_DAYS * 86_400 * NS_PER_SECOND


def clear_forgotten(data: Path, *, unix_ns: int) -> int:
    """Remove the jobs that nobody is at and nothing was written into for 30 days; return how many. Blocking."""
    cleared = 0
    for home in (data / CHANNEL).glob("*"):
        with contextlib.suppress(OSError, BadInput):  # gone by now; or a process is at it
            if unix_ns - home.stat().st_mtime_ns <= KEPT_NS:
                continue
            with lock_job(home):
                shutil.rmtree(home, ignore_errors=True)
            cleared += 1
    return cleared
