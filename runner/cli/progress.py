"""One line of progress on a terminal; nothing for work shorter than a second."""

from __future__ import annotations

import sys
from types import TracebackType

from runner.ports import Clock

WIDTH = 30
QUIET_NS = 1_000_000_000


class Progress:
    """Says steps and draws a bar on standard error; `quiet` says nothing."""

    def __init__(self, clock: Clock, *, quiet: bool = False) -> None:
        self._clock = clock
        self._quiet = quiet
        self._live = sys.stderr.isatty()
        self._begun_ns = 0
        self._shown = False
        self._last = ""

    def say(self, step: str) -> None:
        """Name the step that begins; on a terminal it replaces the line."""
        if not self._quiet and step != self._last:
            self._last = step
            self._line(step)

    def frames(self, done: int, total: int) -> None:
        """Draw the bar, once the work has taken more than a second."""
        now_ns = self._clock.monotonic_ns()
        self._begun_ns = self._begun_ns or now_ns
        if self._quiet or not self._live or (now_ns - self._begun_ns < QUIET_NS):
            return
        share = min(1.0, done / max(1, total))
        filled = round(share * WIDTH)
        self._line(f"[{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total} frames")

    def _line(self, text: str) -> None:
        if self._live:
            sys.stderr.write(f"\r\x1b[K{text}")
            self._shown = True
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        """Leave the terminal's line clean."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
