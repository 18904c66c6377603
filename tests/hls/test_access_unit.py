from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hls.access_unit import Clip, access_unit, parameter_sets, read_clip, split_annex_b, split_lengths
from hls.errors import MediaParameters, MediaUnreadable

NALS = st.lists(st.binary(min_size=1, max_size=40).map(lambda tail: b"\x41" + tail.replace(b"\0", b"\1")), min_size=1)


@given(NALS)
def test_nals_survive_both_framings(nals: list[bytes]) -> None:
    assert split_annex_b(b"".join(b"\0\0\0\1" + nal for nal in nals)) == nals
    assert split_lengths(b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)) == nals


def test_parameter_sets_and_sei_are_dropped_from_access_units() -> None:
    unit = access_unit([b"\x67sps", b"\x68pps", b"\x06sei", b"\x09aud", b"\x65idr"])
    assert unit.data == b"\0\0\0\x04\x65idr"
    assert unit.is_idr


def test_a_sample_without_a_picture_is_unreadable() -> None:
    with pytest.raises(MediaUnreadable):
        access_unit([b"\x67sps"])


def test_parameter_sets_are_read_from_avcc_and_annex_b(idle_clip: Clip) -> None:
    sps, pps = idle_clip.sps, idle_clip.pps
    assert parameter_sets(b"\0\0\0\1" + sps + b"\0\0\1" + pps) == (sps, pps)
    avcc = (
        b"\1" + sps[1:4] + b"\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\1" + len(pps).to_bytes(2, "big") + pps
    )
    assert parameter_sets(avcc) == (sps, pps)


@pytest.mark.parametrize("content", [None, b"", b"not media at all", b"\0\0\0\x20ftypisom" + b"\0" * 20])
def test_what_is_not_media_is_unreadable(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "c.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MediaUnreadable, match=r"c\.mp4"):
        read_clip(path)


def foreign(path: Path, codec: str, options: dict[str, str], rate: int = 25) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        rng = np.random.default_rng(0)
        for _ in range(12):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


@pytest.mark.parametrize(("codec", "options"), [("mpeg4", {}), ("libx264", {"bf": "2", "preset": "medium"})])
def test_another_codec_and_b_frames_are_refused(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    foreign(tmp_path / "c.mp4", codec, options)
    with pytest.raises(MediaParameters):
        read_clip(tmp_path / "c.mp4")
