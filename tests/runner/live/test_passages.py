"""Passages: where they end, what they spare when talk is late, and how they divide the waiting among engines."""

from __future__ import annotations

import json
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hls.store import MemoryStore
from hls.ticks import FRAME_TICKS, PART_FRAMES, PART_TICKS
from runner.errors import BadInput
from runner.live.breath import Breath
from runner.live.paces import Paces
from runner.live.passages import passage_end
from runner.live.planner import Pace, Stretch, plan_start, split_stretch

from .conftest import GENERATED, SECOND, TALK, Stage, open_stage
from .playlist import listed
from .test_channel import holes, spans, violations
from .test_turn import TEXT, talk_text

SLOW = Pace(rtf=4.0, spread=0.1)
LONG = " ".join(f"This is sentence number {number}, and it is told at some length." for number in range(8))


@settings(max_examples=200, deadline=None)
@given(
    starts=st.lists(st.integers(0, 200), max_size=20), begin=st.integers(0, 300), least=st.integers(1, 200),
)  # fmt: skip
def test_a_passage_ends_in_whole_parts_just_before_the_first_clause_that_is_far_enough(
    starts: list[int], begin: int, least: int
) -> None:
    ticks = sorted(start * PART_TICKS for start in starts)
    end = passage_end(ticks, start_frame=begin, least_frames=least)
    far = [start for start in ticks if start // FRAME_TICKS - begin >= least + PART_FRAMES]
    if end is None:
        assert not far
        return
    assert (end - begin) % PART_FRAMES == 0
    assert end - begin >= least
    assert any(0 <= start // FRAME_TICKS - end < PART_FRAMES for start in ticks)


@pytest.mark.parametrize("quiet", [0, 4_000, 30_000])
def test_a_breath_is_long_enough_with_what_the_voice_leaves_and_ends_on_a_part(quiet: int) -> None:
    said = np.concatenate([np.full(40_000, 9_000), np.zeros(quiet)]).astype("<i2").tobytes()
    breath = Breath(least_frames=9)
    breath.heard(said[:30_000])
    breath.heard(said[30_000:])
    end = len(said) // 2
    added = breath.ticks_after(end)
    assert (end + added) % PART_TICKS == 0
    assert quiet + added >= 9 * FRAME_TICKS
    assert added < 9 * FRAME_TICKS + PART_TICKS


@settings(max_examples=200, deadline=None)
@given(
    passages=st.lists(st.integers(10, 40), min_size=8, max_size=40), rtf=st.floats(2.0, 30.0),
    engines=st.integers(1, 4),
)  # fmt: skip
def test_engines_divide_the_planned_waiting_but_for_one_passage(passages: list[int], rtf: float, engines: int) -> None:
    pace = Pace(rtf=rtf)
    stretches = [split_stretch(parts * PART_FRAMES, step=72) for parts in passages]
    rendering = sum(pace.render_ns(piece.new_frames) for one in stretches for piece in one.pieces)
    playing = sum(piece.shown_frames for one in stretches for piece in one.pieces) * 40_000_000
    longest = max(sum(pace.render_ns(piece.new_frames) for piece in one.pieces) for one in stretches)
    wait = plan_start(stretches, pace=pace, lanes_running_ns=[0] * engines)
    assert wait <= max(rendering / engines - playing, 0) + longest + playing * 0.001
    assert wait >= rendering / engines - playing


def test_a_passage_that_is_rendered_already_is_not_waited_for() -> None:
    one = split_stretch(80, step=40)
    there = Stretch(pieces=tuple(type(piece)(new_frames=0, shown_frames=piece.shown_frames) for piece in one.pieces))
    assert plan_start([one, there], pace=SLOW) == plan_start([one], pace=SLOW)


async def wait_and_play(data: Path, *, engines: int, passage_frames: int = 60) -> tuple[float, int]:
    """Return the seconds from the question to the talk, and how many windows were rendered."""
    async with open_stage(
        data, rtf=SLOW.rtf, spread=SLOW.spread, talk=GENERATED, paces=Paces(SLOW, known=True), engines=engines,
        passage_frames=passage_frames, store_for=lambda _: MemoryStore(),
    ) as stage:  # fmt: skip
        session = await stage.session()
        await stage.clock.advance_ns(2 * SECOND)
        asked_ns = stage.clock.monotonic_ns()
        await session.prompt(LONG)
        await stage.until(lambda: session.channel.talking, limit_s=400)
        waited_s = (stage.clock.monotonic_ns() - asked_ns) / SECOND
        await stage.turn_ends(limit_s=200)
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("turn_end")[0]["reason"] == "done"
        kinds = [
            kind for kind, _ in groupby(one.kind for one in listed(session.channel.stream.playlist(live_parts=False)))
        ]
        assert kinds == ["idle", "talk", "idle"]
        assert stage.counters.windows_late == 0
        return waited_s, stage.counters.windows_rendered


async def test_engines_divide_the_waiting_by_nearly_their_number(tmp_path: Path) -> None:
    alone_s, _ = await wait_and_play(tmp_path / "1", engines=1)
    for engines in (2, 3, 4):
        waited_s, _ = await wait_and_play(tmp_path / str(engines), engines=engines)
        # What is rendered while it plays counts for more then; idle is left at an entry point.
        assert waited_s < alone_s / engines + 4, (engines, waited_s, alone_s)


async def test_a_passage_whose_engine_is_gone_begins_again_on_another_one(tmp_path: Path) -> None:
    async with open_stage(
        tmp_path, rtf=3.0, talk=GENERATED, paces=Paces(Pace(rtf=3.0, spread=0.1), known=True), engines=2,
        passage_frames=60,
    ) as stage:  # fmt: skip
        await talk_text(stage, LONG)
        await stage.clock.advance_ns(8 * SECOND)
        stage.others[0].lose_next()
        stage.others[0].lose_next()
        await stage.turn_ends(limit_s=400)
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("turn_end")[0]["reason"] == "done", stage.of("error")
        assert stage.counters.passages_moved == 1
        assert stage.of("turn_end")[0]["heard"] == LONG
        assert holes(stage) == []
        prompts = [*stage.engine.prompts, *stage.others[0].prompts]
        assert len(set(prompts)) == len(prompts)


async def test_one_engine_that_fails_for_good_fails_the_turn_and_not_before_the_other_did(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=0.5, talk=GENERATED, engines=2, passage_frames=60) as stage:
        for engine in (stage.engine, stage.others[0]):
            for _ in range(4):
                engine.lose_next()
        session = await talk_text(stage, LONG)
        await stage.turn_ends(limit_s=100)
        assert stage.of("error")[0]["code"] == "comfy.lost"
        assert session.channel.running


async def test_talk_that_is_late_stops_at_a_passages_end_and_nothing_is_rendered_twice(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=0.3, talk=GENERATED, passage_frames=60) as stage:
        session = await talk_text(stage, LONG)
        await stage.until(lambda: session.channel.talking)
        # The passage's last window is under way; those after it are far too slow, and known to be when it ends.
        await stage.until(lambda: len(stage.engine.prompts) == 4)
        stage.engine.rtf = 9.0
        await stage.until(lambda: stage.counters.windows_late > 0)
        stage.engine.rtf = 0.3
        await stage.turn_ends(limit_s=300)
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("turn_end")[0]["reason"] == "done"
        assert stage.of("turn_end")[0]["heard"] == LONG
        assert holes(stage) == []
        assert set(spans(stage)) == {"idle", "talk"}
        folder = next((tmp_path / "turns" / session.channel.id).iterdir())
        told = [json.loads(path.read_text()) for path in sorted(folder.glob("window_?????.json"))]
        assert len(stage.engine.prompts) - 1 == len(told)  # the idle loop was one


async def by_clause(data: Path, *, engines: int, clauses: bool) -> tuple[Stage, list[str], float]:
    async with open_stage(
        data, rtf=SLOW.rtf, spread=SLOW.spread, talk=GENERATED, paces=Paces(SLOW, known=True), engines=engines,
        store_for=lambda _: MemoryStore(),
    ) as stage:  # fmt: skip
        session = await stage.session()
        session.speak_by_clause(clauses)
        await stage.clock.advance_ns(2 * SECOND)
        asked_ns = stage.clock.monotonic_ns()
        await session.prompt(TEXT)
        await stage.until(lambda: session.channel.talking, limit_s=400)
        waited_s = (stage.clock.monotonic_ns() - asked_ns) / SECOND
        await stage.turn_ends(limit_s=400)
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("turn_end")[0]["reason"] == "done", stage.of("error")
        assert stage.of("turn_end")[0]["heard"] == TEXT
        assert stage.counters.windows_late == 0
        return stage, spans(stage), waited_s


async def test_clause_by_clause_begins_much_sooner_with_idle_in_the_pauses(tmp_path: Path) -> None:
    _, whole, whole_s = await by_clause(tmp_path / "whole", engines=1, clauses=False)
    stage, pieces, first_s = await by_clause(tmp_path / "clauses", engines=1, clauses=True)
    assert whole == ["idle", "talk", "idle"]
    assert pieces == ["idle", "talk", "idle", "talk", "idle", "talk", "idle"]
    assert first_s < whole_s / 2
    starts = [clause["start_ticks"] for clause in stage.of("clause")]
    assert all(before < after for before, after in pairwise(starts))
    # While one clause is waited for and said, the next is rendered: every window once.
    assert len(stage.engine.prompts) - 1 == stage.counters.windows_rendered


async def test_a_graph_that_follows_the_loop_speaks_clause_by_clause_too(tmp_path: Path) -> None:
    async with open_stage(tmp_path, rtf=2.0, talk=TALK, paces=Paces(Pace(rtf=2.0), known=True)) as stage:
        session = await stage.session()
        session.speak_by_clause(True)
        await stage.clock.advance_ns(2 * SECOND)
        await session.prompt(TEXT)
        await stage.turn_ends(limit_s=200)
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("turn_end")[0]["heard"] == TEXT
        assert spans(stage) == ["idle", "talk", "idle", "talk", "idle", "talk", "idle"]
        assert holes(stage) == []
        assert stage.counters.windows_late == 0


@pytest.mark.parametrize("talk", [TALK, GENERATED], ids=["follows the loop", "anchored"])
async def test_who_wants_the_whole_again_amid_a_clause_hears_the_rest_at_once(
    tmp_path: Path, talk: dict[str, Any]
) -> None:
    async with open_stage(tmp_path, rtf=0.3, talk=talk) as stage:
        session = await stage.session()
        session.speak_by_clause(True)
        await stage.clock.advance_ns(2 * SECOND)
        await session.prompt(TEXT)
        await stage.until(lambda: session.channel.talking)
        session.speak_by_clause(False)
        await stage.turn_ends(limit_s=60)
        await stage.clock.advance_ns(2 * SECOND)
        end = stage.of("turn_end")[0]
        assert end["reason"] == "done"
        assert stage.counters.parts_talk * PART_TICKS >= end["heard_ticks"]
        assert len(stage.of("clause")) == 3


@pytest.mark.parametrize("rtf", [1.3, 3.0])
async def test_slow_talk_that_shall_end_after_its_clause_is_planned_with_the_window_that_is_rendered(
    tmp_path: Path, rtf: float
) -> None:
    async with open_stage(tmp_path, rtf=rtf, talk=TALK, paces=Paces(Pace(rtf=rtf), known=True)) as stage:
        session = await talk_text(stage, TEXT)
        await stage.clock.advance_ns(SECOND // 10)
        session.idle_after_clause()
        await stage.turn_ends(limit_s=100)
        await stage.clock.advance_ns(2 * SECOND)
        assert spans(stage) == ["idle", "talk", "idle"]
        assert stage.counters.windows_late == 0


async def test_who_waits_too_long_hears_at_once_what_is_rendered_passage_by_passage(tmp_path: Path) -> None:
    async with open_stage(
        tmp_path, rtf=SLOW.rtf, talk=GENERATED, paces=Paces(SLOW, known=True), passage_frames=60
    ) as stage:
        session = await talk_text(stage, LONG)
        await stage.until(lambda: stage.counters.windows_rendered >= 5)
        assert stage.of("state")[-1]["eta_ms"] > 60_000
        session.speak_by_clause(True)
        await stage.until(lambda: session.channel.talking, limit_s=5)
        await stage.turn_ends(limit_s=600)
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("turn_end")[0]["heard"] == LONG
        assert spans(stage).count("talk") > 3
        assert holes(stage) == []
        assert stage.counters.windows_late == 0
        assert len(stage.engine.prompts) - 1 == stage.counters.windows_rendered


TWO = {
    **GENERATED,
    "2": {"class_type": "LoadImage", "inputs": {"image": "any", "images": ["1", 3], "voices": [["1", 0], ["1", 1]]}},
    "4": {"class_type": "LoadImage", "inputs": {"image": "any", "second": ["1", 1]}},
}
TWO["2"]["inputs"]["other"] = ["4", 0]


async def test_the_second_speaker_is_heard_where_the_graph_hears_it_and_the_first_is_silent_then(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, talk=TWO) as stage:
        session = await stage.session()
        await session.say("I am the first one here.")
        await session.say("And I am the second one.", speaker="2")
        await stage.turn_ends(2)
        loud: list[tuple[bool, bool]] = []
        for folder in sorted((tmp_path / "turns" / session.channel.id).iterdir(), key=lambda one: one.stat().st_mtime):
            told = json.loads((folder / "window_00000.request.json").read_text())
            loud.append(tuple(any((tmp_path / told[name]).read_bytes()[44:]) for name in ("audio", "audio_2")))
        assert sorted(loud) == [(False, True), (True, False)]
        with pytest.raises(BadInput, match="1 or 2"):
            await session.say("Who is this?", speaker="3")


@pytest.mark.parametrize("windows", [2, 5])
async def test_a_restart_goes_on_with_the_window_that_was_due_in_whatever_passage_it_lies(
    tmp_path: Path, windows: int
) -> None:
    async with open_stage(tmp_path, rtf=0.3, talk=GENERATED, passage_frames=60) as stage:
        session = await talk_text(stage, LONG)
        channel, session_id, token = session.channel.id, session.id, session.resume_token
        await stage.until(lambda: session.channel.stream._next_window >= windows)
        turn = stage.of("state")[-1]["turn"]
    async with open_stage(tmp_path, rtf=0.3, talk=GENERATED, passage_frames=60) as stage:
        session = stage.hub.resume(session_id, token)
        stage.listen(session)
        await stage.turn_ends(limit_s=120)
        await stage.clock.advance_ns(3 * SECOND)
        end = stage.of("turn_end")[0]
        assert (end["turn"], end["reason"], end["heard"]) == (turn, "done", LONG), stage.of("error")
        assert violations(stage, channel) == []
        folder = next((tmp_path / "turns" / channel).iterdir())
        told = [json.loads(path.read_text()) for path in sorted(folder.glob("window_?????.request.json"))]
        again = [one["index"] for one in told if one["attempt"] >= 1000]  # so are attempts counted after a restart
        assert min(again) >= windows
        assert sorted(again) == list(range(min(again), max(again) + 1))
