"""Idle leaves its short GOPs as soon as it can, wherever it was entered."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from custom_nodes.hls_segment.idle_loop import LONG_GOP_CLIP, LoopShape, write_loop
from hls.check import check_stream
from hls.encode import encode_clip
from hls.init_segment import StreamParameters
from hls.journal import Journal
from hls.store import MemoryStore
from hls.stream import Stream
from hls.ticks import PART_FRAMES, PART_TICKS, SEGMENT_FRAMES
from runner.errors import WorkflowRefused
from runner.live.idle import IdleLoop, load_idle_loop
from runner.live.idle_run import IdleRun

FRAMES = 48
SIZE = 96
STEP = 5  # grey levels from frame to frame


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> IdleLoop:
    data = tmp_path_factory.mktemp("data")

    def frames() -> Iterator[NDArray[np.uint8]]:
        return (np.full((SIZE, SIZE, 3), STEP * frame, np.uint8) for frame in range(FRAMES))

    shape = LoopShape(frames=FRAMES, fps=25, width=SIZE, height=SIZE, overlap_frames=5, workflow_sha256="w")
    write_loop(
        data / "idle" / "a",
        frames,
        shape,
        reference=next(frames()),
        encode=lambda images, path, idr: encode_clip(images, path, width=SIZE, height=SIZE, idr_every_frames=idr),
    )
    return load_idle_loop(data / "idle" / "a", data=data)


class Air:
    """A stream that idles, and what it published."""

    def __init__(self, loop: IdleLoop, frame: int) -> None:
        self.loop, self.frame, self.run = loop, frame, IdleRun()
        parameters = StreamParameters(width=SIZE, height=SIZE, fps=25, sps=loop.sps, pps=loop.pps)
        self.store = MemoryStore()
        self.stream = Stream(store=self.store, journal=Journal(None), parameters=parameters, anchor_unix_ns=0)
        self.shown: list[int] = []
        self.idrs: list[int] = []  # in each segment

    def idle(self, parts: int) -> None:
        for _ in range(parts):
            part = self.run.part(self.loop, self.frame, self.stream)
            done = self.stream.append(part.units, b"\0" * PART_TICKS * 2, kind="idle", clip_start=part.clip_start)
            if done.part == 0:
                self.idrs.append(0)
            self.idrs[-1] += sum(unit.is_idr for unit in part.units)
            self.shown += range(self.frame, self.frame + PART_FRAMES)
            self.frame = (self.frame + PART_FRAMES) % FRAMES

    def decoded(self) -> list[int]:
        """Loop frames as a player sees them, from the first part to the last."""
        parts = (self.stream.read(f"part_{at}.m4s") or b"" for at in range(0, self.stream.next_ticks, PART_TICKS))
        with av.open(io.BytesIO((self.stream.read("init_0.mp4") or b"") + b"".join(parts))) as container:
            levels = [frame.to_ndarray(format="rgb24").mean() for frame in container.decode(video=0)]
        return [round(float(level) / STEP) for level in levels]


@pytest.mark.parametrize(("frame", "idrs"), [(0, [1, 1, 1]), (8, [2, 1, 1]), (16, [1, 1, 1]), (40, [1, 1, 1])])
def test_from_the_loops_next_segment_on_each_has_one_idr(loop: IdleLoop, frame: int, idrs: list[int]) -> None:
    air = Air(loop, frame)
    air.idle(-frame // PART_FRAMES % 3 + 3 * (len(idrs) - (frame % SEGMENT_FRAMES > 0)))
    assert air.idrs == idrs
    assert air.decoded() == air.shown
    air.stream.end()
    assert check_stream(air.store.get).violations == []


@pytest.mark.parametrize("parts", [1, 2, 3, 4, 5, 6, 7])
def test_after_a_stall_the_first_part_is_an_idr(loop: IdleLoop, parts: int) -> None:
    air = Air(loop, 8)
    air.idle(parts)
    air.stream.discontinuity(0)
    air.idle(4)
    assert air.idrs[-1] == 1


@pytest.mark.parametrize("back", [8, 32])  # 32: where idle would have gone on without the talk
def test_talk_within_a_long_gop_and_back(loop: IdleLoop, back: int) -> None:
    air = Air(loop, 0)
    air.idle(4)
    talk = loop.part(32, 16)
    for at in (0, PART_FRAMES):
        pcm = b"\0" * PART_TICKS * 2
        air.stream.append(talk[at : at + PART_FRAMES], pcm, kind="talk", label="a", clip_start=at == 0)
    air.shown += [*range(32, 48)]
    air.frame = back
    air.idle(5)
    assert air.idrs == [1, 1, 2, 1]
    assert air.decoded() == air.shown


def test_a_loop_without_long_gops_idles_as_well(loop: IdleLoop) -> None:
    air = Air(replace(loop, long_gop_units=()), 16)
    air.idle(6)
    assert air.idrs == [3, 3]
    assert air.decoded() == air.shown


def test_another_loop_begins_with_an_idr_within_a_segment_too(loop: IdleLoop) -> None:
    air = Air(loop, 0)
    air.idle(2)
    air.loop = replace(loop, entry_points=(0,))
    air.idle(1)
    assert air.idrs == [2]
    assert air.decoded() == air.shown


def test_long_gops_of_another_clip_are_not_taken(loop: IdleLoop) -> None:
    with pytest.raises(WorkflowRefused, match=LONG_GOP_CLIP):
        replace(loop, long_gop_units=loop.long_gop_units[:24])
