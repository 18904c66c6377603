"""Each planted fault is found, by its code; and a clean stream has none."""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from hls import check
from hls.check import check_stream
from hls.check.reload import compare_texts
from hls.store import FolderStore


@pytest.fixture
def published(new_stream, play, idle_clip, talk_clip, folder) -> Path:
    """idle_0 idle_1 seg_a1_2 (24) seg_a1_3 (16) idle_4 idle_5, then a discontinuity and idle_6 idle_7."""
    stream = new_stream(store=FolderStore(folder))
    play(stream, idle_clip, "idle")
    play(stream, talk_clip, "talk")
    play(stream, idle_clip, "idle")
    stream.discontinuity(stream.timeline.anchor_unix_ns + 10**10)
    play(stream, idle_clip, "idle")
    return folder


def test_a_clean_stream_has_no_violation(published: Path) -> None:
    report = check_stream(published)
    assert report.violations == []
    assert (report.segments, report.discontinuities, report.video_frames) == (8, 1, 184)


def edit_bytes(name: str, edit: Callable[[bytearray], None]) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        edit(data)
        (folder / name).write_bytes(data)

    return apply


def edit_text(old: str, new: str, name: str = "manifest.m3u8") -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return apply


def nth(data: bytes | bytearray, name: bytes, n: int) -> int:
    """Place of the n-th box of this name, after the name."""
    at = -1
    for _ in range(n + 1):
        at = data.index(name, at + 1)
    return at + 4


def shift_tfdt(n: int, by: int) -> Callable[[bytearray], None]:
    def edit(data: bytearray) -> None:
        at = nth(data, b"tfdt", n) + 4
        struct.pack_into(">Q", data, at, struct.unpack_from(">Q", data, at)[0] + by)

    return edit


def put(box: bytes, offset: int, value: int, n: int = 0) -> Callable[[bytearray], None]:
    return lambda data: struct.pack_into(">I", data, nth(data, box, n) + offset, value)


def not_idr(data: bytearray) -> None:
    data[nth(data, b"mdat", 0) + 4] = 0x41


def sps_of_another(data: bytearray) -> None:
    data[nth(data, b"avcC", 0) + 8 + 4] ^= 1


def drop_last_byte(data: bytearray) -> None:
    del data[-1]


def add_box(data: bytearray) -> None:
    data += struct.pack(">I4s", 8, b"free")


def to_sps(data: bytearray) -> None:
    """The second picture of the segment says that it is an SPS."""
    mdat = nth(data, b"mdat", 0)
    first = struct.unpack_from(">I", data, mdat)[0]
    data[mdat + 4 + first + 4] = 0x67


def adjacent_idr(data: bytearray) -> None:
    mdat = nth(data, b"mdat", 0)
    first = struct.unpack_from(">I", data, mdat)[0]
    data[mdat + 4 + first + 4] = 0x65


def missing(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def copied(source: str, target: str) -> Callable[[Path], None]:
    return lambda folder: (shutil.copy(folder / source, folder / target), None)[1]


FAULTS: dict[str, tuple[str, Callable[[Path], None]]] = {
    "video time jumps forward": ("segment.tfdt", edit_bytes("idle_1.m4s", shift_tfdt(0, 1920))),
    "video time jumps back": ("segment.tfdt", edit_bytes("seg_a1_2.m4s", shift_tfdt(2, -1))),
    "sound time jumps": ("segment.tfdt", edit_bytes("idle_1.m4s", shift_tfdt(1, 1024))),
    "time goes back at a discontinuity": ("segment.tfdt", edit_bytes("idle_6.m4s", shift_tfdt(0, -1920))),
    "no IDR at the start": ("segment.idr_start", edit_bytes("idle_1.m4s", not_idr)),
    "a sync flag lies": ("segment.sync_flag", edit_bytes("seg_a1_2.m4s", put(b"trun", 12, 0x01010000))),
    "two IDRs side by side": ("segment.idr_adjacent", edit_bytes("idle_0.m4s", adjacent_idr)),
    "parameter sets inside": ("segment.inband", edit_bytes("idle_0.m4s", to_sps)),
    "a file is cut off": ("segment.broken", edit_bytes("idle_1.m4s", drop_last_byte)),
    "a foreign box": ("segment.broken", edit_bytes("idle_1.m4s", add_box)),
    "a sample is longer than said": ("segment.broken", edit_bytes("idle_1.m4s", put(b"trun", 16, 9))),
    "data offset is wrong": ("segment.broken", edit_bytes("idle_1.m4s", put(b"trun", 8, 1))),
    "frames of another duration": ("segment.extinf", edit_bytes("idle_5.m4s", put(b"tfhd", 8, 1921, n=4))),
    "audio frames of another duration": (
        "segment.audio_duration",
        edit_bytes("idle_5.m4s", put(b"tfhd", 8, 1000, n=5)),
    ),
    "fragment numbers go back": ("segment.sequence", edit_bytes("idle_1.m4s", put(b"mfhd", 4, 1))),
    "a segment is missing": ("segment.absent", missing("idle_1.m4s")),
    "a segment stands for another": ("segment.tfdt", copied("idle_0.m4s", "idle_1.m4s")),
    "an init is missing": ("init.absent", missing("init_1.mp4")),
    "another SPS in the second init": ("init.parameters", edit_bytes("init_1.mp4", sps_of_another)),
    "an init of another timescale": ("init.timescale", edit_bytes("init_0.mp4", put(b"mdhd", 12, 90_000))),
    "an init without trex": ("init.broken", edit_bytes("init_0.mp4", put(b"trex", 4, 9))),
    "an init that is cut off": ("init.broken", edit_bytes("init_0.mp4", drop_last_byte)),
    "EXTINF is assumed": ("segment.extinf", edit_text("0.64000", "0.96000")),
    "EXTINF passes the target": ("playlist.duration", edit_text("0.64000", "1.64000")),
    "a date is off the line": ("segment.pdt", edit_text("22:13:21.083Z", "22:13:21.183Z")),
    "a date is missing": ("playlist.pdt_missing", edit_text("#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:21.083Z\n", "")),
    "a name stands twice": ("playlist.name_twice", edit_text("idle_1.m4s", "idle_0.m4s")),
    "a discontinuity is not said": ("playlist.map_change", edit_text("#EXT-X-DISCONTINUITY\n", "")),
    "no map": ("playlist.map_missing", edit_text('#EXT-X-MAP:URI="init_0.mp4"\n', "")),
    "no target": ("playlist.missing", edit_text("#EXT-X-TARGETDURATION:1\n", "")),
    "no media sequence": ("playlist.missing", edit_text("#EXT-X-MEDIA-SEQUENCE:0\n", "")),
    "an old version": ("playlist.version", edit_text("VERSION:9", "VERSION:6")),
    "an unknown tag": ("playlist.tag", edit_text("#EXT-X-MEDIA", "#EXT-X-KEY:METHOD=NONE\n#EXT-X-MEDIA")),
    "a header twice": ("playlist.twice", edit_text("#EXT-X-MEDIA", "#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA")),
    "nonsense for a number": ("playlist.syntax", edit_text("0.64000", "soon")),
    "no header": ("playlist.header", edit_text("#EXTM3U\n", "")),
    "no playlist": ("playlist.absent", missing("manifest.m3u8")),
    "wrong CODECS": ("master.codecs", edit_text("avc1.", "avc1.64", "master.m3u8")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found(published: Path, fault: str) -> None:
    code, plant = FAULTS[fault]
    plant(published)
    assert code in {violation.code for violation in check_stream(published).violations}


def live_with(fetch, old: str, new: str) -> Callable[[str], bytes | None]:
    def changed(name: str) -> bytes | None:
        data = fetch(name)
        if name == "manifest.m3u8":
            assert old.encode() in data
            return data.replace(old.encode(), new.encode(), 1)
        return data

    return changed


PARTS = [
    ("playlist.part_sum", 'DURATION=0.32000,URI="part_0.m4s"', 'DURATION=0.28000,URI="part_0.m4s"'),
    ("playlist.part_duration", 'DURATION=0.32000,URI="part_0.m4s"', 'DURATION=0.40000,URI="part_0.m4s"'),
    ("playlist.part_independent", 'URI="part_46080.m4s",INDEPENDENT=YES', 'URI="part_46080.m4s"'),
    ("playlist.part_inf", "#EXT-X-PART-INF:PART-TARGET=0.32\n", ""),
    ("playlist.part_hold_back", "PART-HOLD-BACK=0.96", "PART-HOLD-BACK=0.5"),
    ("part.absent", "part_0.m4s", "part_1.m4s"),
    ("part.bytes", "part_15360.m4s", "part_46080.m4s"),
    ("playlist.name_twice", "part_15360.m4s", "part_0.m4s"),
]


@pytest.mark.parametrize(("code", "old", "new"), PARTS)
def test_a_planted_fault_of_parts_is_found(new_stream, play, fetch_of, idle_clip, code, old, new) -> None:
    stream = new_stream()
    play(stream, idle_clip, "idle", frames=32)
    assert check_stream(fetch_of(stream)).violations == []
    assert code in {found.code for found in check_stream(live_with(fetch_of(stream), old, new)).violations}


RELOADS = [
    ("reload.sequence_back", "#EXT-X-MEDIA-SEQUENCE:2", "#EXT-X-MEDIA-SEQUENCE:0"),
    ("reload.changed", "idle_3.m4s", "idle_33.m4s"),
    ("reload.changed", "#EXT-X-DISCONTINUITY-SEQUENCE:1", "#EXT-X-DISCONTINUITY-SEQUENCE:0"),
    ("reload.changed", "EXTINF:0.96000", "EXTINF:0.64000"),
]


@pytest.mark.parametrize(("code", "old", "new"), RELOADS)
def test_a_planted_fault_between_reloads_is_found(new_stream, play, idle_clip, code, old, new) -> None:
    stream = new_stream(listed_segments=3)
    play(stream, idle_clip, "idle", frames=24)
    stream.discontinuity(stream.timeline.anchor_unix_ns)
    play(stream, idle_clip, "idle", frames=72)
    first = stream.playlist(live_parts=False)
    play(stream, idle_clip, "idle", frames=24)
    second = stream.playlist(live_parts=False)
    assert compare_texts([first, second]) == []
    assert old in second
    assert code in {found.code for found in compare_texts([first, second.replace(old, new, 1)])}


def test_a_playlist_that_got_shorter_is_found(new_stream, play, idle_clip) -> None:
    stream = new_stream()
    play(stream, idle_clip, "idle")
    before = stream.playlist(live_parts=False)
    shorter = before[: before.rindex("#EXT-X-PROGRAM")]
    assert {found.code for found in compare_texts([before, shorter])} == {"reload.shorter"}


def test_the_checker_shares_no_code_with_the_writer() -> None:
    folder = Path(check.__file__).parent
    lines = [line for path in folder.glob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line for line in lines if re.match(r"\s*(from|import) (\.\.|hls)", line)] == []
    assert any(line.startswith("from .box") for line in lines)
