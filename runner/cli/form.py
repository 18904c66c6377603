"""The form of what a run prints, chosen once: text for people, or JSON lines; never both in one place."""

from __future__ import annotations

import json
import os
import sys

INTERRUPTED = 130
READER_GONE = 141  # what a shell gives for a program that SIGPIPE ended
_machine: bool | None = None
"""What the run has chosen; None before, when only the command line can tell."""


def use_json(*, as_json: bool, setting: bool | None) -> bool:
    """Choose for the run: `--json`, else the setting, else JSON where standard error is no terminal."""
    global _machine  # noqa: PLW0603  # one process is one run; the last error is told far from here
    _machine = as_json or (setting if setting is not None else not sys.stderr.isatty())
    return _machine


def counted(number: int, noun: str) -> str:
    """Return "1 file", "2 files": a number and what it counts."""
    return f"{number} {noun}{'s' * (number != 1)}"


def say_error(code: str, sentence: str, *, trace: str = "") -> None:
    """Tell the run's last error, `trace` before or in it: lines on standard error, or one JSON object."""
    told = {"code": code, "message": sentence, **({"exception": trace} if trace else {})}
    if "--json" in sys.argv:
        print(json.dumps({"error": told}))
    elif _machine:
        print(json.dumps({"error": told}), file=sys.stderr)
    else:
        sys.stdout.flush()  # into a file or pipe too, what a sentence calls "above" stands there
        print(f"{trace}error [{code}]: {sentence}", file=sys.stderr)


def let_go() -> int:
    """Say no more: who read standard output has enough of it (`| head -1`). Return the exit code."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())  # Python itself writes what is left when it ends
    return READER_GONE
