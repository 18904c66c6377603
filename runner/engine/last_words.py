"""What a child that ended said last: one plain line of its log, fit for a sentence."""

from __future__ import annotations

import re
from pathlib import Path

READ_BYTES = 16_384
# Colours and cursor moves (ECMA-48 CSI), titles (OSC), and short escapes: a terminal's affair, not a sentence's.
ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")
ERROR = re.compile(r"^(?:[\w.]+(?:Error|Exception|Interrupt)\b|(?:\S+ )?(?:fatal|error)\b)|\[error\]", re.IGNORECASE)


def last_words(log: Path, since: int = 0) -> str:
    """Return the last line from byte `since` on that tells of an error, else the last one, and where the log is."""
    try:
        with log.open("rb") as file:
            file.seek(max(since, log.stat().st_size - READ_BYTES))
            told = file.read().decode(errors="replace")
    except OSError as exc:
        return f"its log {log} cannot be read: {exc.strerror}"
    lines = [line for line in (_plain(line) for line in told.splitlines()) if line]
    errors = [line for line in lines if ERROR.search(line)]
    return f"{(errors or lines or ['it printed nothing'])[-1]} (log: {log})"


def _plain(line: str) -> str:
    text = ESCAPE.sub("", line)
    return "".join(letter for letter in text if letter.isprintable()).strip()
