"""The checker reads whatever it is given to the end: every fault is named, none ends it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hls.check import check_stream
from hls.store import FolderStore


@pytest.fixture
def published(new_stream, play, idle_clip, talk_clip, folder) -> Path:
    stream = new_stream(store=FolderStore(folder))
    play(stream, idle_clip, "idle")
    play(stream, talk_clip, "talk", frames=24)
    play(stream, idle_clip, "idle", frames=8)
    stream.close_segment()
    return folder


def test_a_master_playlist_is_followed(published: Path) -> None:
    report = check_stream(published, playlist="master.m3u8")
    assert report.violations == []
    assert report == check_stream(published)


def test_a_master_that_names_nothing_is_told(published: Path) -> None:
    (published / "master.m3u8").write_text("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n")
    [fault] = check_stream(published, playlist="master.m3u8").violations
    assert fault.code == "playlist.absent"


def test_a_manifest_of_random_bytes_is_faulty(published: Path) -> None:
    (published / "manifest.m3u8").write_bytes(random.Random(3).randbytes(20_000))
    assert "playlist.header" in {fault.code for fault in check_stream(published).violations}


def test_a_name_that_no_file_can_have_is_a_missing_segment(published: Path) -> None:
    manifest = published / "manifest.m3u8"
    manifest.write_text(manifest.read_text().replace("idle_0.m4s", "n" * 5000, 1))
    assert "segment.absent" in {fault.code for fault in check_stream(published).violations}


NUMBERS = [
    ("EXT-X-TARGETDURATION:1", "EXT-X-TARGETDURATION:abc"),
    ("EXT-X-TARGETDURATION:1", "EXT-X-TARGETDURATION:-1"),
    ("EXT-X-MEDIA-SEQUENCE:0", "EXT-X-MEDIA-SEQUENCE:many"),
    ("EXT-X-VERSION:9", "EXT-X-VERSION:nine"),
    ("EXTINF:0.96000", "EXTINF:1e999999999"),
    ("EXTINF:0.96000", "EXTINF:1/0"),
    ("2023-11-14T22:13:20.123Z", "0001-01-01T00:00:00"),
]


@pytest.mark.parametrize(("old", "new"), NUMBERS)
def test_a_number_that_is_none_is_a_fault_of_its_line(published: Path, old: str, new: str) -> None:
    manifest = published / "manifest.m3u8"
    text = manifest.read_text()
    assert old in text
    manifest.write_text(text.replace(old, new, 1))
    assert "playlist.syntax" in {fault.code for fault in check_stream(published).violations}


@pytest.mark.parametrize("tag", ["PART-TARGET=0.32", "PART-HOLD-BACK=0.96"])
def test_a_part_target_that_is_no_number_is_a_fault(new_stream, play, fetch_of, idle_clip, tag: str) -> None:
    stream = new_stream()
    play(stream, idle_clip, "idle", frames=32)
    fetch = fetch_of(stream)

    def changed(name: str) -> bytes | None:
        data = fetch(name)
        assert name != "manifest.m3u8" or tag.encode() in data
        return data.replace(tag.encode(), tag.partition("=")[0].encode() + b"=soon") if data else data

    assert "playlist.part_inf" in {fault.code for fault in check_stream(changed).violations}


@pytest.mark.parametrize("name", ["init_0.mp4", "idle_0.m4s"])
def test_bytes_changed_anywhere_in_a_head_end_nothing(published: Path, name: str) -> None:
    """Sizes, counts and offsets of every box lie in the first bytes; some of each are made huge and zero."""
    clean = (published / name).read_bytes()
    for at in range(0, min(len(clean), 700), 3):
        for value in (0, 255):
            (published / name).write_bytes(clean[:at] + bytes([value]) + clean[at + 1 :])
            check_stream(published)  # raises nothing
    for end in range(0, min(len(clean), 700), 9):
        (published / name).write_bytes(clean[:end])
        assert not check_stream(published).clean
