"""TurnNames: where a turn's files lie, and what its prompts are called."""

from __future__ import annotations

import functools
import sys
import uuid
from dataclasses import dataclass

KEPT_NAMES = 256
"""Windows whose names stay in memory: seven minutes of one turn."""
_PROMPT_NAMESPACE = uuid.UUID("6f6e6169-722e-5057-8000-70726f6d7074")


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnNames:
    """Where a turn's files lie, below `$ONAIR_DATA`."""

    channel: str
    turn: str

    @property
    def folder(self) -> str:
        """The turn's folder."""
        return f"turns/{self.channel}/{self.turn}"

    def wav(self, index: int) -> str:
        """The window's sound."""
        return f"{self.folder}/{_file_names(index)[0]}"

    def wav_2(self, index: int) -> str:
        """The second speaker's sound in the window."""
        return f"{self.folder}/{_file_names(index)[3]}"

    def clip(self, index: int) -> str:
        """The window's clip."""
        return f"{self.folder}/{_file_names(index)[1]}"

    def state(self, index: int) -> str:
        """The state that the window leaves."""
        return f"{self.folder}/{_file_names(index)[2]}"

    def prompt_id(self, index: int, attempt: int) -> str:
        """A new id for every attempt, the same in every process (CONTRACTS section 1)."""
        return str(uuid.uuid5(_PROMPT_NAMESPACE, f"{self.channel}/{self.turn}/{index}/{attempt}"))


@functools.lru_cache(maxsize=KEPT_NAMES)
def _file_names(index: int) -> tuple[str, ...]:
    """Return the names of a window's sound, clip, state, request and sidecar, the same text objects for every turn.

    pathlib interns every part of a path. Names that come and go with each turn grow the interpreter's table of such
    strings by megabytes (and are never freed by Python 3.12); names that stay are entered once.
    """
    stem = f"window_{index:05d}"
    state = f"state_{index:05d}.safetensors"
    names = (f"{stem}.wav", f"{stem}.mp4", state, f"{stem}.2.wav", f"{stem}.request.json", f"{stem}.json")
    return tuple(map(sys.intern, names))
