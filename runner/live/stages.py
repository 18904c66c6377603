"""Stages: when a turn reached each step on its way to the viewer, for the log and the bench."""

from __future__ import annotations

from typing import Literal

from hls.ticks import NS_PER_MS
from runner.ports import Clock

Stage = Literal["pcm", "window", "prompt", "clip", "published"]


class Stages:
    """Milliseconds from the text's arrival to the first time of each step; later times change nothing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._begun_ns = clock.monotonic_ns()
        self._reached_ns: dict[Stage, int] = {}

    def reach(self, stage: Stage) -> bool:
        """Note that a step is reached; whether it was for the first time."""
        first = stage not in self._reached_ns
        if first:
            self._reached_ns[stage] = self._clock.monotonic_ns() - self._begun_ns
        return first

    def reached_ms(self) -> dict[str, int]:
        """Return the steps so far, in milliseconds."""
        return {stage: ns // NS_PER_MS for stage, ns in self._reached_ns.items()}
