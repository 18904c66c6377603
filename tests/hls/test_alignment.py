"""Flash and beep, judged by decoding what was published: sound and picture agree within a millisecond."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from hls.access_unit import Clip, read_clip
from hls.encode import encode_clip
from hls.init_segment import StreamParameters
from hls.journal import Journal
from hls.mp4 import add_sound, remux
from hls.playlist import parse_playlist
from hls.store import FolderStore
from hls.stream import Stream
from hls.ticks import FRAME_TICKS

SIZE = 64
FLASHES = (40, 100, 171)
FRAMES = 192
MS_SAMPLES = 48


@pytest.fixture(scope="module")
def flash_clips(tmp_path_factory: pytest.TempPathFactory) -> list[Clip]:
    """192 black frames in clips of 48, 40, 40 and 64, two white ones at each flash."""
    folder, clips, first = tmp_path_factory.mktemp("flash"), [], 0
    for length, every in ((48, 8), (40, 24), (40, 24), (64, 8)):
        numbers = range(first, first + length)
        frames = [np.full((SIZE, SIZE, 3), 255 * any(0 <= n - f < 2 for f in FLASHES), np.uint8) for n in numbers]
        encode_clip(frames, folder / f"{first}.mp4", width=SIZE, height=SIZE, idr_every_frames=every)
        clips.append(read_clip(folder / f"{first}.mp4"))
        first += length
    return clips


@pytest.fixture(scope="module")
def beeps() -> np.ndarray:
    """A chirp of 60 ms with each flash, over silence."""
    sound = np.zeros(FRAMES * FRAME_TICKS)
    t = np.arange(2880) / 48_000
    for flash in FLASHES:
        sound[flash * FRAME_TICKS :][: len(t)] = 12_000 * np.sin(2 * np.pi * (600 + 8_000 * t) * t) * np.hanning(len(t))
    return sound.astype("<i2")


def publish(folder: Path, clips: list[Clip], sound: np.ndarray) -> Stream:
    stream = Stream(
        store=FolderStore(folder),
        journal=Journal(None),
        parameters=StreamParameters.of(clips[0]),
        anchor_unix_ns=10**18,
    )
    at = 0
    for clip, kind in zip(clips, ("idle", "talk", "talk", "idle"), strict=True):
        for first in range(0, len(clip.units), 8):
            pcm = sound[at * FRAME_TICKS : (at + 8) * FRAME_TICKS].tobytes()
            stream.append(clip.units[first : first + 8], pcm, kind=kind, label="x", clip_start=first == 0)
            at += 8
    stream.end()
    return stream


def offsets_samples(source: object, beeps: np.ndarray) -> list[int]:
    """Per flash: beep minus flash, in samples of 1/48 000 s, from decoded pictures and sound."""
    with av.open(source, format="mp4") as container:
        lit = [
            round(frame.pts * frame.time_base * 48_000)
            for frame in container.decode(video=0)
            if frame.to_ndarray(format="gray").mean() > 128
        ]
    with av.open(source if isinstance(source, str) else io.BytesIO(source.getvalue()), format="mp4") as container:
        sound = np.zeros(FRAMES * FRAME_TICKS + 48_000)
        for frame in container.decode(audio=0):
            first = round(frame.pts * frame.time_base * 48_000)
            samples = frame.to_ndarray()[0]
            if first < 0:
                samples, first = samples[-first:], 0
            sound[first : first + len(samples)] += samples
    out = []
    for index, flash in enumerate(FLASHES):
        reference = beeps[flash * FRAME_TICKS :][:2880].astype(float)
        place = lit[2 * index]
        around = sound[place - 4800 : place + 4800 + len(reference)]
        out.append(int(np.argmax(np.correlate(around, reference, "valid"))) - 4800)
    return out


def joined(folder: Path) -> io.BytesIO:
    listed = parse_playlist((folder / "manifest.m3u8").read_text())
    names = [listed.segments[0].init_name, *(entry.name for entry in listed.segments)] if listed.segments else []
    return io.BytesIO(b"".join((folder / name).read_bytes() for name in names))


def test_the_published_folder_is_in_sync_across_splices(tmp_path: Path, flash_clips, beeps) -> None:
    publish(tmp_path / "hls", flash_clips, beeps)
    offsets = offsets_samples(joined(tmp_path / "hls"), beeps)
    assert max(map(abs, offsets)) <= MS_SAMPLES, offsets


def test_the_remuxed_mp4_is_in_sync(tmp_path: Path, flash_clips, beeps) -> None:
    publish(tmp_path / "hls", flash_clips, beeps)
    remux(tmp_path / "hls", tmp_path / "out.mp4")
    offsets = offsets_samples(str(tmp_path / "out.mp4"), beeps)
    assert max(map(abs, offsets)) <= MS_SAMPLES, offsets


def test_a_clip_that_was_given_its_sound_is_in_sync_and_begins_with_moov(tmp_path: Path, beeps) -> None:
    frames = [np.full((SIZE, SIZE, 3), 255 * any(0 <= n - f < 2 for f in FLASHES), np.uint8) for n in range(FRAMES)]
    encode_clip(frames, tmp_path / "out.mp4", width=SIZE, height=SIZE, idr_every_frames=24)
    add_sound(tmp_path / "out.mp4", beeps.tobytes(), rate_hz=48_000)
    data = (tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    offsets = offsets_samples(str(tmp_path / "out.mp4"), beeps)
    assert max(map(abs, offsets)) <= MS_SAMPLES, offsets


def test_the_probe_would_see_five_milliseconds(tmp_path: Path, flash_clips, beeps) -> None:
    late = np.concatenate([np.zeros(240, "<i2"), beeps])[: len(beeps)]
    publish(tmp_path / "hls", flash_clips, late)
    assert offsets_samples(joined(tmp_path / "hls"), beeps) == pytest.approx([240] * 3, abs=2)
