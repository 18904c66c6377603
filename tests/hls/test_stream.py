from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hls.check import check_stream
from hls.errors import MediaParameters, SpanClosed
from hls.store import FolderStore, MemoryStore
from hls.ticks import FRAME_TICKS

EVERY = {"idle": 8, "talk": 24}
CLIP = st.tuples(st.sampled_from(["idle", "talk"]), st.integers(2, 40)).filter(
    lambda clip: clip[1] % EVERY[clip[0]] != 1
)
CLIPS = st.lists(CLIP, min_size=1, max_size=6)
LASTING = [HealthCheck.function_scoped_fixture]


@settings(max_examples=20, deadline=None, suppress_health_check=LASTING)
@given(CLIPS)
def test_any_run_of_clips_is_a_clean_stream_to_the_tick(
    new_stream, play, fetch_of, idle_clip, talk_clip, clips
) -> None:
    stream, texts = new_stream(), []
    for kind, frames in clips:
        clip = idle_clip if kind == "idle" else talk_clip
        start = stream.next_ticks
        published = play(stream, clip, kind, frames=frames)
        assert published[0].start_ticks == start
        assert all(b.start_ticks == a.start_ticks + a.duration_ticks for a, b in itertools.pairwise(published))
        assert stream.next_ticks == start + frames * FRAME_TICKS
        texts.append(stream.playlist(live_parts=True))
    report = check_stream(fetch_of(stream), earlier=texts[:-1])
    assert report.violations == []
    stream.end()
    ended = check_stream(fetch_of(stream))
    assert ended.violations == []
    assert ended.duration_ticks == stream.next_ticks
    assert ended.video_frames == sum(frames for _, frames in clips)


def test_segments_close_at_24_frames_and_at_every_splice(new_stream, play, idle_clip, talk_clip) -> None:
    store = MemoryStore()
    stream = new_stream(store=store)
    play(stream, idle_clip, "idle", frames=32)
    play(stream, talk_clip, "talk", label="A b/c")
    play(stream, talk_clip, "talk", label="")
    play(stream, idle_clip, "idle", frames=8)
    stream.end()
    manifest = store.get("manifest.m3u8").decode().splitlines()
    names = [line for line in manifest if not line.startswith("#")]
    lengths = [round(float(line[8:-1]) * 25) for line in manifest if line.startswith("#EXTINF")]
    assert names == [
        *("idle_0.m4s", "idle_1.m4s", "seg_A-b-c_2.m4s", "seg_A-b-c_3.m4s"),
        *("seg_talk_4.m4s", "seg_talk_5.m4s", "idle_6.m4s"),
    ]
    assert lengths == [24, 8, 24, 16, 24, 16, 8]
    assert not any(name.endswith(".open") for name in store.names())


def test_a_full_segment_is_published_by_the_part_that_fills_it(new_stream, play, idle_clip) -> None:
    store = MemoryStore()
    stream = new_stream(store=store)
    parts = play(stream, idle_clip, "idle", frames=24)
    assert [part.segment_closed is None for part in parts] == [True, True, False]
    assert parts[2].segment_closed.name in store.get("manifest.m3u8").decode()
    assert store.get("idle_0.m4s") == b"".join(stream.read(part.name) for part in parts)


def test_the_preload_hint_is_the_next_part_whatever_it_is(new_stream, play, idle_clip, talk_clip) -> None:
    stream = new_stream()
    for clip, kind in ((idle_clip, "idle"), (talk_clip, "talk"), (idle_clip, "idle")):
        hint = stream.hint
        assert f'URI="{hint}"' in stream.playlist(live_parts=True)
        assert stream.read(hint) is None
        assert play(stream, clip, kind, frames=8)[0].name == hint
        assert stream.read(hint)


def test_blocking_reload_knows_what_is_listed(new_stream, play, idle_clip) -> None:
    stream = new_stream()
    assert not stream.has(0)
    assert not stream.has(0, 0)
    play(stream, idle_clip, "idle", frames=16)
    assert [stream.has(0, n) for n in range(3)] == [True, True, False]
    assert not stream.has(0)
    play(stream, idle_clip, "idle", frames=8)
    assert stream.has(0)
    assert stream.has(0, 2)
    assert not stream.has(0, 3), "a part past the last one is part 0 of the next segment"
    assert not stream.has(1, 0)
    assert stream.next_part == (1, 0)
    play(stream, idle_clip, "idle", frames=8)
    assert stream.has(0, 3)
    assert stream.next_part == (1, 1)
    assert not stream.has(2)
    stream.end()
    assert stream.has(2)


@pytest.mark.parametrize("count", [0, 9])
def test_parts_of_no_or_too_many_frames_are_refused(new_stream, idle_clip, pcm, count) -> None:
    stream = new_stream()
    with pytest.raises(MediaParameters):
        stream.append(idle_clip.units[:count], pcm(count), kind="idle")
    assert stream.next_ticks == 0


def test_sound_of_another_length_is_refused_and_changes_nothing(new_stream, idle_clip, pcm, play) -> None:
    stream = new_stream()
    before = stream.playlist(live_parts=True)
    with pytest.raises(MediaParameters):
        stream.append(idle_clip.units[:8], pcm(7), kind="idle")
    assert (stream.next_ticks, stream.playlist(live_parts=True)) == (0, before)


def test_a_segment_that_would_not_begin_with_an_idr_is_refused(new_stream, idle_clip, pcm) -> None:
    stream = new_stream()
    with pytest.raises(MediaParameters, match="IDR"):
        stream.append(idle_clip.units[1:8], pcm(7), kind="idle")
    assert stream.media_sequence == 0


def test_a_clip_cut_after_one_frame_is_not_followed_by_another(new_stream, play, idle_clip, talk_clip) -> None:
    stream = new_stream()
    play(stream, idle_clip, "idle", frames=9)
    with pytest.raises(MediaParameters, match="side by side"):
        play(stream, talk_clip, "talk")


def test_idle_is_refused_while_talk_is_open_and_closes_nothing(new_stream, play, idle_clip, talk_clip) -> None:
    stream = new_stream()
    stream.timeline.open_talk()
    play(stream, talk_clip, "talk", frames=8)
    with pytest.raises(SpanClosed):
        play(stream, idle_clip, "idle", frames=8)
    assert stream.next_part == (0, 1)


def test_a_discontinuity_brings_a_new_init_and_anchor(new_stream, play, fetch_of, idle_clip) -> None:
    stream = new_stream()
    play(stream, idle_clip, "idle", frames=32)
    before = stream.playlist(live_parts=True)
    stream.discontinuity(stream.timeline.anchor_unix_ns + 90_000_000_000)
    play(stream, idle_clip, "idle", frames=32)
    report = check_stream(fetch_of(stream), earlier=[before])
    assert report.violations == []
    assert report.discontinuities == 1
    assert 'EXT-X-MAP:URI="init_1.mp4"' in stream.playlist(live_parts=False)


def test_listing_disk_and_memory_stay_bounded(new_stream, play, fetch_of, idle_clip) -> None:
    store = MemoryStore()
    stream = new_stream(store=store, listed_segments=5)
    texts = []
    for turn in range(700):
        if turn == 300:
            stream.discontinuity(stream.timeline.anchor_unix_ns)
        play(stream, idle_clip, "idle", frames=24)
        texts.append(stream.playlist(live_parts=True))
    report = check_stream(fetch_of(stream), earlier=texts[296:308])
    assert report.violations == []
    assert (report.segments, report.first_sequence) == (5, 695)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1\n" in texts[-1]
    held = len(stream._shelf._memory._bytes)
    assert held < 60
    files = [name for name in store.names() if name.startswith("idle")]
    assert 600 * 48_000 // 46_080 <= len(files) < 640
    assert stream.read("idle_200.m4s") is not None, "files outlive their listing"
    assert stream.read("idle_2.m4s") is None


def test_the_master_names_size_and_codecs(new_stream) -> None:
    assert 'CODECS="avc1.' in new_stream().master
    assert "RESOLUTION=96x96" in new_stream().master


def test_a_finished_folder_is_a_clean_vod(new_stream, play, idle_clip, talk_clip, folder) -> None:
    stream = new_stream(store=FolderStore(folder), listed_segments=10**6)
    play(stream, talk_clip, "talk")
    play(stream, idle_clip, "idle")
    stream.end()
    report = check_stream(folder)
    assert report.violations == []
    assert report.ended
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in (folder / "manifest.m3u8").read_text()
