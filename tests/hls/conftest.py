"""Real clips, made once: 96x96, a moving gradient, encoded by the recipe."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from hls.access_unit import Clip, read_clip
from hls.encode import encode_clip
from hls.init_segment import StreamParameters
from hls.journal import Journal
from hls.store import MemoryStore
from hls.stream import Stream
from hls.ticks import FRAME_TICKS, PART_FRAMES

SIZE = 96
ANCHOR_NS = 1_700_000_000_123_456_789


def gradient(frames: int, offset: int = 0) -> Iterator[np.ndarray]:
    y, x = np.mgrid[0:SIZE, 0:SIZE]
    for n in range(frames):
        yield np.stack([(x + n * 3 + offset) % 256, (y + offset) % 256, (x + y + n) % 256], -1).astype(np.uint8)


@pytest.fixture(scope="session")
def idle_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("clips") / "idle.mp4"
    encode_clip(gradient(48), path, width=SIZE, height=SIZE, idr_every_frames=8)
    return read_clip(path)


@pytest.fixture(scope="session")
def talk_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    path = tmp_path_factory.mktemp("clips") / "talk.mp4"
    encode_clip(gradient(40, 90), path, width=SIZE, height=SIZE, idr_every_frames=24)
    return read_clip(path)


@pytest.fixture
def pcm() -> Callable[[int], bytes]:
    rng = np.random.default_rng(7)
    return lambda frames: rng.normal(0, 2000, frames * FRAME_TICKS).astype("<i2").tobytes()


@pytest.fixture
def new_stream(idle_clip: Clip) -> Callable[..., Stream]:
    def make(**changed: object) -> Stream:
        fields: dict = {
            "store": MemoryStore(),
            "journal": Journal(None),
            "parameters": StreamParameters.of(idle_clip),
            "anchor_unix_ns": ANCHOR_NS,
        }
        return Stream(**{**fields, **changed})

    return make


@pytest.fixture
def play(pcm: Callable[[int], bytes]) -> Callable[..., list]:
    """Append a clip in parts of 8; return what was published."""

    def run(stream: Stream, clip: Clip, kind: str, label: str = "a1", frames: int | None = None) -> list:
        units = list(itertools.islice(itertools.cycle(clip.units), frames or len(clip.units)))
        out = []
        for at in range(0, len(units), PART_FRAMES):
            piece = units[at : at + PART_FRAMES]
            out.append(
                stream.append(piece, pcm(len(piece)), kind=kind, label=label, clip_start=at == 0 and kind == "talk")
            )
        return out

    return run


@pytest.fixture
def fetch_of() -> Callable[[Stream], Callable[[str], bytes | None]]:
    """What a server would answer for a live stream."""

    def of(stream: Stream) -> Callable[[str], bytes | None]:
        def fetch(name: str) -> bytes | None:
            if name == "manifest.m3u8":
                return stream.playlist(live_parts=True).encode()
            return stream.master.encode() if name == "master.m3u8" else stream.read(name)

        return fetch

    return of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "hls"
