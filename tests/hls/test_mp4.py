from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from hls.access_unit import read_clip
from hls.encode import encode_clip
from hls.errors import MediaParameters, MediaUnreadable, StoreFull
from hls.mp4 import add_sound, join_clips, remux
from hls.store import FolderStore

SIZE = 64


def gradient(frames: int) -> list[np.ndarray]:
    return [np.full((SIZE, SIZE, 3), 2 * index, np.uint8) for index in range(frames)]


def test_a_folder_becomes_one_file_with_every_frame(tmp_path: Path, new_stream, play, idle_clip, talk_clip) -> None:
    stream = new_stream(store=FolderStore(tmp_path / "hls"))
    play(stream, talk_clip, "talk")
    play(stream, idle_clip, "idle")
    stream.end()
    remux(tmp_path / "hls", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 88
        assert container.duration == pytest.approx(88 * 40_000, abs=1000)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["hls", "out.mp4"]


@pytest.mark.parametrize(("fps", "rate_hz"), [(25, 16_000), (30, 16_000), (25, 48_000)])
def test_a_clip_gets_sound_beside_the_same_pictures(tmp_path: Path, fps: int, rate_hz: int) -> None:
    clip = tmp_path / "clip.mp4"
    encode_clip(gradient(fps), clip, width=SIZE, height=SIZE, fps=fps, idr_every_frames=fps)
    silent = read_clip(clip)
    tone = np.rint(9_000 * np.sin(np.arange(rate_hz) * 2 * np.pi * 440 / rate_hz)).astype("<i2")
    add_sound(clip, tone.tobytes(), rate_hz=rate_hz)
    assert read_clip(clip) == silent
    with av.open(str(clip)) as container:
        heard = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
        assert float(container.streams.audio[0].duration * container.streams.audio[0].time_base) == pytest.approx(
            1, abs=0.1
        )
    spectrum = np.abs(np.fft.rfft(heard[: rate_hz // 2]))
    assert int(np.argmax(spectrum)) * 2 == pytest.approx(440, abs=4)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.mp4"]


def test_what_cannot_be_joined_or_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable):
        remux(tmp_path / "nothing", tmp_path / "o.mp4")
    with pytest.raises(StoreFull, match="free some space"):
        add_sound(tmp_path / "nothing.mp4", bytes(2), rate_hz=16_000)


def test_clips_are_joined_without_a_picture_encoded_and_the_sound_lies_at_its_sample(tmp_path: Path) -> None:
    clips = [tmp_path / f"{index}.mp4" for index in range(3)]
    for clip in clips:
        encode_clip(gradient(40), clip, width=SIZE, height=SIZE, idr_every_frames=24)
    frames = 101
    clicks = np.zeros(frames * 1_920 - 700, np.int16)
    clicks[12_345::48_000] = 20_000
    stereo = io.BytesIO(np.stack([clicks, clicks // 2], axis=1).tobytes())
    target = tmp_path / "joined.mp4"
    join_clips(clips, stereo.read, channels=2, frames=frames, target=target)
    joined, single = read_clip(target), read_clip(clips[0])
    assert len(joined.units) == frames
    assert joined.units[:80] == single.units * 2
    assert joined.units[80:] == single.units[:21]
    with av.open(str(target)) as container:
        pictures = container.streams.video[0]
        assert float(pictures.duration * pictures.time_base) == pytest.approx(frames / 25)
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert len(heard) == 2
    for at in range(12_345, len(clicks), 48_000):
        around = np.abs(heard[0, at - 400 : at + 400])
        assert int(np.argmax(around)) == 400
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.mp4", "1.mp4", "2.mp4", "joined.mp4"]


def test_too_few_and_unequal_clips_are_not_joined(tmp_path: Path) -> None:
    one, other = tmp_path / "1.mp4", tmp_path / "2.mp4"
    encode_clip(gradient(8), one, width=SIZE, height=SIZE, idr_every_frames=24)
    encode_clip([np.zeros((2 * SIZE, SIZE, 3), np.uint8)] * 8, other, width=SIZE, height=2 * SIZE, idr_every_frames=24)
    silence = io.BytesIO()
    with pytest.raises(MediaUnreadable, match="8 frames of 16"):
        join_clips([one], silence.read, channels=1, frames=16, target=tmp_path / "o.mp4")
    with pytest.raises(MediaParameters, match=r"2\.mp4"):
        join_clips([one, other], silence.read, channels=1, frames=16, target=tmp_path / "o.mp4")
    other.write_bytes(b"")
    with pytest.raises(MediaUnreadable, match=r"2\.mp4"):
        join_clips([one, other], silence.read, channels=1, frames=16, target=tmp_path / "o.mp4")
    with pytest.raises(MediaUnreadable, match=r"gone\.mp4"):
        join_clips([one, tmp_path / "gone.mp4"], silence.read, channels=1, frames=16, target=tmp_path / "o.mp4")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.mp4", "2.mp4"]
