"""Removing what windows left behind, where the runner cannot: its ComfyUI shares no folder with it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterable

from .paths import OnairFolders

TURNS = "turns"
BELOW = (f"{TURNS}/", "jobs/")
"""Nothing else is ever removed: idle loops and pictures are used again."""
DAY_S = 86_400


def forget(folders: OnairFolders, names: Iterable[str]) -> None:
    """Remove these names from both folders, and folders that are empty then; what is not there is gone already.

    Raises: PathRefused for a name that leads out.
    """
    for name in names:
        for path in folders.both(name) if name.startswith(BELOW) and ".." not in name else ():
            with contextlib.suppress(OSError):  # a file that somebody holds open is the next window's to remove
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                path.parent.rmdir()


def forget_old_turns(folders: OnairFolders, newest: str) -> None:
    """Remove the turns whose folder was last changed a day before the file `newest`: their runner was killed."""
    now_s = folders.read(newest).stat().st_mtime
    for path in folders.both(TURNS):
        for turn in path.glob("*/*"):
            with contextlib.suppress(OSError):
                if turn.is_dir() and turn.stat().st_mtime < now_s - DAY_S:
                    shutil.rmtree(turn, ignore_errors=True)
