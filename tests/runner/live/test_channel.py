"""One stream, idle and talk: what a viewer gets, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from hls.access_unit import AccessUnit
from hls.check import check_stream
from hls.stream import PublishedPart
from hls.ticks import PART_FRAMES

from .conftest import LEAD_NS, SECOND, Stage, open_stage


def stream_folder(stage: Stage, channel: str) -> Path:
    return stage.data / "channels" / channel / "hls"


def violations(stage: Stage, channel: str) -> list[object]:
    return list(check_stream(stream_folder(stage, channel)).violations)


def holes(stage: Stage) -> list[tuple[str, str]]:
    segments = stage.of("segment_published")
    return [
        (before["name"], after["name"])
        for before, after in pairwise(segments)
        if after["start_ticks"] != before["start_ticks"] + before["duration_ticks"]
    ]


def spans(stage: Stage) -> list[str]:
    kinds = [message["kind"] for message in stage.of("segment_published")]
    return [kind for kind, before in zip(kinds, ["", *kinds], strict=False) if kind != before]


async def test_idle_talk_idle_is_continuous_to_the_tick(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    await session.prompt("Hello there, this is a sentence.")
    await stage.turn_ends()
    await stage.clock.advance_ns(3 * SECOND)
    assert spans(stage) == ["idle", "talk", "idle"]
    assert holes(stage) == []
    assert violations(stage, session.channel.id) == []
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert stage.of("turn_end")[0]["heard"] == "Hello there, this is a sentence."
    assert stage.counters.discontinuities == 0


async def test_the_published_end_stays_the_lead_ahead_of_the_clock(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(10 * SECOND)
    for _ in range(20):
        await stage.clock.advance_ns(SECOND // 9)
        ahead_ns = session.channel.published_end_unix_ns - stage.clock.unix_ns()
        assert LEAD_NS - 2_000_000 <= ahead_ns <= LEAD_NS + 320_000_000


async def test_talk_starts_within_three_parts_of_the_first_window(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    await session.prompt("Hello there, this is a sentence.")
    await stage.clock.advance_ns(1 * SECOND)
    assert session.channel.talking


async def test_a_stall_gets_one_discontinuity_and_a_new_anchor(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    stage.clock.suspend_ns(5 * SECOND)
    await stage.clock.advance_ns(3 * SECOND)
    assert stage.counters.discontinuities == 1
    assert session.channel.stream.playlist(live_parts=False).count("#EXT-X-DISCONTINUITY\n") == 1
    assert abs(session.channel.published_end_unix_ns - stage.clock.unix_ns()) < SECOND
    assert violations(stage, session.channel.id) == []


async def test_a_stall_while_talking_loses_no_word(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(2 * SECOND)
    await session.prompt("Hello there, this is a rather long sentence to say.")
    await stage.until(lambda: session.channel.talking)
    await stage.clock.advance_ns(SECOND)
    stage.clock.suspend_ns(5 * SECOND)
    await stage.turn_ends()
    await stage.clock.advance_ns(2 * SECOND)
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert spans(stage) == ["idle", "talk", "idle", "talk", "idle"]
    assert violations(stage, session.channel.id) == []


async def test_steps_of_the_wall_clock_change_nothing(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(2 * SECOND)
    stage.clock._unix_offset_ns += 3600 * SECOND  # what NTP or a user does
    await stage.clock.advance_ns(2 * SECOND)
    assert stage.counters.discontinuities == 0
    assert violations(stage, session.channel.id) == []


async def test_blocking_reload_is_answered_at_the_publication(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    msn, part = session.channel.stream.next_part
    waiting = asyncio.ensure_future(session.channel.wait_for(msn, part, 3 * SECOND))
    await asyncio.sleep(0)
    assert not waiting.done()
    assert await stage.clock.run_until(waiting, limit_ns=SECOND // 2)


async def test_blocking_reload_of_a_far_part_times_out(stage: Stage) -> None:
    session = await stage.session()
    msn, _ = session.channel.stream.next_part
    assert not await stage.clock.run_until(session.channel.wait_for(msn + 50, 0, SECOND), limit_ns=2 * SECOND)


async def test_closing_a_session_answers_waiters_and_ends_the_stream(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    waiting = asyncio.ensure_future(session.channel.wait_for(10_000, None, 60 * SECOND))
    await asyncio.sleep(0)
    await stage.hub.close_session(session.id)
    await asyncio.wait_for(waiting, 1)
    assert "#EXT-X-ENDLIST" in session.channel.stream.playlist(live_parts=False)
    assert violations(stage, session.channel.id) == []
    assert stage.hub.channel(session.channel.id) is None


async def test_idle_goes_on_where_it_is_when_a_span_never_began(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=0.3) as stage:
        session = await stage.session()
        idle = session.channel.idle
        # One place to begin talk in the whole loop: a jump to it would be seen.
        session.channel.scene = replace(session.channel.scene, idle=replace(idle, entry_points=(0,)))
        await stage.clock.advance_ns(SECOND * 13 // 10)
        # Pictures of a loop may be equal; the objects are not.
        frames = {id(unit): frame for units in (idle.units, idle.long_gop_units) for frame, unit in enumerate(units)}
        shown: list[int] = []
        append = session.channel.stream.append

        def seen(units: Sequence[AccessUnit], *told: Any, **more: Any) -> PublishedPart:
            shown.append(frames[id(units[0])])
            return append(units, *told, **more)

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(session.channel.stream, "append", seen)
            await session.prompt("This is one sentence of it.")
            await stage.clock.advance_ns(SECOND * 4 // 10)
            await session.stop()
            await stage.clock.advance_ns(SECOND)
        assert stage.counters.parts_talk == 0
        assert len(shown) >= 3
        assert shown == [(shown[0] + n * PART_FRAMES) % idle.frames for n in range(len(shown))]
