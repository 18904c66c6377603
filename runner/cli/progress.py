"""One line of progress on a terminal; nothing for work shorter than a second."""

from __future__ import annotations

import logging
import sys
from types import TracebackType

from runner.ports import Clock

WIDTH = 30
QUIET_NS = 1_000_000_000


class Progress:
    """Says steps and draws a bar on standard error; `quiet` says nothing; `log` takes the steps in its own form."""

    def __init__(self, clock: Clock, *, quiet: bool = False, log: logging.Logger | None = None) -> None:
        self._clock = clock
        self._quiet = quiet
        self._log = log
        self._live = log is None and sys.stderr.isatty()
        self._begun_ns = 0
        self._shown = False
        self._last = ""

    @property
    def live(self) -> bool:
        """Whether a line is replaced by the next: on a terminal."""
        return self._live

    def say(self, step: str) -> None:
        """Name the step that begins. A terminal's line is replaced; elsewhere `Step: detail` is told once per step."""
        key = step if self._live else step.partition(":")[0]
        if self._quiet or not step or key == self._last:
            return
        self._last = key
        if self._log is not None:
            self._log.info("getting ready", extra={"step": step})
        else:
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

    def clear(self) -> None:
        """Leave the terminal's line clean."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
            self._shown = False

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
        self.clear()
