"""TalkFeed: what one talk span is made of, from rendered windows and the turn's sound to parts."""

from __future__ import annotations

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from hls.access_unit import AccessUnit, read_clip
from hls.ticks import FRAME_TICKS, PART_FRAMES, PART_TICKS, TICKS_HZ
from runner.live.speech_file import SpeechFile

FADE_SAMPLES = TICKS_HZ * 5 // 1000
"""5 ms: short enough to be no delay, long enough that a cut does not click."""

FeedEnd = Literal["open", "done", "late", "cut", "missed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyWindow:
    """A rendered window: exactly its new frames, the first an IDR. `units` None: read from `clip` when it is due."""

    index: int
    start_frame: int
    frames: int
    clip: Path
    units: tuple[AccessUnit, ...] | None = None

    @property
    def end_frame(self) -> int:
        """The frame of the turn after the last one."""
        return self.start_frame + self.frames


@dataclass(frozen=True, slots=True, kw_only=True)
class TalkPart:
    """Up to 8 coded frames, and where on the turn's timeline they lie."""

    window: int
    start_frame: int
    units: tuple[AccessUnit, ...]
    pcm_s16le: bytes
    clip_start: bool
    window_end: bool


def fade(pcm_s16le: bytes, *, rising: bool = False) -> bytes:
    """Return the same samples, falling linearly to silence (or rising from it)."""
    samples = np.frombuffer(pcm_s16le, dtype="<i2").astype(np.float64)
    ramp = np.linspace(0.0, 1.0, num=len(samples), endpoint=False)
    faded: bytes = (samples * (ramp if rising else ramp[::-1])).round().astype("<i2").tobytes()
    return faded


class TalkFeed:
    """The queue between a turn, which adds windows, and its channel, which takes parts.

    A feed is for one talk span: it starts at loop frame `entry_frame`, with frame `start_frame` of the turn.
    """

    def __init__(self, *, turn: str, label: str, speech: SpeechFile, entry_frame: int, start_frame: int) -> None:
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
        self.may_start: Callable[[], bool] = lambda: False
        """Asked by the channel when idle comes to the entry point."""
        self.end: FeedEnd = "open"
        self.error: Exception | None = None
        self.ended = asyncio.Event()
        self.moved = asyncio.Event()
        """Set whenever a window is used up, the span starts, or an entry was missed."""
        self._speech = speech
        self._windows: deque[ReadyWindow] = deque()
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
    def exhausted(self) -> bool:
        """Whether the talk has been published up to its closing entry point."""
        return self.end_frame is not None and self.cursor_frame >= self.end_frame

    def add(self, window: ReadyWindow) -> None:
        """Queue one more window; windows follow each other without a hole."""
        self._windows.append(window)

    def take(self) -> TalkPart | None:
        """Return the next part, or None when nothing is rendered (late) or all is said. Raises: MediaUnreadable."""
        if self.exhausted or not self._windows:
            return None
        window = self._windows[0]
        offset = self.cursor_frame - window.start_frame
        units = self._units_of(window)[offset : offset + PART_FRAMES]
        pcm = self._sound(self.cursor_frame * FRAME_TICKS, len(units) * FRAME_TICKS)
        if self.cursor_frame == self.start_frame and self.start_frame > 0:
            cut = FADE_SAMPLES * 2
            pcm = fade(pcm[:cut], rising=True) + pcm[cut:]
        part = TalkPart(
            window=window.index,
            start_frame=self.cursor_frame,
            units=units,
            pcm_s16le=pcm,
            clip_start=offset == 0,
            window_end=offset + len(units) >= window.frames,
        )
        self.cursor_frame += len(units)
        if part.window_end:
            self._windows.popleft()
            self.moved.set()
        return part

    def _sound(self, start_ticks: int, count: int) -> bytes:
        said = max(0, min(count, self.silent_from_ticks - start_ticks))
        return self._speech.read(start_ticks, said).ljust(count * 2, b"\0")

    def _units_of(self, window: ReadyWindow) -> tuple[AccessUnit, ...]:
        if self._open_index != window.index:
            # Clips that wait long (RTF > 1) wait on disk; reading one takes a few ms.
            self._open_units = read_clip(window.clip).units if window.units is None else window.units
            self._open_index = window.index
        return self._open_units

    def fading_tail(self) -> bytes:
        """Return the 5 ms of sound after the cursor, falling to silence, padded with silence to a whole part."""
        try:
            tail = fade(self._sound(self.cursor_frame * FRAME_TICKS, FADE_SAMPLES))
        except (OSError, ValueError):  # what ended the span may be just this file; a span's end itself never fails
            tail = b""
        return tail.ljust(PART_TICKS * 2, b"\0")

    def close(self, end: FeedEnd, error: Exception | None = None) -> None:
        """Say how the span ended; only the first call counts. What was not taken is dropped."""
        if self.end == "open":
            self.end = end
            self.error = error
            self._windows.clear()
            self.ended.set()
            self.moved.set()


def frames_to_close(
    speech_frames: int,
    *,
    start_frame: int,
    entry_frame: int,
    loop_frames: int,
    entry_points: Sequence[int],
    tail_frames: int,
) -> int:
    """Return the turn's closing frame: the first after the speech and its tail that lies on an entry point.

    Frame `start_frame` of the turn is loop frame `entry_frame`; talk keeps the loop's phase, so a talk of whole parts
    ends where the idle loop can go on. At least one part long.
    """
    at_least = max(speech_frames + tail_frames, start_frame + 1)
    frame = start_frame
    while frame < at_least or (entry_frame + frame - start_frame) % loop_frames not in entry_points:
        frame += PART_FRAMES
    return frame
