"""TalkFeed: what one talk span is made of, from rendered windows and the turn's sound to parts.

Long, because where a span stands, how it ends and where the next one goes on are read from the same cursor.
"""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hls.access_unit import AccessUnit, read_clip
from hls.ticks import FRAME_TICKS, PART_FRAMES
from runner.live.closing import Cut, EarlyClose, close_at_pause
from runner.live.pulse import Pulse
from runner.live.span_sound import SpanSound
from runner.live.speech_file import SpeechFile

FeedEnd = Literal["open", "done", "late", "cut", "missed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyWindow:
    """A rendered window: its new frames, the first an IDR. `units` None: read from `clip` when it is due.

    `frames`: how many are shown. `pauses_ticks`: where words begin in it, on the turn's timeline. `closes`: its end is
    the loop's picture before its neutral frame. `loop_frame`: the loop's frame that it goes on from, where it does not
    go on from the window before.
    """

    index: int
    start_frame: int
    frames: int
    clip: Path
    units: tuple[AccessUnit, ...] | None = None
    pauses_ticks: tuple[int, ...] = ()
    closes: bool = False
    loop_frame: int | None = None

    @property
    def end_frame(self) -> int:
        """The frame of the turn after the last one."""
        return self.start_frame + self.frames


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPart:
    """Up to 8 coded frames, and where on the turn's timeline they lie; its sound ends at `said_until_ticks`.

    `closes`: after it the loop may go on at its neutral frame. `loop_frame`: see `ReadyWindow`.
    """

    window: int
    start_frame: int
    units: tuple[AccessUnit, ...]
    pcm_s16le: bytes
    said_until_ticks: int
    clip_start: bool
    window_end: bool
    closes: bool
    loop_frame: int | None = None


def _never() -> bool:
    return False


class TalkFeed:
    """The queue between a turn, which adds windows, and its channel, which takes parts.

    A feed is for one talk span: it starts at loop frame `entry_frame`, with frame `start_frame` of the turn, whose
    sound is heard from `from_ticks` on.
    """

    def __init__(
        self,
        *,
        turn: str,
        label: str,
        speech: SpeechFile,
        entry_frame: int,
        start_frame: int,
        first_index: int = 0,
        from_ticks: int = 0,
    ) -> None:
        self.turn = turn
        self.label = label
        self.entry_frame = entry_frame
        self.start_frame = start_frame
        self.cursor_frame = start_frame
        self.end_frame: int | None = None
        self.silent_from_ticks = sys.maxsize
        """Sound of the turn from here on is not said: the clause after the one that shall be the last."""
        self.started = False
        self.missed = False
        self.may_start: Callable[[], bool] = _never
        """Asked by the channel when idle comes to the entry point."""
        self.will_be_late: Callable[[], bool] = _never
        """Asked at the last pause that is rendered: whether the next window will not be there in time."""
        self.on_missed: Callable[[], object] = _never
        """Called when idle came to the entry point and talk could not begin."""
        self.end: FeedEnd = "open"
        self.error: Exception | None = None
        self.goes_on_at: Cut | None = None
        """Where the next span takes up what this one, which ended late, did not say."""
        self.unused: tuple[ReadyWindow, ...] = ()
        """What was there and not taken when it ended."""
        self.ended = asyncio.Event()
        self.moved = Pulse()
        """Beats whenever a window is used up, the span starts, or an entry was missed."""
        self._sound = SpanSound(speech, from_ticks=from_ticks)
        self._windows: deque[ReadyWindow] = deque()
        self._used: ReadyWindow | None = None
        self._next_index = first_index
        self._early: EarlyClose | None = None
        self._open_index: int | None = None
        self._open_units: tuple[AccessUnit, ...] = ()

    @property
    def ready_frames(self) -> int:
        """Frames rendered and not yet taken, up to the end of the talk."""
        if not self._windows:
            return 0
        end = self._windows[-1].end_frame
        return (end if self.end_frame is None else min(end, self.end_frame)) - self.cursor_frame

    @property
    def ready_windows(self) -> int:
        """Windows rendered and not yet used up."""
        return len(self._windows)

    @property
    def next_index(self) -> int:
        """The window that is on air, or comes first."""
        return self._next_index

    @property
    def exhausted(self) -> bool:
        """Whether the talk has been published up to its closing entry point."""
        return self.end_frame is not None and self.cursor_frame >= self.end_frame

    def add(self, window: ReadyWindow) -> None:
        """Queue one more window; windows follow each other without a hole."""
        self._windows.append(window)

    def give_back(self) -> tuple[ReadyWindow, ...]:
        """Return what is there; the span has not begun and shall end elsewhere."""
        given = tuple(self._windows)
        self._windows.clear()
        self.end_frame = None
        return given

    def take(self) -> TalkPart | None:
        """Return the next part, or None when nothing is rendered (late) or all is said. Raises: MediaUnreadable."""
        if self.exhausted or not self._windows or self._closes_here():
            return None
        window, start = self._windows[0], self.cursor_frame
        offset = start - window.start_frame
        units = self._units_of(window)[offset : min(offset + PART_FRAMES, window.frames)]
        said_until = self._said_until_ticks
        uses_up = offset + len(units) >= window.frames
        part = TalkPart(
            window=window.index,
            start_frame=start,
            units=units,
            pcm_s16le=self._sound.read(start * FRAME_TICKS, len(units) * FRAME_TICKS, until_ticks=said_until),
            said_until_ticks=max(start * FRAME_TICKS, min((start + len(units)) * FRAME_TICKS, said_until)),
            clip_start=offset == 0,
            # A window whose sound goes on in the next span is not over with this one.
            window_end=uses_up and said_until >= window.end_frame * FRAME_TICKS,
            closes=uses_up and window.closes,
            loop_frame=window.loop_frame if offset == 0 else None,
        )
        self.cursor_frame += len(units)
        if uses_up:
            self._used = self._windows.popleft()
            self._next_index = self._used.index + 1
            self.moved.beat()
        return part

    @property
    def _said_until_ticks(self) -> int:
        early = self._early.said_until_ticks if self._early is not None else sys.maxsize
        return min(self.silent_from_ticks, early)

    def _closes_here(self) -> bool:
        """Whether the span ends at the cursor, at a pause, because the next window will be late (CONTRACTS section 3).

        It is decided as late as possible: with the part in which the last rendered pause lies.
        """
        rendered = self._windows[-1].end_frame
        if self._early is None and (self.end_frame is None or rendered < self.end_frame):
            seamless = [window.end_frame * FRAME_TICKS for window in self._windows if window.closes]
            if self._used is not None and self._used.closes and self._used.end_frame == self.cursor_frame:
                seamless.append(self.cursor_frame * FRAME_TICKS)
            words = [
                pause for window in self._windows for pause in window.pauses_ticks if pause > self._sound.from_ticks
            ]
            close = close_at_pause(seamless or words, cursor_frame=self.cursor_frame, rendered_frame=rendered)
            if close is not None and close.close_frame <= self.cursor_frame + PART_FRAMES and self.will_be_late():
                self._early = close
        return self._early is not None and self.cursor_frame >= self._early.close_frame

    def _units_of(self, window: ReadyWindow) -> tuple[AccessUnit, ...]:
        if self._open_index != window.index:
            # Clips that wait long (RTF > 1) wait on disk; reading one takes a few ms.
            self._open_units = read_clip(window.clip).units if window.units is None else window.units
            self._open_index = window.index
        return self._open_units

    def fading_tail(self) -> bytes:
        """Return one part of sound for the idle that follows: 5 ms after the cursor, falling to silence."""
        return self._sound.fading_tail(self.cursor_frame * FRAME_TICKS, until_ticks=self._said_until_ticks)

    def close(self, end: FeedEnd, error: Exception | None = None) -> None:
        """Say how the span ended; only the first call counts. What was not taken is dropped."""
        if self.end == "open":
            self.end = end
            self.error = error
            self.goes_on_at = self._rest() if end == "late" else None
            self.unused = tuple(self._windows)
            self._windows.clear()
            # All lead back here: cut, so that a turn's clips and resamplers are freed now, not at some collection.
            self.may_start = self.will_be_late = self.on_missed = _never
            self.ended.set()
            self.moved.beat()

    def _rest(self) -> Cut:
        ticks = self._early.said_until_ticks if self._early is not None else self.cursor_frame * FRAME_TICKS
        frame = ticks // FRAME_TICKS
        for window in (self._used, *self._windows):
            if window is not None and window.start_frame <= frame < window.end_frame:
                return Cut(index=window.index, frame=frame, ticks=ticks)
        return Cut(index=self._next_index, frame=frame, ticks=ticks)
