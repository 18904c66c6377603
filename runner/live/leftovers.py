"""Leftovers: files of streams that have ended, kept a while for players that still read them, then removed."""

from __future__ import annotations

import shutil
from collections.abc import Collection
from pathlib import Path

KEPT_NS = 600_000_000_000
"""Ten minutes: a pause in a player is forgotten by then. Far more than the minute in which a crash is taken up."""


class Leftovers:
    """Looks after `channels/` and `turns/` of the data folder. Blocking: run it in a thread.

    What another runner in the same folder is working on is written to all the time, so it is never old.
    """

    def __init__(self, data: Path, *, kept_ns: int = KEPT_NS) -> None:
        self._channels, self._turns = data / "channels", data / "turns"
        self._kept_ns = kept_ns

    def clear(self, *, on_air: Collection[str], unix_ns: int) -> None:
        """Remove what belongs to none of the channels `on_air` and was not touched for the time it is kept."""
        names = {path.name for folder in (self._channels, self._turns) for path in folder.glob("*")}
        for name in sorted(names - set(on_air)):
            if unix_ns - self._touched_unix_ns(name) > self._kept_ns:
                self.forget_turns(name)
                shutil.rmtree(self._channels / name, ignore_errors=True)

    def forget_turns(self, channel_id: str) -> None:
        """Remove the sound and the windows (8 MB a state) of a channel that nobody takes up."""
        shutil.rmtree(self._turns / channel_id, ignore_errors=True)

    def _touched_unix_ns(self, name: str) -> int:
        """When a file was last made or replaced there: every one of them is, by a rename, which marks its folder."""
        stream, turns = self._channels / name, self._turns / name
        newest = 0
        for path in (stream, stream / "hls", turns, *turns.glob("*")):
            try:
                newest = max(newest, path.stat().st_mtime_ns)
            except OSError:  # never there, or gone meanwhile
                continue
        return newest
