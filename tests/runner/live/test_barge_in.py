"""Stop: nothing of the turn is published any more, idle at once, dates linear, and what was heard."""

from __future__ import annotations

import json
import re

import pytest

from hls.errors import MediaParameters
from hls.ticks import ticks_to_ns

from .conftest import SECOND, Stage
from .test_channel import holes, violations
from .test_turn import TEXT, talk_text


async def stopped_mid_talk(stage: Stage):
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    await stage.clock.advance_ns(2 * SECOND)
    talk_parts = stage.counters.parts_talk
    playhead_ms = session.channel.published_end_unix_ns // 1_000_000 - 700
    end = await session.stop(playhead_ms)
    return session, talk_parts, end


async def test_no_talk_part_is_published_after_stop_and_the_burst_is_there_at_once(stage: Stage) -> None:
    session, talk_parts, end = await stopped_mid_talk(stage)
    assert end is not None
    assert end["interrupted"]
    assert session.channel.stream.has(end["seek"]["media_sequence"], end["seek"]["part"] + 2)
    await stage.clock.advance_ns(3 * SECOND)
    assert stage.counters.parts_talk == talk_parts
    assert stage.counters.bursts == 1
    assert len(stage.of("turn_end")) == 1


async def test_dates_stay_linear_over_a_burst(stage: Stage) -> None:
    session, _, end = await stopped_mid_talk(stage)
    await stage.clock.advance_ns(5 * SECOND)
    segments = stage.of("segment_published")
    anchors = {s["pdt_ms"] * 1_000_000 - ticks_to_ns(s["start_ticks"]) for s in segments}
    assert max(anchors) - min(anchors) == 0
    assert holes(stage) == []
    assert violations(stage, session.channel.id) == []
    assert end is not None
    assert end["seek"]["pdt_ms"] in {s["pdt_ms"] for s in segments}


async def test_a_burst_is_paid_back_by_idle_at_most_three_percent_slow(stage: Stage) -> None:
    session, _, _ = await stopped_mid_talk(stage)
    before_ns = session.channel.ahead_ns
    assert before_ns > 900_000_000
    await stage.clock.advance_ns(10 * SECOND)
    paid_ns = before_ns - session.channel.ahead_ns
    assert 250_000_000 < paid_ns <= 310_000_000
    await stage.clock.advance_ns(40 * SECOND)
    assert session.channel.ahead_ns == 0


async def test_the_words_that_were_heard_are_those_before_the_playhead(stage: Stage) -> None:
    session, _, end = await stopped_mid_talk(stage)
    assert end is not None
    folder = next((stage.data / "turns" / session.channel.id).iterdir())
    told = [json.loads(line) for line in (folder / "speech.events.jsonl").read_text().splitlines()]
    words = [t["name"] for t in told if t["kind"] == "word" and t["start_samples"] < end["heard_ticks"]]
    assert end["heard"] == " ".join(words)
    assert words
    assert len(words) < len(re.findall(r"\w+", TEXT))


async def test_stop_cancels_the_prompts_under_way(stage: Stage) -> None:
    stage.engine.rtf = 5.0
    session = await talk_text(stage)
    await stage.clock.advance_ns(SECOND)
    await session.stop()
    prompts = len(stage.engine.prompts)
    await stage.clock.advance_ns(30 * SECOND)
    assert len(stage.engine.prompts) == prompts
    assert stage.of("turn_end")[0]["heard"] == ""
    assert "seek" not in stage.of("turn_end")[0]


async def test_a_prompt_while_talking_stops_the_turn_and_is_said(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    turn = await session.prompt("No, listen to this instead.")
    await stage.turn_ends(2)
    first, second = stage.of("turn_end")
    assert first["reason"] == "interrupted"
    assert (second["turn"], second["reason"]) == (turn, "done")
    assert violations(stage, session.channel.id) == []


async def test_say_waits_for_the_turn_before_it(stage: Stage) -> None:
    session = await talk_text(stage)
    turns = [await session.say(f"This is number {word}, thank you.") for word in ("two", "three")]
    await stage.turn_ends(3, limit_s=120)
    ends = stage.of("turn_end")
    assert [end["reason"] for end in ends] == ["done"] * 3
    assert [end["turn"] for end in ends[1:]] == turns


async def test_every_stop_of_a_lively_talk_is_passed_over_at_once(stage: Stage) -> None:
    session = await stage.session()
    for stop in range(10):
        await session.prompt(TEXT)
        await stage.until(lambda: session.channel.talking)
        await stage.clock.advance_ns(SECOND)
        end = await session.stop()
        assert end is not None
        assert "seek" in end, f"stop {stop} is played out"
    assert violations(stage, session.channel.id) == []


async def test_idle_after_the_clause_says_the_clause_whole(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    session.idle_after_clause()
    await stage.turn_ends()
    end = stage.of("turn_end")[0]
    assert end["interrupted"]
    assert end["heard"].split()[-1].strip(".").lower() == "sentence"
    assert violations(stage, session.channel.id) == []


@pytest.mark.parametrize("stops", [1, 3])
async def test_after_a_burst_and_while_it_is_paid_back_the_pages_buffer_stays_filled(stage: Stage, stops: int) -> None:
    session = await stage.session()
    playhead_ns, least_ns = 0, SECOND
    for _ in range(stops):
        await session.prompt(TEXT)
        await stage.until(lambda: session.channel.talking)
        await stage.clock.advance_ns(SECOND)
        end = await session.stop()
        assert end is not None
        playhead_ns = end["seek"]["pdt_ms"] * 1_000_000
    edge_ns = told_ns = session.channel.published_end_unix_ns
    edge_since_ns = stage.clock.monotonic_ns()
    for _ in range(1200):
        await stage.clock.advance_ns(SECOND // 10)
        now_ns, edge_ns = stage.clock.monotonic_ns(), session.channel.published_end_unix_ns
        if edge_ns != told_ns:
            told_ns, edge_since_ns = edge_ns, now_ns
        # The page's rate controller, as it is in rate_controller.js.
        error = (edge_ns + now_ns - edge_since_ns - playhead_ns) / SECOND - 0.7
        rate = 1.0 if abs(error) < 0.04 else min(1.1, max(0.94, round((1 + error * 0.3) * 50) / 50))
        playhead_ns += int(rate * SECOND) // 10
        least_ns = min(least_ns, edge_ns - playhead_ns)
    assert session.channel.ahead_ns == 0 or stops > 1
    assert least_ns > 220_000_000


async def test_a_stop_stops_also_where_its_burst_cannot_be_published(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    talk_parts = stage.counters.parts_talk

    def broken(*_: object, **__: object) -> None:
        raise MediaParameters("these pictures do not fit")

    with monkeypatch.context() as patched:
        patched.setattr(session.channel.stream, "append", broken)
        end = await session.stop()
    assert end is not None
    assert (end["reason"], end.get("seek")) == ("interrupted", None)
    assert "no idle at once" in caplog.text
    await stage.clock.advance_ns(5 * SECOND)
    assert [told["reason"] for told in stage.of("turn_end")] == ["interrupted"]
    assert stage.counters.parts_talk == talk_parts
    assert holes(stage) == []
