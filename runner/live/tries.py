"""Tries: how often each window of a turn was sent to the engine, and failed there."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Tries:
    """How often each window of a turn was sent, and failed. A prompt id is never used twice."""

    base: int = 0
    sent: dict[int, int] = field(default_factory=dict)
    failed: dict[int, int] = field(default_factory=dict)

    def next_attempt(self, index: int) -> int:
        """Return a number that no prompt of this window had."""
        self.sent[index] = self.sent.get(index, self.base - 1) + 1
        return self.sent[index]

    def forget_before(self, index: int) -> None:
        """Drop what is published."""
        for table in (self.sent, self.failed):
            for old in [k for k in table if k < index]:
                del table[old]
