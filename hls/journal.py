"""The journal: the few numbers that let a channel go on, legally, after a crash."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .errors import JournalBroken, StoreFull
from .whole_file import write_whole

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalState:
    """What survives.

    `media_sequence` is the segment that is open, or opens next: its parts may have been announced. `next_ticks` is
    that segment's first tick, `discontinuity_sequence` its discontinuity number (counted from the stream's birth),
    `anchor_unix_ns` the wall time of tick 0. `written_unix_ns` is the file's own time, filled in by `load`: there is
    no clock in this ring.
    """

    media_sequence: int
    discontinuity_sequence: int
    init_n: int
    next_ticks: int
    anchor_unix_ns: int
    written_unix_ns: int = 0
    open_turn: str | None = None
    next_window: int = 0
    extra: dict[str, Any] = field(default_factory=dict)


class Journal:
    """One JSON file, replaced whole and fsynced. `Journal(None)` keeps the state in memory only (a one-off stream)."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._kept: JournalState | None = None

    def load(self) -> JournalState | None:
        """The last state written, or None when there is none. Raises: JournalBroken."""
        if self.path is None:
            return self._kept
        try:
            fields = json.loads(self.path.read_text(encoding="utf-8"))
            if fields.pop("version", None) != VERSION:
                raise JournalBroken(
                    f"{self.path.name} is not a journal of version {VERSION}; move it away to start anew"
                )
            fields["written_unix_ns"] = self.path.stat().st_mtime_ns
            return JournalState(**fields)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, AttributeError) as exc:
            raise JournalBroken(f"{self.path} cannot be understood ({exc}); move it away to start anew") from exc

    def write(self, state: JournalState) -> None:
        """Replace the journal; it is on the disk when this returns. Raises: StoreFull (the old one is still whole)."""
        if self.path is None:
            self._kept = state
            return
        data = json.dumps({"version": VERSION, **dataclasses.asdict(state)}).encode()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self.path, data, durable=True)
        except OSError as exc:
            raise StoreFull(f"the journal {self.path} cannot be written ({exc.strerror}); free some space") from exc
