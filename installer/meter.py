"""How far a long transfer is: redrawn in place on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import shutil
import sys
import time

from installer.progress import LIVE_S, PLAIN_S, megabytes, say


class Meter:
    """Counts bytes; `done_bytes` were there before, `total_bytes` is 0 where nobody knows."""

    def __init__(self, label: str, *, done_bytes: int, total_bytes: int) -> None:
        self._label, self._done, self._total = label, done_bytes, total_bytes
        self._came = 0
        self._started = time.monotonic()
        self._terminal = sys.stdout.isatty()
        self._next_s = 0.0 if self._terminal else PLAIN_S

    def moved(self, there_bytes: int) -> None:
        """Say how much is there, where a transfer had to begin anew."""
        self._done = there_bytes - self._came

    def add(self, size_bytes: int) -> None:
        """Count, and draw when it is time."""
        self._came += size_bytes
        elapsed = time.monotonic() - self._started
        if elapsed >= self._next_s:
            self._next_s = elapsed + (LIVE_S if self._terminal else PLAIN_S)
            self._draw(elapsed)

    def _draw(self, elapsed_s: float) -> None:
        rate = self._came / max(elapsed_s, 0.001)
        there = self._done + self._came
        text = f"    {self._label}: {megabytes(there)}"
        if self._total:
            left = int(max(self._total - there, 0) / max(rate, 1.0))
            text += f" of {megabytes(self._total)}, {100 * there // self._total} %, {left // 60}:{left % 60:02d} left"
        text += f", {megabytes(rate)}/s"
        if self._terminal:
            sys.stdout.write("\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1])
            sys.stdout.flush()
        else:
            say(text)

    def end(self) -> None:
        """Leave the line free for what comes next."""
        if self._terminal:
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()
