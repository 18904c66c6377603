"""The runner is killed (SIGKILL) between any two writes and started again: the manifest goes on, legally."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hls.check import check_stream
from hls.journal import Journal

from .conftest import SECOND, open_stage
from .killed_runner import TEXT
from .test_swap import LARGE, LARGE_IDLE

REPOSITORY = Path(__file__).resolve().parents[3]
LAST_WRITE = 95
FEW = [7, 46, 73]
MANY = sorted(random.Random(3).sample(range(LAST_WRITE), 47))


def killed_at(data: Path, number: int) -> tuple[str, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.runner.live.killed_runner", str(data), str(number)],
        cwd=REPOSITORY, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    session_id, token, channel = done.stdout.split()
    return session_id, token, channel


def listed_names(folder: Path) -> list[str]:
    manifest = folder / "manifest.m3u8"
    lines = manifest.read_text().splitlines() if manifest.exists() else []
    return [line for line in lines if line.endswith(".m4s") and not line.startswith("#")]


async def go_on(data: Path, number: int) -> None:
    session_id, token, channel = killed_at(data, number)
    folder = data / "channels" / channel / "hls"
    before = listed_names(folder)
    journal = Journal(data / "channels" / channel / "journal.json").load()
    assert journal is not None
    rendered = {p.name: p.read_bytes() for p in (data / "turns" / channel).rglob("window_*.mp4")}
    async with open_stage(data) as stage:
        session = stage.hub.resume(session_id, token)
        assert session.channel.id == channel
        stage.listen(session)
        if journal.open_turn is not None:
            await stage.turn_ends(limit_s=120)
            assert stage.of("turn_end")[0]["turn"] == journal.open_turn
            assert stage.of("turn_end")[0]["heard"] == TEXT
        await stage.clock.advance_ns(3 * SECOND)
    after = listed_names(folder)
    assert after[: len(before)] == before
    assert len(after) > len(before)
    assert list(check_stream(folder).violations) == []
    kept = {p.name for p in (data / "turns" / channel).rglob("window_*.mp4")}
    assert set(rendered) <= kept
    if journal.open_turn is not None:
        first = journal.next_window
        requests = [json.loads(p.read_text()) for p in (data / "turns" / channel).rglob("window_*.request.json")]
        again = {r["index"] for r in requests if r["attempt"] >= 1000}
        assert again == {r["index"] for r in requests if r["index"] >= first}


@pytest.mark.parametrize("number", FEW)
async def test_a_killed_runner_goes_on_where_it_was(tmp_path: Path, number: int) -> None:
    await go_on(tmp_path, number)


@pytest.mark.full
@pytest.mark.parametrize("number", MANY)
async def test_a_runner_killed_anywhere_goes_on_where_it_was(tmp_path: Path, number: int) -> None:
    await go_on(tmp_path, number)


async def test_a_journal_older_than_a_minute_is_left_alone(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        await stage.session()
        await stage.clock.advance_ns(2 * SECOND)
        unix_ns = stage.clock.unix_ns()
    assert unix_ns
    async with open_stage(tmp_path, start=False) as stage:
        await stage.clock.advance_ns(120 * SECOND)
        await stage.hub.start()
        assert stage.hub.channels() == []


async def test_a_stopped_runner_leaves_its_streams_to_the_next(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        session = await stage.session()
        await stage.clock.advance_ns(2 * SECOND)
        await session.prompt(TEXT)
        await stage.until(lambda: session.channel.talking)
        await stage.hub.close()
        wanted = session.id, session.resume_token
        clock = stage.clock
    async with open_stage(tmp_path, clock=clock) as stage:
        stage.listen(stage.hub.resume(*wanted))
        await stage.turn_ends()
        assert stage.of("turn_end")[0]["reason"] == "done"


async def test_after_a_lively_talk_and_a_restart_the_stream_goes_on_at_once(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        session = await stage.session()
        for _ in range(8):
            await session.prompt(TEXT)
            await stage.until(lambda: session.channel.talking)
            await session.stop()
            await stage.clock.advance_ns(SECOND // 2)
        ahead_ns = session.channel.ahead_ns
        assert ahead_ns > 5 * SECOND
        end_unix_ns = session.channel.published_end_unix_ns
        clock, channel_id = stage.clock, session.channel.id
    async with open_stage(tmp_path, clock=clock) as stage:
        channel = stage.hub.channel(channel_id)
        assert channel is not None
        await clock.advance_ns(SECOND)
        assert stage.counters.parts_idle >= 3
        assert channel.published_end_unix_ns > end_unix_ns
        owed_ns = channel.ahead_ns
        assert owed_ns > 0
        await clock.advance_ns(20 * SECOND)
        assert channel.ahead_ns < owed_ns
        assert stage.counters.discontinuities == 0
        assert list(check_stream(tmp_path / "channels" / channel_id / "hls").violations) == []


async def test_a_channel_without_a_session_is_not_taken_up_for_nobody_could_close_it(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        session = await stage.session()
        clock, channel_id = stage.clock, session.channel.id
    assert Journal(tmp_path / "channels" / channel_id / "journal.json").load() is not None
    async with open_stage(tmp_path, clock=clock) as stage:
        assert stage.hub.channels() == []


async def test_a_turn_whose_session_has_gone_is_not_kept_open(tmp_path: Path) -> None:
    async with open_stage(tmp_path) as stage:
        stage.hub.open_channel("lobby", own=False)
        session = await stage.session(channel="lobby")
        await stage.clock.advance_ns(2 * SECOND)
        await session.prompt(TEXT)
        await stage.until(lambda: session.channel.talking)
        session.channel.stream.extra["sessions"] = []
        await stage.clock.advance_ns(2 * SECOND)
        assert session.channel.open_turn is not None
        await stage.hub.close()
        clock = stage.clock
    async with open_stage(tmp_path, clock=clock) as stage:
        assert [channel.open_turn for channel in stage.hub.channels()] == [None]


async def test_a_turn_that_goes_on_after_a_restart_tells_its_clauses_and_can_be_ended_with_one(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=0.3) as stage:
        session = await stage.session()
        await session.prompt(f"{TEXT} {TEXT} {TEXT}")
        await stage.until(lambda: session.channel.talking)
        await stage.until(lambda: len(stage.of("clause")) == 2)
        await stage.clock.advance_ns(SECOND * 17 // 10)
        wanted = session.id, session.resume_token
        await stage.hub.close()
        clock = stage.clock
    async with open_stage(tmp_path, clock=clock, rtf=0.3) as stage:
        session = stage.hub.resume(*wanted)
        stage.listen(session)
        await stage.until(lambda: session.channel.talking)
        session.idle_after_clause()
        await stage.turn_ends()
        clauses, end = stage.of("clause"), stage.of("turn_end")[0]
        # The one under way is told again: its reader has lost the one who told it.
        assert [clause["index"] for clause in clauses] == [1]
        first_talk = next(s for s in stage.of("segment_published") if s["kind"] == "talk")
        assert clauses[0]["start_ticks"] >= first_talk["start_ticks"]
        assert end["reason"] == "interrupted"
        assert end["heard"].endswith("that is longer.")


@pytest.mark.parametrize("shown", ["an avatar", "a graph"])
async def test_a_restart_shows_what_the_channel_showed_and_says_the_rest_of_its_turn(
    tmp_path: Path, shown: str
) -> None:
    async with open_stage(tmp_path, rtf=0.3) as stage:
        opening = stage.session(avatar="anna" if shown == "an avatar" else None)
        session = await stage.clock.run_until(opening)
        if shown == "a graph":
            await stage.clock.run_until(stage.hub.swap(session.channel.id, LARGE, idle=LARGE_IDLE))
        before = session.channel.scene
        await session.prompt(f"{TEXT} {TEXT} {TEXT}")
        await stage.until(lambda: session.channel.talking)
        await stage.clock.advance_ns(2 * SECOND)
        wanted, channel_id = (session.id, session.resume_token), session.channel.id
        await stage.hub.close()
        clock = stage.clock
    async with open_stage(tmp_path, clock=clock, rtf=0.3, start=False) as stage:
        await clock.run_until(stage.hub.start())
        session = stage.hub.resume(*wanted)
        after = session.channel.scene
        assert after.avatar == before.avatar
        assert after.renderer.graph.workflow_sha256 == before.renderer.graph.workflow_sha256
        assert after.idle.width == before.idle.width == (64 if shown == "an avatar" else 96)
        stage.listen(session)
        await stage.turn_ends()
        assert stage.of("turn_end")[0]["heard"] == f"{TEXT} {TEXT} {TEXT}"
        await stage.clock.advance_ns(2 * SECOND)
    assert check_stream(tmp_path / "channels" / channel_id / "hls").violations == []


@pytest.mark.parametrize("kept", ['{"avatar": "gone", "graph": null}', '{"avatar": null}', "no JSON", '{"other": 1}'])
async def test_a_channel_whose_scene_cannot_be_had_any_more_goes_on_with_the_servers_own(
    tmp_path: Path, kept: str
) -> None:
    async with open_stage(tmp_path) as stage:
        session = await stage.session()
        await stage.clock.advance_ns(2 * SECOND)
        wanted, channel_id = (session.id, session.resume_token), session.channel.id
        await stage.hub.close()
        clock = stage.clock
    (tmp_path / "channels" / channel_id / "scene.json").write_text(kept)
    async with open_stage(tmp_path, clock=clock) as stage:
        assert stage.hub.resume(*wanted).channel.scene.avatar is None
