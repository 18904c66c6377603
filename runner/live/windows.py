"""SpeechWindows: the AudioWindows of a turn, cut from the sound on disk as far as they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from hls.ticks import BYTES_PER_SAMPLE, FRAME_TICKS, TICKS_HZ
from runner.live.closing import Cut
from runner.live.passages import TAIL_FRAMES
from runner.live.speech_file import SpeechFile
from runner.live.studio import Studio
from runner.speech.pack import to_16k

READ_SAMPLES = TICKS_HZ // 2
FIRST_NEW_FRAMES = 16
"""A short first window, where the graph takes any length: 0.64 s of talk is ready sooner than 1.6 s."""


class Slicer(Protocol):
    """RollingWav as this module uses it: 16 kHz PCM in, windows out."""

    def feed(self, pcm_s16le: bytes) -> list[AudioWindow]:
        """Take PCM, return the windows that are whole now."""

    def finish(self) -> list[AudioWindow]:
        """Pad and return the rest."""


class ModelRate(Protocol):
    """A resampler 48 → 16 kHz."""

    def feed(self, pcm_s16le: bytes) -> bytes:
        """Take 48 kHz PCM, return 16 kHz PCM."""

    def finish(self) -> bytes:
        """Return what the filter still holds."""


class SpeechWindows:
    """Windows of one passage, by index; a lower index than the last one starts cutting again from its beginning.

    The passage begins at `start` as if the turn did. `end`: the frame where it ends, None as long as that is not
    known, or where it is the turn's last; then come `tail_frames` of silence after the speech.
    """

    def __init__(
        self,
        speech: SpeechFile,
        *,
        new_slicer: Callable[[], Slicer],
        new_resampler: Callable[[], ModelRate],
        tail_frames: int,
        start: Cut,
        end: Callable[[], int | None],
    ) -> None:
        self._speech = speech
        self._new_slicer = new_slicer
        self._new_resampler = new_resampler
        self._tail_frames = tail_frames
        self._start = start
        self._end = end
        self._windows: dict[int, AudioWindow] = {}
        self._begin()

    def _begin(self) -> None:
        self._slicer = self._new_slicer()
        self._resampler = self._new_resampler()
        self._read_samples = self._start.frame * FRAME_TICKS
        self._finished = False
        self._next_index = self._start.index
        self._windows.clear()

    async def get(self, index: int) -> AudioWindow | None:
        """Return window `index` as soon as its sound is there; None when the passage ends before it.

        Raises: what the voice raised.
        """
        if index < self._next_index and index not in self._windows:
            self._begin()
            self._speech.recall_events()
        while index not in self._windows:
            if self._finished:
                return None
            await self._cut_more(index)
        return self._windows[index]

    def forget_before(self, index: int) -> None:
        """Drop the windows below `index`."""
        for old in [k for k in self._windows if k < index]:
            del self._windows[old]

    async def _cut_more(self, wanted: int) -> None:
        end = self._end()
        until = self._speech.samples if end is None else min(self._speech.samples, end * FRAME_TICKS)
        rest = until - self._read_samples
        if rest > 0:
            count = min(rest, READ_SAMPLES)
            pcm = self._resampler.feed(self._speech.read(self._read_samples, count))
            self._read_samples += count
            self._keep(self._slicer.feed(pcm), wanted)
        elif end is not None and self._read_samples >= end * FRAME_TICKS:
            self._finish(0, wanted)
        elif self._speech.complete:
            self._finish(self._tail_frames, wanted)
        elif self._speech.error is not None:
            raise self._speech.error
        else:
            await self._speech.grown()

    def _finish(self, tail_frames: int, wanted: int) -> None:
        silence = bytes(tail_frames * FRAME_TICKS // 3 * BYTES_PER_SAMPLE)
        self._keep(self._slicer.feed(self._resampler.finish() + silence), wanted)
        self._keep(self._slicer.finish(), wanted)
        self._finished = True

    def _keep(self, windows: list[AudioWindow], wanted: int) -> None:
        for cut in windows:
            # The slicer counts from where it began.
            window = replace(cut, index=cut.index + self._start.index, start_frame=cut.start_frame + self._start.frame)
            self._next_index = window.index + 1
            if window.index >= wanted:
                self._windows[window.index] = window


class NewWindows(Protocol):
    """Cuts a passage of a turn into the windows that the graph on air takes."""

    def __call__(self, speech: SpeechFile, *, start: Cut, end: Callable[[], int | None]) -> SpeechWindows:
        """Return them; see `SpeechWindows`."""


def new_speech_windows(studio: Studio) -> NewWindows:
    """Return what cuts passages for the graph on air."""
    graph, idle = studio.renderer.graph, studio.idle

    def slicer() -> RollingWav:
        return RollingWav(
            window_frames=graph.window_frames,
            overlap_frames=graph.overlap_frames,
            fps=idle.fps,
            context_frames=graph.context_frames,
            first_new_frames=FIRST_NEW_FRAMES if graph.any_length else None,
            any_length=graph.any_length,
            tail_frames=0,
            loudness_lufs=graph.loudness_lufs,
        )

    def windows(speech: SpeechFile, *, start: Cut, end: Callable[[], int | None]) -> SpeechWindows:
        # Where entry points are rare, the closing one may lie a whole loop after the speech.
        tail = TAIL_FRAMES if studio.anchored or idle.entered_everywhere else idle.frames
        return SpeechWindows(speech, new_slicer=slicer, new_resampler=to_16k, tail_frames=tail, start=start, end=end)

    return windows
