"""Recording: a text as a finished stream in a folder, as fast as the engine renders; no clock, no channel."""

from __future__ import annotations

import asyncio
import shutil
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

from hls.init_segment import StreamParameters
from hls.journal import Journal
from hls.store import FolderStore
from hls.stream import Stream
from runner.live.breath import Breath
from runner.live.clauses import check_text, split_clauses
from runner.live.closing import Cut
from runner.live.kept import JOURNAL
from runner.live.material import Material
from runner.live.messages import plain
from runner.live.passages import Passages
from runner.live.producer import Producer
from runner.live.speech_file import SpeechFile
from runner.live.stages import Stages
from runner.live.studio import Studio
from runner.live.synthesis import synthesise
from runner.live.talk import TalkFeed
from runner.live.turn_names import TurnNames
from runner.live.windows import new_speech_windows
from runner.speech.port import SpeechPort

CHANNEL = "recordings"
LABEL = "speak"
POLL_S = 0.01
Progress = Callable[[int, int], None]
"""Frames done, frames in all."""


async def record(
    text: str,
    *,
    studio: Studio,
    speech: SpeechPort,
    voice: str,
    speed: float,
    folder: Path,
    anchor_unix_ns: int,
    on_progress: Progress,
) -> None:
    """Speak `text` into `folder` as a finished HLS stream (VOD). Raises: TextRefused, RunnerError, HlsError."""
    clauses = split_clauses(check_text(text))
    names = TurnNames(channel=CHANNEL, turn=uuid.uuid4().hex)
    file = SpeechFile(studio.data / names.folder)
    try:
        await synthesise(
            file,
            clauses,
            speech=speech,
            voice=voice,
            speed=speed,
            offload=studio.offload,
            breath=Breath(studio.renderer.graph.overlap_frames) if studio.least_passage(by_clause=False) else None,
        )
        await _render(file, names, studio=studio, folder=folder, anchor_unix_ns=anchor_unix_ns, on_progress=on_progress)
    except OSError as exc:
        raise plain(exc) from exc
    finally:
        file.close()
        shutil.rmtree(studio.data / names.folder, ignore_errors=True)


async def _render(
    file: SpeechFile, names: TurnNames, *, studio: Studio, folder: Path, anchor_unix_ns: int, on_progress: Progress
) -> None:
    feed = TalkFeed(turn=names.turn, label=LABEL, speech=file, entry_frame=0, start_frame=0)
    material = Material(
        names=names,
        speech=file,
        passages=Passages(file, least_frames=studio.least_passage(by_clause=False)),
        new_windows=new_speech_windows(studio),
        stages=Stages(studio.clock),
    )
    producer = Producer(
        studio=studio,
        material=material,
        begin=Cut(index=0, frame=0, ticks=0),
        on_rendered=lambda window, rendered: None,
    )
    producer.attach(feed)
    feed.will_be_late = lambda: False  # nothing is due in a recording
    stream = _new_stream(folder, studio=studio, anchor_unix_ns=anchor_unix_ns)
    rendering = producer.task
    assert rendering is not None
    try:
        while not feed.exhausted:
            part = feed.take()
            if part is not None:
                await studio.offload(
                    lambda part=part: stream.append(  # type: ignore[misc]
                        part.units, part.pcm_s16le, kind="talk", label=LABEL, clip_start=part.clip_start
                    )
                )
                on_progress(feed.cursor_frame, feed.end_frame or file.frames)
            else:
                await _more(feed, rendering)
        await rendering
    finally:
        await producer.close()
    stream.end()
    (folder / JOURNAL).unlink(missing_ok=True)


async def _more(feed: TalkFeed, rendering: asyncio.Task[None]) -> None:
    """Wait for the next window. Raises: what rendering raised."""
    before = feed.ready_windows
    while feed.ready_windows == before and not rendering.done():
        await asyncio.wait({rendering}, timeout=POLL_S)
    if rendering.done():
        rendering.result()


def _new_stream(folder: Path, *, studio: Studio, anchor_unix_ns: int) -> Stream:
    idle = studio.idle
    stream = Stream(
        store=FolderStore(folder),
        journal=Journal(folder / JOURNAL),
        parameters=StreamParameters(width=idle.width, height=idle.height, fps=idle.fps, sps=idle.sps, pps=idle.pps),
        anchor_unix_ns=anchor_unix_ns,
        listed_segments=sys.maxsize,
    )
    stream.timeline.open_talk()
    return stream
