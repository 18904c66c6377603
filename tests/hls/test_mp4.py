from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from hls.access_unit import read_clip
from hls.encode import encode_clip
from hls.errors import MediaUnreadable, StoreFull
from hls.mp4 import add_sound, remux
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
