from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from hls.access_unit import Clip, decode_frames, read_clip
from hls.encode import encode_clip
from hls.errors import MediaParameters, StoreFull
from hls.init_segment import StreamParameters

SIZE = 64


def noise(frames: int, seed: int = 0) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 255, (SIZE, SIZE, 3), dtype=np.uint8) for _ in range(frames)]


def encode(path: Path, frames: list[np.ndarray], every: int = 24) -> Clip:
    encode_clip(frames, path, width=SIZE, height=SIZE, idr_every_frames=every)
    return read_clip(path)


@pytest.mark.parametrize(("frames", "every"), [(40, 24), (192, 8), (72, 24), (1, 8), (9, 8)])
def test_idrs_stand_exactly_where_the_recipe_puts_them(tmp_path: Path, frames: int, every: int) -> None:
    clip = encode(tmp_path / "c.mp4", noise(frames), every)
    places = [n for n, unit in enumerate(clip.units) if unit.is_idr]
    assert len(clip.units) == frames
    assert places == list(range(0, frames, every))
    assert all(later - sooner > 1 for sooner, later in pairwise(places))


def test_idle_and_window_clips_share_their_parameter_sets(idle_clip: Clip, talk_clip: Clip) -> None:
    assert (idle_clip.sps, idle_clip.pps) == (talk_clip.sps, talk_clip.pps)


def test_equal_frames_give_equal_bytes(tmp_path: Path) -> None:
    assert encode(tmp_path / "a.mp4", noise(10)).units == encode(tmp_path / "b.mp4", noise(10)).units


def test_what_was_encoded_is_what_decodes(tmp_path: Path, talk_clip: Clip) -> None:
    flat = [np.full((SIZE, SIZE, 3), (200, 60, 30), dtype=np.uint8)] * 9
    encode(tmp_path / "c.mp4", flat)
    decoded = list(decode_frames(tmp_path / "c.mp4"))
    assert len(decoded) == 9
    assert np.abs(decoded[-1].astype(int) - flat[0]).max() < 12


def test_colours_are_tagged_as_what_they_are(tmp_path: Path) -> None:
    encode(tmp_path / "c.mp4", noise(2))
    with av.open(str(tmp_path / "c.mp4")) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)


@pytest.mark.parametrize(
    ("frames", "width", "height", "every"),
    [
        ([], 64, 64, 8),
        (noise(1), 62, 64, 8),
        (noise(1), 64, 64, 1),
        (noise(1), 63, 63, 8),
        ([np.zeros((64, 64, 3))], 64, 64, 8),
    ],
)
def test_what_cannot_be_encoded_is_refused_and_leaves_nothing(tmp_path: Path, frames, width, height, every) -> None:
    with pytest.raises(MediaParameters):
        encode_clip(frames, tmp_path / "c.mp4", width=width, height=height, idr_every_frames=every)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_source_leaves_the_old_clip_whole(tmp_path: Path) -> None:
    before = encode(tmp_path / "c.mp4", noise(9))

    def breaks():
        yield from noise(3)
        raise KeyError("source")

    with pytest.raises(KeyError):
        encode_clip(breaks(), tmp_path / "c.mp4", width=SIZE, height=SIZE, idr_every_frames=8)
    assert read_clip(tmp_path / "c.mp4") == before
    assert [path.name for path in tmp_path.iterdir()] == ["c.mp4"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreFull, match=r"c\.mp4"):
        encode_clip(noise(1), tmp_path / "file" / "c.mp4", width=SIZE, height=SIZE, idr_every_frames=8)


def test_a_clip_of_another_size_or_recipe_is_not_accepted(tmp_path: Path, idle_clip: Clip) -> None:
    other = encode(tmp_path / "c.mp4", noise(8))
    with pytest.raises(MediaParameters, match="width"):
        StreamParameters.of(idle_clip).accept(other)
