"""SpeechWindows: the AudioWindows of a turn, cut from the sound on disk as far as they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from hls.ticks import BYTES_PER_SAMPLE, FRAME_TICKS, PART_FRAMES, TICKS_HZ
from runner.live.closing import Cut
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
    """Windows by index; a lower index than the last one starts cutting again from the beginning of the file.

    After the speech come `tail_frames` of silence, where entry points are so rare that the slicer's own tail may not
    reach the closing one.
    """

    def __init__(
        self,
        speech: SpeechFile,
        *,
        new_slicer: Callable[[], Slicer],
        new_resampler: Callable[[], ModelRate],
        tail_frames: int,
    ) -> None:
        self._speech = speech
        self._new_slicer = new_slicer
        self._new_resampler = new_resampler
        self._tail_frames = tail_frames
        self._windows: dict[int, AudioWindow] = {}
        self.cut: Cut | None = None
        """Where a break made cutting begin anew."""
        self._restart()

    def begin_at(self, cut: Cut) -> None:
        """Cut anew: window `cut.index` begins with `cut.frame`, as if the turn did; those before it are gone."""
        self.cut = cut
        self._restart()

    def _restart(self) -> None:
        self._slicer = self._new_slicer()
        self._resampler = self._new_resampler()
        self._first_index, self._first_frame = (self.cut.index, self.cut.frame) if self.cut is not None else (0, 0)
        self._read_samples = self._first_frame * FRAME_TICKS
        self._finished = False
        self._next_index = self._first_index
        self._windows.clear()
        self._speech.recall_events()

    async def get(self, index: int) -> AudioWindow | None:
        """Return window `index` as soon as its sound is there; None when the speech ends before it.

        Raises: what the voice raised.
        """
        if index < self._next_index and index not in self._windows:
            self._restart()
        while index not in self._windows:
            if self._finished:
                return None
            await self._cut_more(index)
        return self._windows[index]

    def forget_before(self, index: int) -> None:
        """Drop the windows below `index` and the events that only they heard."""
        for old in [k for k in self._windows if k < index]:
            if old + 1 in self._windows:
                following = self._windows[old + 1]
                first_frame = following.start_frame - following.overlap_frames
                self._speech.forget_events_before(first_frame * FRAME_TICKS - 3 * following.context_samples)
            del self._windows[old]

    async def _cut_more(self, wanted: int) -> None:
        rest = self._speech.samples - self._read_samples
        if rest > 0:
            count = min(rest, READ_SAMPLES)
            pcm = self._resampler.feed(self._speech.read(self._read_samples, count))
            self._read_samples += count
            self._keep(self._slicer.feed(pcm), wanted)
        elif self._speech.complete:
            silence = bytes(self._tail_frames * FRAME_TICKS // 3 * BYTES_PER_SAMPLE)
            self._keep(self._slicer.feed(self._resampler.finish() + silence), wanted)
            self._keep(self._slicer.finish(), wanted)
            self._finished = True
        elif self._speech.error is not None:
            raise self._speech.error
        else:
            await self._speech.grown()

    def _keep(self, windows: list[AudioWindow], wanted: int) -> None:
        for cut in windows:
            # The slicer counts from where it began.
            window = replace(cut, index=cut.index + self._first_index, start_frame=cut.start_frame + self._first_frame)
            self._next_index = window.index + 1
            if window.index >= wanted:
                self._windows[window.index] = window


def new_speech_windows(studio: Studio) -> Callable[[SpeechFile], SpeechWindows]:
    """Return what cuts a turn's sound into the windows that the graph on air takes."""
    graph, idle = studio.renderer.graph, studio.idle
    everywhere = len(idle.entry_points) == idle.frames // PART_FRAMES
    first = FIRST_NEW_FRAMES if graph.any_length else None

    def slicer() -> RollingWav:
        return RollingWav(
            window_frames=graph.window_frames,
            overlap_frames=graph.overlap_frames,
            fps=idle.fps,
            context_frames=graph.context_frames,
            first_new_frames=first,
            any_length=graph.any_length,
        )

    return lambda file: SpeechWindows(
        file, new_slicer=slicer, new_resampler=to_16k, tail_frames=0 if everywhere else idle.frames
    )
