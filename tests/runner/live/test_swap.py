"""Another graph on a running stream: no gap, no jump, nothing lost or said twice; what fails leaves the old one."""

from __future__ import annotations

import asyncio
import copy
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hls.check import check_stream
from hls.ticks import FRAME_TICKS
from runner.errors import RunnerError, WorkflowRefused
from runner.live.hub import Swapped
from runner.live.session import Session

from .conftest import GENERATED, IDLE, SECOND, TALK, Stage, open_stage
from .test_channel import holes, violations

LONG = "Good evening, and welcome. " + "Here is one more sentence of the long answer that is being said. " * 5


def changed(graph: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    """The graph with other inputs of its Window: another hash, and perhaps another size."""
    other = copy.deepcopy(graph)
    other["1"]["inputs"].update(inputs)
    return other


OTHER = changed(TALK, seed=7, window_frames=37)
LARGE, LARGE_IDLE = changed(TALK, width=96, height=80), changed(IDLE, width=96, height=80)


async def swapped(stage: Stage, session: Session, graph: dict[str, Any], idle: dict[str, Any] | None = None) -> Swapped:
    done: Swapped = await stage.clock.run_until(stage.hub.swap(session.channel.id, graph, idle=idle))
    return done


def hashes(stage: Stage, session: Session, turn: str) -> list[str]:
    """Which graph rendered each window of a turn, in the order of play."""
    folder = stage.data / "turns" / session.channel.id / turn
    told = [json.loads(path.read_text()) for path in sorted(folder.glob("window_*.request.json"))]
    return [request["workflow_sha256"] for request in told]


def record_talk(session: Session) -> list[bytes]:
    """Collect the sound that goes on air as talk, from now on."""
    heard: list[bytes] = []
    append = session.channel.stream.append

    def spy(units: Any, pcm: bytes, **more: Any) -> Any:
        if more["kind"] == "talk":
            heard.append(pcm)
        return append(units, pcm, **more)

    session.channel.stream.append = spy  # type: ignore[method-assign]
    return heard


def speech(stage: Stage, session: Session, turn: str) -> bytes:
    return (stage.data / "turns" / session.channel.id / turn / "speech.s16le").read_bytes()


def says_all(heard: list[bytes], told: bytes) -> bool:
    """Whether the sound on air is the turn's, sample by sample; where it went on after a pause, 5 ms fade in."""
    said = b"".join(heard)
    differ = np.frombuffer(said[: len(told)], "<i2") != np.frombuffer(told, "<i2")
    return int(differ.sum()) <= 48 * 5 and not any(said[len(told) :])


async def talking(stage: Stage, text: str = LONG) -> tuple[Session, str, list[bytes]]:
    session = await stage.session()
    heard = record_talk(session)
    turn = await session.prompt(text)
    await stage.until(lambda: session.channel.talking)
    await stage.clock.advance_ns(SECOND)
    return session, turn, heard


def discontinuities(session: Session) -> int:
    return session.channel.stream.playlist(live_parts=False).count("#EXT-X-DISCONTINUITY\n")


async def test_idle_goes_on_in_the_new_loop_of_the_same_size_in_the_same_stream(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    before = session.channel.scene
    assert (await swapped(stage, session, OTHER)).applies == "now"
    await stage.clock.advance_ns(3 * SECOND)
    assert session.channel.scene is not before
    assert (discontinuities(session), holes(stage), violations(stage, session.channel.id)) == (0, [], [])


@pytest.mark.parametrize("moment_s", [0.0, 0.7, 2.1])
async def test_talk_goes_on_with_the_next_window_and_every_sample_is_said_once(stage: Stage, moment_s: float) -> None:
    session, turn, heard = await talking(stage)
    await stage.clock.advance_ns(int(moment_s * SECOND))
    spans = stage.counters.spans_opened
    assert (await swapped(stage, session, OTHER)).applies == "next_window"
    await stage.turn_ends()
    by = hashes(stage, session, turn)
    assert len(set(by)) == 2
    assert by == sorted(by, key=by.index)  # the old graph's windows, then the new one's
    said = b"".join(heard)
    told = speech(stage, session, turn)
    assert said[: len(told)] == told
    assert not any(said[len(told) :])
    assert stage.of("turn_end")[0]["heard_ticks"] == len(told) // 2
    assert (stage.counters.spans_opened, stage.counters.windows_late) == (spans, 0)
    await stage.clock.advance_ns(3 * SECOND)
    assert (discontinuities(session), holes(stage), violations(stage, session.channel.id)) == (0, [], [])


async def test_a_turn_that_has_not_begun_is_rendered_by_the_new_graph_alone(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=1.5) as stage:
        session = await stage.session()
        turn = await session.prompt(LONG)
        await stage.clock.advance_ns(SECOND)
        assert not session.channel.talking
        await swapped(stage, session, OTHER)
        assert not session.channel.talking
        await stage.turn_ends(limit_s=120)
        assert stage.of("turn_end")[0]["reason"] == "done"
        shown = session.channel.scene.renderer.graph.workflow_sha256
        assert set(hashes(stage, session, turn)) == {shown}


async def test_of_two_swaps_at_once_the_later_one_stays_and_both_were_on_air_in_order(stage: Stage) -> None:
    session, turn, heard = await talking(stage)
    third = changed(TALK, seed=9)
    both = asyncio.gather(stage.hub.swap(session.channel.id, OTHER), stage.hub.swap(session.channel.id, third))
    await stage.clock.run_until(both)
    await stage.turn_ends()
    by = list(dict.fromkeys(hashes(stage, session, turn)))
    assert by[-1] == session.channel.scene.renderer.graph.workflow_sha256
    told = speech(stage, session, turn)
    assert b"".join(heard)[: len(told)] == told
    assert violations(stage, session.channel.id) == []


async def test_a_graph_of_another_size_comes_with_the_next_sentence_behind_one_discontinuity(stage: Stage) -> None:
    session, turn, heard = await talking(stage)
    assert (await swapped(stage, session, LARGE, LARGE_IDLE)).applies == "next_window"
    await stage.turn_ends(limit_s=90)
    await stage.clock.advance_ns(2 * SECOND)
    told = speech(stage, session, turn)
    assert says_all(heard, told)
    assert (session.channel.width, session.channel.height) == (96, 80)
    assert discontinuities(session) == 1
    assert len(set(hashes(stage, session, turn))) == 2
    folder = stage.data / "channels" / session.channel.id / "hls"
    assert check_stream(folder).violations == []
    assert "RESOLUTION=96x80" in session.channel.stream.master


async def test_idle_of_another_size_follows_at_once_behind_one_discontinuity(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(2 * SECOND)
    await swapped(stage, session, LARGE, LARGE_IDLE)
    await stage.clock.advance_ns(3 * SECOND)
    turn = await session.prompt("Said in the new size.")
    await stage.turn_ends()
    assert turn
    assert discontinuities(session) == 1
    assert check_stream(stage.data / "channels" / session.channel.id / "hls").violations == []


@pytest.mark.parametrize("wrong", ["nodes", "loop"])
async def test_a_graph_that_fails_leaves_the_old_one_on_air(stage: Stage, wrong: str) -> None:
    session, turn, heard = await talking(stage)
    before = session.channel.scene
    if wrong == "loop":
        stage.engine.fail_next()
    graph = {"1": TALK["1"]} if wrong == "nodes" else OTHER
    idle = changed(IDLE, seed=3) if wrong == "loop" else None
    expected: type[Exception] = WorkflowRefused if wrong == "nodes" else RunnerError
    with pytest.raises(expected):
        await swapped(stage, session, graph, idle)
    await stage.turn_ends()
    assert session.channel.scene is before
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert b"".join(heard).startswith(speech(stage, session, turn)[: FRAME_TICKS * 2])
    assert violations(stage, session.channel.id) == []


async def test_stop_right_after_a_swap_ends_the_turn_and_idle_is_the_new_loop(stage: Stage) -> None:
    session, _, _ = await talking(stage)
    await swapped(stage, session, OTHER)
    end = await session.stop()
    assert end is not None
    assert end["interrupted"]
    await stage.clock.advance_ns(4 * SECOND)
    assert (discontinuities(session), violations(stage, session.channel.id)) == (0, [])
    await session.prompt("And this is said after it.")
    await stage.turn_ends(2)
    assert stage.of("turn_end")[1]["reason"] == "done"


async def test_a_generated_talk_takes_the_new_graph_with_its_next_passage(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=0.3, talk=GENERATED, passage_frames=50) as stage:
        session, turn, heard = await talking(stage)
        await swapped(stage, session, changed(GENERATED, seed=5))
        await stage.turn_ends(limit_s=120)
        assert stage.of("turn_end")[0]["reason"] == "done"
        assert len(set(hashes(stage, session, turn))) == 2
        told = speech(stage, session, turn)
        assert says_all(heard, told)
        assert violations(stage, session.channel.id) == []
