"""JobSpeech: a job's sound on disk, as windows for the model and as sound for the MP4; read as it is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from custom_nodes.hls_segment.request import RequestEvent
from custom_nodes.rolling_wav.loudness import LoudnessMeter, gain_to
from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from custom_nodes.tts.resample import MODEL_HZ, PROGRAMME_HZ, Resampler
from hls.ticks import BYTES_PER_SAMPLE
from runner.engine.binding import LiveGraph
from runner.jobs.events import EventsFile
from runner.jobs.intake import SOUND, SPEECH, SPEECH_2
from runner.jobs.record import JobRecord

READ_SAMPLES = PROGRAMME_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardWindow:
    """A window and what else is heard in it: the second speaker (b"" without one), words and phonemes."""

    window: AudioWindow
    pcm_2: bytes
    events: tuple[RequestEvent, ...]


class JobSpeech:
    """The speech that lies in a job's folder, whole."""

    def __init__(self, folder: Path, record: JobRecord, graph: LiveGraph) -> None:
        """`graph` says how long windows are, and how much past they hear."""
        self._folder, self._record, self._graph = folder, record, graph

    @property
    def windows(self) -> int:
        """How many windows the whole of it is."""
        return -(-self._record.frames // (self._graph.window_frames - self._graph.overlap_frames))

    def windows_from(self, first: int) -> Iterator[HeardWindow]:
        """Yield the windows from index `first` on. Blocking.

        All are cut from the beginning of the sound, which takes a second for a hundred minutes: a resampler that began
        elsewhere could round a sample otherwise, and the result would not be the same bit for bit.
        """
        names = (SPEECH, SPEECH_2) if self._record.two_voices else (SPEECH,)
        events = EventsFile(self._folder) if self._record.events else None
        for heard in zip(*map(self._cut, names), strict=True):
            told = events.heard_in(heard[0]) if events is not None else ()
            if heard[0].index >= first:
                yield HeardWindow(
                    window=heard[0], pcm_2=heard[1].pcm_s16le if len(heard) > 1 else b"", events=tuple(told)
                )

    def _cut(self, name: str) -> Iterator[AudioWindow]:
        """Yield the windows of one speaker, as long as the longer one's sound."""
        graph = self._graph
        resampler = Resampler(PROGRAMME_HZ, MODEL_HZ)
        gain = gain_to(graph.loudness_lufs, of_lufs=self._lufs(name)) if graph.loudness_lufs else None
        rolling = RollingWav(
            window_frames=graph.window_frames,
            overlap_frames=graph.overlap_frames,
            fps=graph.fps,
            context_frames=graph.context_frames,
            tail_frames=0,
            any_length=graph.any_length,
            loudness_lufs=graph.loudness_lufs,
            gain=gain,
        )
        left = self._record.samples
        with (self._folder / name).open("rb") as file:
            while left:
                count = min(left, READ_SAMPLES)
                yield from rolling.feed(resampler.feed(_read(file, count)))
                left -= count
        yield from rolling.feed(resampler.finish())
        yield from rolling.finish()

    def _lufs(self, name: str) -> float:
        """Measure one speaker's whole speech, as the model would hear it."""
        resampler, meter = Resampler(PROGRAMME_HZ, MODEL_HZ), LoudnessMeter()
        with (self._folder / name).open("rb") as file:
            while piece := file.read(READ_SAMPLES * BYTES_PER_SAMPLE):
                meter.feed(resampler.feed(piece))
        meter.feed(resampler.finish())
        return meter.lufs

    @contextlib.contextmanager
    def sound(self) -> Iterator[Callable[[int], bytes]]:
        """Open the sound of the MP4 as `read(bytes)`: what was given, or both speakers together."""
        names = (SOUND,) if self._record.channels > 1 else (SPEECH, SPEECH_2) if self._record.two_voices else (SPEECH,)
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context((self._folder / name).open("rb")) for name in names]
            yield lambda count: _mixed([file.read(count).ljust(count, b"\0") for file in files])


def _read(file: BinaryIO, samples: int) -> bytes:
    """Return so many samples, silence where the file has no more."""
    return file.read(samples * BYTES_PER_SAMPLE).ljust(samples * BYTES_PER_SAMPLE, b"\0")


def _mixed(voices: list[bytes]) -> bytes:
    if len(voices) == 1:
        return voices[0]
    total = sum(np.frombuffer(voice, "<i2").astype(np.int32) for voice in voices)
    return np.clip(total, -32_768, 32_767).astype("<i2").tobytes()
