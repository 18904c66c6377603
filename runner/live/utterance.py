"""Utterance: the text to say in a turn, and how."""

from __future__ import annotations

from dataclasses import dataclass

from runner.live.closing import Cut


@dataclass(frozen=True, slots=True, kw_only=True)
class Utterance:
    """What a turn says, and how; `first_window` > 0 goes on with a turn that a crash cut off."""

    turn: str
    label: str
    clauses: tuple[str, ...]
    voice: str = ""
    speed: float = 1.0
    first_window: int = 0
    cut: Cut | None = None
    """Where a break made cutting into windows begin anew."""
    resumes: int = 0
    by_clause: bool = False
    """Whether idle comes between the clauses, each planned for itself."""
    speaker: int = 1
    client_id: str | None = None
    """What the client calls it; told again with the turn."""

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.clauses)
