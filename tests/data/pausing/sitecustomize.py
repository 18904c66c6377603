"""Lets a process stand still right after a file took its place, so that a test can kill it exactly there.

Python imports it by itself where this folder is on PYTHONPATH. PAUSE_AFTER names a file that holds the name to wait
for; `<file>.reached` is written then, and the process waits as long as the first one is there.
"""

from __future__ import annotations

import os
import time
from pathlib import PurePath
from typing import Any

_REQUEST = os.environ.get("PAUSE_AFTER", "")
_replace = os.replace


class _Replace:
    """No function: a class that takes it for an attribute would make a method of it."""

    def __call__(self, source: Any, target: Any, **more: Any) -> None:
        _replace(source, target, **more)
        if _REQUEST and PurePath(target).name == _wanted():
            with open(f"{_REQUEST}.reached", "w", encoding="utf-8") as file:
                file.write(str(os.getpid()))
            while os.path.exists(_REQUEST):
                time.sleep(0.01)


def _wanted() -> str:
    try:
        with open(_REQUEST, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


os.replace = _Replace()
