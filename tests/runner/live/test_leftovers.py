"""Files of ended streams are kept a while, then removed; what a restart or another runner needs is not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from hls.journal import Journal
from runner.live.leftovers import KEPT_NS, Leftovers

from .conftest import SECOND, Stage, open_stage
from .test_turn import talk_text


def lay(data: Path, name: str, *, age_s: int) -> list[Path]:
    """A stream's files and a turn's, last touched `age_s` ago."""
    hls, turn = data / "channels" / name / "hls", data / "turns" / name / "0123"
    for folder, file in ((hls, "seg_a_1.m4s"), (hls.parent, "journal.json"), (turn, "speech.s16le")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"bytes")
    when = time.time() - age_s
    for path in (hls, hls.parent, turn, turn.parent):
        os.utime(path, (when, when))
    return [hls.parent, turn.parent]


@pytest.mark.parametrize(("age_s", "stays"), [(KEPT_NS // SECOND - 30, True), (KEPT_NS // SECOND + 30, False)])
def test_an_ended_stream_is_removed_after_the_time_it_is_kept(tmp_path: Path, age_s: int, stays: bool) -> None:
    paths = lay(tmp_path, "ended", age_s=age_s)
    Leftovers(tmp_path).clear(on_air=(), unix_ns=time.time_ns())
    assert [path.exists() for path in paths] == [stays, stays]


def test_a_stream_on_air_is_never_removed(tmp_path: Path) -> None:
    paths = lay(tmp_path, "live", age_s=86_400)
    Leftovers(tmp_path).clear(on_air=("live",), unix_ns=time.time_ns())
    assert all(path.exists() for path in paths)


def test_a_stream_whose_turn_is_being_written_is_another_runners(tmp_path: Path) -> None:
    paths = lay(tmp_path, "theirs", age_s=86_400)
    (tmp_path / "turns" / "theirs" / "0123" / "window_00001.mp4").write_bytes(b"new")
    Leftovers(tmp_path).clear(on_air=(), unix_ns=time.time_ns())
    assert all(path.exists() for path in paths)


async def test_what_is_old_is_removed_at_the_start(tmp_path: Path) -> None:
    old, fresh = lay(tmp_path, "old", age_s=7200), lay(tmp_path, "fresh", age_s=100)
    async with open_stage(tmp_path):
        assert not any(path.exists() for path in old)
        assert all(path.exists() for path in fresh)


async def test_a_closed_sessions_stream_can_be_read_for_a_while_and_is_then_removed(stage: Stage) -> None:
    session = await talk_text(stage, "Hello there, this is a sentence.")
    await stage.turn_ends()
    folder = stage.data / "channels" / session.channel.id
    await stage.hub.close_session(session.id)
    await stage.clock.advance_ns(KEPT_NS // 2)
    assert (folder / "hls" / "manifest.m3u8").exists()
    assert Journal(folder / "journal.json").load() is None
    await stage.clock.advance_ns(KEPT_NS // 2 + 120 * SECOND)
    assert not folder.exists()


async def test_a_crashed_stream_is_taken_up_and_not_removed(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        session = await talk_text(stage)
        await stage.until(lambda: session.channel.talking)
        channel = session.channel.id
    async with open_stage(tmp_path, clock=stage.clock) as again:
        assert [one.id for one in again.hub.channels()] == [channel]
        assert (tmp_path / "turns" / channel).exists()
