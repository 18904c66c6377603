"""The runner is killed at seeded instants, also between the writes of journal, segment and manifest."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hls.check import check_stream
from hls.check.playlist import read_listing
from hls.check.reload import compare_texts
from hls.journal import Journal, JournalState
from hls.store import FolderStore, MemoryStore
from hls.ticks import SEGMENT_TICKS, anchor_unix_ns, ns_to_ticks

HOUR_NS = 3600 * 10**9


class Killed(BaseException):
    """The process ends here."""


class Fuse:
    """Counts the writes of a run and ends it before one of them."""

    def __init__(self, writes: int) -> None:
        self.left = writes

    def burn(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


class FusedStore(FolderStore):
    def __init__(self, folder: Path, fuse: Fuse) -> None:
        super().__init__(folder)
        self.fuse = fuse

    def put(self, name: str, data: bytes) -> None:
        self.fuse.burn()
        super().put(name, data)

    def delete(self, name: str) -> None:
        self.fuse.burn()
        super().delete(name)


class FusedJournal(Journal):
    def __init__(self, path: Path, fuse: Fuse) -> None:
        super().__init__(path)
        self.fuse = fuse

    def write(self, state: JournalState) -> None:
        self.fuse.burn()
        super().write(state)


@pytest.mark.parametrize("seed", range(50))
def test_a_killed_runner_goes_on_legally(seed, tmp_path, new_stream, play, fetch_of, idle_clip, talk_clip) -> None:
    rng = random.Random(seed)
    path, texts, last_ticks = tmp_path / "journal.json", [], 0
    for life in range(3):
        fuse = Fuse(rng.randrange(6, 60))
        state = Journal(path).load()
        start = state.next_ticks if state is not None else 0
        now = HOUR_NS + life * 100 * 10**9
        stream = None
        try:
            stream = new_stream(
                store=FusedStore(tmp_path / "hls", fuse),
                journal=FusedJournal(path, fuse),
                anchor_unix_ns=anchor_unix_ns(now_unix_ns=now, next_ticks=start),
                resume=state,
                listed_segments=12,
            )
            assert stream.next_ticks >= last_ticks, "what was announced keeps its ticks"
            texts.append(stream.playlist(live_parts=True))
            while True:
                clip, kind = rng.choice([(idle_clip, "idle"), (talk_clip, "talk")])
                for _ in play(stream, clip, kind, frames=8 * rng.randrange(1, 4)):
                    texts.append(stream.playlist(live_parts=True))
                    last_ticks = stream.next_ticks
        except Killed:
            pass
    state = Journal(path).load()
    stream = new_stream(
        store=FolderStore(tmp_path / "hls"),
        journal=Journal(path),
        resume=state,
        listed_segments=12,
        anchor_unix_ns=2 * HOUR_NS,
    )
    play(stream, idle_clip, "idle")
    seen = [text for text in texts if read_listing(text).segments]
    report = check_stream(fetch_of(stream), earlier=seen)
    assert report.violations == []
    assert report.gaps == 0, "no announced part was lost"
    assert check_stream(tmp_path / "hls").violations == []
    assert not list((tmp_path / "hls").glob("*.open"))


def test_announced_parts_of_the_open_segment_survive_byte_by_byte(tmp_path, new_stream, play, idle_clip) -> None:
    journal = Journal(tmp_path / "journal.json")
    stream = new_stream(store=FolderStore(tmp_path / "hls"), journal=journal)
    parts = play(stream, idle_clip, "idle", frames=40)
    announced = [stream.read(part.name) for part in parts[3:]]
    again = new_stream(store=FolderStore(tmp_path / "hls"), journal=journal, resume=journal.load())
    assert again.read("idle_1.m4s") == b"".join(announced)
    assert again.media_sequence == 2
    assert again.next_ticks == stream.next_ticks


def test_the_open_turn_is_carried_over(new_stream) -> None:
    journal = Journal(None)
    new_stream(journal=journal).set_open_turn("t1", next_window=4)
    state = journal.load()
    assert state is not None
    assert (state.open_turn, state.next_window) == ("t1", 4)
    new_stream(journal=journal, store=MemoryStore(), resume=state)
    assert journal.load() == new_state_of(journal, "t1", 4)


def new_state_of(journal: Journal, turn: str, window: int) -> JournalState:
    state = journal.load()
    assert state is not None
    assert (state.open_turn, state.next_window) == (turn, window)
    return state


def test_a_segment_whose_file_is_lost_is_listed_as_a_gap(new_stream, play, fetch_of, idle_clip) -> None:
    store, journal = MemoryStore(), Journal(None)
    stream = new_stream(store=store, journal=journal)
    play(stream, idle_clip, "idle")
    manifest = store.get("manifest.m3u8")
    play(stream, idle_clip, "idle", frames=24)
    store.delete("idle_2.m4s")
    store.put("manifest.m3u8", manifest)
    again = new_stream(store=store, journal=journal, resume=journal.load())
    play(again, idle_clip, "idle")
    report = check_stream(fetch_of(again), earlier=[manifest.decode()])
    assert report.violations == []
    assert (report.gaps, again.media_sequence) == (1, 5)


def test_with_the_journal_alone_numbers_and_ticks_go_on(new_stream, play, idle_clip) -> None:
    journal = Journal(None)
    first = new_stream(journal=journal)
    play(first, idle_clip, "idle", frames=32)
    again = new_stream(journal=journal, resume=journal.load())
    assert again.media_sequence > first.media_sequence
    assert again.next_ticks >= first.next_ticks
    play(again, idle_clip, "idle", frames=24)
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:1\n" in again.playlist(live_parts=False)
    assert 'URI="init_1.mp4"' in again.playlist(live_parts=False)


def test_reloads_across_a_restart_keep_every_number(tmp_path, new_stream, play, idle_clip) -> None:
    journal, texts = Journal(tmp_path / "journal.json"), []
    for _ in range(4):
        stream = new_stream(
            store=FolderStore(tmp_path / "hls"), journal=journal, resume=journal.load(), listed_segments=6
        )
        for _ in range(3):
            play(stream, idle_clip, "idle", frames=32)
            texts.append(stream.playlist(live_parts=True))
    assert compare_texts(texts) == []
    assert ns_to_ticks(10**9) * 96 // 100 == SEGMENT_TICKS


def test_an_anchor_may_be_set_after_resume_until_something_is_dated_by_it(new_stream, play, idle_clip) -> None:
    stream = new_stream()
    stream.anchor(HOUR_NS)
    assert play(stream, idle_clip, "idle", frames=8)[0].pdt_unix_ns == HOUR_NS
    with pytest.raises(Exception, match="discontinuity"):
        stream.anchor(0)
