"""A turn and its windows: late, failing, interrupted, resumed inside itself."""

from __future__ import annotations

import asyncio
import errno
import json
from pathlib import Path

import pytest

from runner.live.speech_file import SpeechFile

from .conftest import GENERATED, SECOND, Stage, open_stage
from .test_channel import holes, spans, violations

TEXT = "Hello there, this is a sentence. And here is another one that is longer. The third one ends it all."


async def talk_text(stage: Stage, text: str = TEXT):
    session = await stage.session()
    await stage.clock.advance_ns(2 * SECOND)
    await session.prompt(text)
    return session


async def test_idle_fills_the_gap_when_a_window_is_late(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    stage.engine.rtf = 6.0
    await stage.clock.advance_ns(SECOND // 2)
    await stage.until(lambda: stage.counters.windows_late > 0)
    stage.engine.rtf = 0.1
    await stage.turn_ends()
    await stage.clock.advance_ns(2 * SECOND)
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert spans(stage) == ["idle", "talk", "idle", "talk", "idle"]
    assert stage.counters.spans_resumed == 1
    assert holes(stage) == []
    assert violations(stage, session.channel.id) == []
    assert session.channel.stream.store_failures == 0


@pytest.mark.parametrize("rtf", [0.02, 0.5, 0.9, 1.5, 3.0])
async def test_talk_is_one_span_at_any_speed_once_it_is_known(tmp_path: Path, rtf: float) -> None:
    async with open_stage(tmp_path, rtf=rtf) as stage:
        session = await talk_text(stage, "Warm up, please, and measure it. Warm up, please, and measure it again.")
        await stage.turn_ends(limit_s=200)
        late = stage.counters.windows_late
        await session.prompt(TEXT)
        await stage.turn_ends(2, limit_s=200)
        assert stage.of("turn_end")[1]["reason"] == "done", stage.of("error")
        assert stage.counters.windows_late == late
        assert violations(stage, session.channel.id) == []


async def test_a_failing_prompt_ends_the_turn_and_not_the_stream(stage: Stage) -> None:
    stage.engine.failure_rate = 1.0
    session = await talk_text(stage)
    await stage.turn_ends()
    assert stage.of("error")[0]["code"] == "prompt.failed"
    assert stage.of("turn_end")[0]["reason"] == "failed"
    stage.engine.failure_rate = 0.0
    await session.prompt("Hello again, my friend.")
    await stage.turn_ends(2)
    assert stage.of("turn_end")[1]["reason"] == "done"
    assert violations(stage, session.channel.id) == []


async def test_a_lost_engine_gets_the_window_once_more_with_a_new_prompt_id(stage: Stage) -> None:
    stage.engine.lose_next()
    await talk_text(stage)
    await stage.turn_ends()
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert stage.counters.windows_retried == 1
    assert len(set(stage.engine.prompts)) == len(stage.engine.prompts)


async def test_a_window_lost_twice_fails_the_turn(stage: Stage) -> None:
    stage.engine.lose_next()
    stage.engine.lose_next()
    await talk_text(stage)
    await stage.turn_ends()
    assert stage.of("turn_end")[0]["reason"] == "failed"
    assert stage.of("error")[0]["code"] == "comfy.lost"


async def test_a_failure_in_mid_talk_says_what_is_rendered_first(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    stage.engine.fail_next()
    await stage.turn_ends()
    end = stage.of("turn_end")[0]
    assert end["reason"] == "failed"
    assert 0 < end["heard_ticks"] < 20 * 48_000
    assert end["heard"].startswith("Hello")


async def test_states_and_old_windows_do_not_pile_up(stage: Stage) -> None:
    session = await talk_text(stage, TEXT * 3)
    await stage.turn_ends(limit_s=200)
    states = list((stage.data / "turns" / session.channel.id).rglob("state_*.safetensors"))
    assert len(states) <= 3


async def test_the_first_window_is_short_where_the_graph_takes_any_length(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.turn_ends()
    folder = next((stage.data / "turns" / session.channel.id).iterdir())
    requests = sorted(folder.glob("window_*.request.json"))
    assert '"new_frames": 16' in requests[0].read_text()
    assert '"new_frames": 40' in requests[1].read_text()


async def test_a_generated_passage_is_told_to_end_on_the_loops_neutral_frame_and_the_next_begins_there(
    tmp_path: Path,
) -> None:
    async with open_stage(tmp_path, talk=GENERATED, passage_frames=100) as stage:
        session = await talk_text(stage, TEXT)
        await stage.turn_ends()
        await stage.clock.advance_ns(2 * SECOND)
        assert stage.of("error") == []
        assert spans(stage) == ["idle", "talk", "idle"]
        assert violations(stage, session.channel.id) == []
        folder = next((tmp_path / "turns" / session.channel.id).iterdir())
        told = [json.loads(path.read_text()) for path in sorted(folder.glob("window_*.request.json"))]
    closing = [request for request in told if request["closing_state"]]
    assert len(closing) == 2
    assert closing[-1] is told[-1]
    assert {request["closing_state"].rpartition("/")[2] for request in closing} == {"entry_0.safetensors"}
    for request in closing:
        assert 0 < request["closing_frames"] <= request["new_frames"] == 40
        assert request["closing_frames"] % 8 == 0
    following = told[told.index(closing[0]) + 1]
    assert following["state_in"].endswith("/entry_0.safetensors")
    assert following["start_frame"] == closing[0]["start_frame"] + closing[0]["closing_frames"]


async def test_a_portrait_ends_on_the_loop_by_itself(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.turn_ends()
    folder = next((stage.data / "turns" / session.channel.id).iterdir())
    assert {json.loads(path.read_text())["closing_state"] for path in folder.glob("window_*.request.json")} == {""}


async def test_a_disk_that_takes_no_sound_fails_the_turn_with_a_sentence_and_not_the_stream(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(SpeechFile, "append", full)
        session = await talk_text(stage)
        await stage.turn_ends()
    told = stage.of("error")[0]
    assert (told["code"], told["retryable"]) == ("store.full", True)
    assert "No space left" in told["message"]
    await session.prompt("Hello again, my friend.")
    await stage.turn_ends(2)
    assert stage.of("turn_end")[1]["reason"] == "done"
    assert holes(stage) == []


async def test_a_speech_file_that_cannot_be_read_any_more_ends_the_turn_and_not_the_stream(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)

    def broken(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(SpeechFile, "read", broken)
        await stage.turn_ends()
    assert stage.of("turn_end")[0]["reason"] == "failed"
    await stage.clock.advance_ns(3 * SECOND)
    assert session.channel.running
    assert spans(stage)[-1] == "idle"
    assert holes(stage) == []


async def test_the_wish_for_idle_is_kept_until_the_voice_comes_to_the_next_clause(stage: Stage) -> None:
    session = await talk_text(stage)
    await asyncio.sleep(0)
    assert session._turns.turn is not None
    assert list(session._turns.turn._material.speech.events()) == []
    session.idle_after_clause()
    await stage.turn_ends()
    end = stage.of("turn_end")[0]
    assert (end["reason"], end["heard"]) == ("interrupted", "Hello there, this is a sentence.")
    assert [clause["index"] for clause in stage.of("clause")] == [0]
    assert holes(stage) == []


async def test_stats_tell_how_many_utterances_wait(stage: Stage) -> None:
    session = await talk_text(stage)
    await session.say("One more.")
    await session.say("And another one.")
    await stage.turn_ends()
    assert {told["queue"] for told in stage.of("stats")} == {2}
