from __future__ import annotations

from pathlib import Path

import av
import pytest

from hls.errors import MediaParameters, MediaUnreadable, StoreFull
from hls.init_segment import StreamParameters
from hls.mp4 import remux, write_mp4
from hls.store import FolderStore


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


@pytest.mark.parametrize("frames", [1, 7, 40])
def test_sound_is_cut_or_padded_to_the_pictures(tmp_path: Path, talk_clip, pcm, frames: int) -> None:
    parameters = StreamParameters.of(talk_clip)
    for sound in (b"", pcm(frames), pcm(frames + 30)):
        write_mp4(tmp_path / "o.mp4", parameters=parameters, units=talk_clip.units[:frames], pcm_s16le=sound)
        with av.open(str(tmp_path / "o.mp4")) as container:
            lengths = [stream.duration * stream.time_base for stream in container.streams]
        assert float(lengths[0]) == pytest.approx(frames / 25)
        assert 0 <= lengths[1] - lengths[0] < 1024 / 48_000


def test_what_cannot_be_joined_or_written_is_said(tmp_path: Path, talk_clip) -> None:
    parameters = StreamParameters.of(talk_clip)
    with pytest.raises(MediaUnreadable):
        remux(tmp_path / "nothing", tmp_path / "o.mp4")
    with pytest.raises(MediaParameters):
        write_mp4(tmp_path / "o.mp4", parameters=parameters, units=talk_clip.units[1:], pcm_s16le=b"")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreFull):
        write_mp4(tmp_path / "file" / "o.mp4", parameters=parameters, units=talk_clip.units, pcm_s16le=b"")
