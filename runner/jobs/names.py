"""JobNames: where a job's files lie, below `$ONAIR_DATA`; its windows are called as a turn's are."""

from __future__ import annotations

from dataclasses import dataclass

from runner.live.turn_names import TurnNames

CHANNEL = "jobs"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNames(TurnNames):
    """`turn` is the job's id."""

    channel: str = CHANNEL

    @property
    def folder(self) -> str:
        """The job's folder."""
        return f"{CHANNEL}/{self.turn}"

    def wav_2(self, index: int) -> str:
        """The window's sound of the second speaker."""
        return f"{self.wav(index).removesuffix('.wav')}.2.wav"
