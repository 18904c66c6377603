from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hls.check.playlist import read_listing
from hls.playlist import (
    MediaPlaylist,
    PartEntry,
    SegmentEntry,
    date_time,
    parse_date_time,
    parse_playlist,
    parse_seconds,
    seconds,
    short_seconds,
)


def entry(number: int, frames: int = 24, **more: object) -> SegmentEntry:
    fields: dict = {
        "name": f"idle_{number}.m4s",
        "duration_ticks": frames * 1920,
        "pdt_unix_ns": 1_700_000_000_000_000_000 + number * 960_000_000,
        "init_name": "init_0.mp4",
    }
    return SegmentEntry(**{**fields, **more})


ENTRIES = st.lists(
    st.builds(entry, st.integers(0, 10**9), st.integers(1, 24), discontinuity=st.booleans(), gap=st.booleans()),
    max_size=8,
)


@given(ENTRIES, st.integers(0, 10**9), st.integers(0, 99))
def test_the_folder_manifest_is_read_back_as_it_was_written(entries, first, discontinuities) -> None:
    said = MediaPlaylist(media_sequence=first, discontinuity_sequence=discontinuities, segments=entries)
    assert parse_playlist(said.text(live_parts=False)) == said


@given(st.integers(0, 10**7))
def test_durations_are_exact_for_whole_frames(frames: int) -> None:
    assert Fraction(seconds(frames * 1920)) == Fraction(frames, 25)
    assert parse_seconds(seconds(frames * 1920)) == frames * 1920


@given(st.integers(0, 4 * 10**12))
def test_dates_are_exact_to_the_millisecond(ms: int) -> None:
    assert parse_date_time(date_time(ms * 10**6)) == ms * 10**6


def test_a_live_answer_adds_parts_hint_and_blocking_reload() -> None:
    parts = tuple(PartEntry(name=f"part_{n}.m4s", duration_ticks=15_360, independent=n == 0) for n in range(3))
    said = MediaPlaylist(
        media_sequence=0,
        discontinuity_sequence=0,
        segments=[entry(0, parts=parts)],
        open=entry(1, 8, parts=parts[:1]),
        hint="part_9.m4s",
    )
    live, plain = said.text(live_parts=True), said.text(live_parts=False)
    assert "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.96\n#EXT-X-PART-INF:PART-TARGET=0.32\n" in live
    assert live.endswith('#EXT-X-PRELOAD-HINT:TYPE=PART,URI="part_9.m4s"\n')
    assert live.count("#EXT-X-PART:DURATION=0.32000") == 4
    assert live.count("INDEPENDENT=YES") == 2
    assert "PART" not in plain
    assert "SERVER-CONTROL" not in plain


def test_only_the_newest_segments_list_parts() -> None:
    part = (PartEntry(name="p.m4s", duration_ticks=46_080, independent=True),)
    said = MediaPlaylist(
        media_sequence=0,
        discontinuity_sequence=0,
        segments=[entry(n, parts=part) for n in range(30)],
        open=entry(30, parts=part),
    )
    assert said.text(live_parts=True).count("#EXT-X-PART:") == 4


@pytest.mark.parametrize(("whole", "kind"), [(True, True), (False, False)])
def test_a_finished_stream_says_so_and_lists_no_parts(whole: bool, kind: bool) -> None:
    said = MediaPlaylist(
        media_sequence=0, discontinuity_sequence=0, segments=[entry(0)], hint="x", ended=True, whole=whole
    )
    text = said.text(live_parts=True)
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert ("#EXT-X-PLAYLIST-TYPE:VOD" in text) is kind
    assert "PART" not in text
    assert "PRELOAD" not in text
    assert read_listing(text).faults == []


def test_gap_discontinuity_and_map_stand_where_due() -> None:
    entries = [
        entry(0),
        entry(1, gap=True),
        entry(2, discontinuity=True, init_name="init_1.mp4"),
        entry(3, init_name="init_1.mp4"),
    ]
    text = MediaPlaylist(media_sequence=0, discontinuity_sequence=2, segments=entries).text(live_parts=False)
    assert text.count("#EXT-X-MAP") == 2
    assert '#EXT-X-GAP\n#EXTINF:0.96000,\nidle_1.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="init_1.mp4"\n' in text
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:2\n" in text


def test_seconds_without_zeros() -> None:
    assert [short_seconds(15_360), short_seconds(48_000)] == ["0.32", "1"]
