"""Course: one passage on its way through a lane: which window comes next, and from which state."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from runner.live.closing import Cut
from runner.live.renderer import Rendered
from runner.live.windows import SpeechWindows


@dataclass(slots=True, kw_only=True, eq=False)
class Course:
    """`entry_state`: the loop's state that window `start.index` takes; `next_state`: the one of window `next_index`."""

    start: Cut
    windows: SpeechWindows
    entry_state: str
    next_index: int
    next_state: str
    next_frame: int = 0
    """Where window `next_index` begins."""
    lane: int | None = None
    """Which lane renders it."""

    def restart(self) -> None:
        """Begin again: its states are on an engine that is gone."""
        self.next_index, self.next_state, self.lane = self.start.index, self.entry_state, None
        self.next_frame = self.start.frame


@dataclass(slots=True, kw_only=True, eq=False)
class Job:
    """One window under way. `shown_frames` of it go on air; `closes`: its end is the loop's picture."""

    course: Course
    window: AudioWindow
    task: asyncio.Task[Rendered]
    pauses_ticks: tuple[int, ...]
    shown_frames: int
    closes: bool
