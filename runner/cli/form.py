"""The form of what a run prints, chosen once: text for people, or JSON lines; never both in one place."""

from __future__ import annotations

import json
import sys

_machine: bool | None = None
"""What the run has chosen; None before, when only the command line can tell."""


def use_json(*, as_json: bool, setting: bool | None) -> bool:
    """Choose for the run: `--json`, else the setting, else JSON where standard error is no terminal."""
    global _machine  # noqa: PLW0603  # one process is one run; the last error is told far from here
    _machine = as_json or (setting if setting is not None else not sys.stderr.isatty())
    return _machine


def say_error(code: str, sentence: str) -> None:
    """Tell the run's last error: one line on standard error, or one JSON object on standard output."""
    if "--json" in sys.argv:
        print(json.dumps({"error": {"code": code, "message": sentence}}))
    elif _machine:
        print(json.dumps({"error": {"code": code, "message": sentence}}), file=sys.stderr)
    else:
        print(f"error [{code}]: {sentence}", file=sys.stderr)
