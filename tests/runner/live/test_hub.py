"""Who is let in, who may come back, who has gone."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from runner.errors import BadInput, Busy, GenerationDisabled, TextRefused, UnknownVoice
from runner.live.fake_run import IdleFrames
from runner.live.messages import schema
from runner.live.planner import Pace, sessions_in_time

from .conftest import SECOND, Stage, open_stage
from .test_channel import spans, violations
from .test_turn import TEXT, talk_text


def test_capacity_is_what_the_machine_renders_in_time() -> None:
    assert sessions_in_time(Pace(rtf=0.1), at_most=8) == 8
    assert sessions_in_time(Pace(rtf=0.25, spread=0.3), at_most=8) == 3
    assert sessions_in_time(Pace(rtf=27.0), at_most=8) == 1


async def test_one_session_too_many_is_told_so_at_once(stage: Stage) -> None:
    for _ in range(stage.hub.capacity):
        await stage.session()
    with pytest.raises(Busy):
        await stage.session()
    assert stage.counters.sessions_refused == 1


async def test_each_session_has_a_channel_of_its_own(stage: Stage) -> None:
    one, two = await stage.session(), await stage.session()
    assert one.channel.id != two.channel.id
    assert one.id not in (one.channel.id, one.resume_token)


async def test_the_id_alone_does_not_resume_a_session(stage: Stage) -> None:
    session = await stage.session()
    assert stage.hub.resume(session.id, session.resume_token) is session
    for token in ("", session.id, session.resume_token + "x"):
        with pytest.raises(BadInput):
            stage.hub.resume(session.id, token)


async def test_an_abandoned_session_is_closed_and_a_watched_one_is_not(stage: Stage) -> None:
    watched, abandoned = await stage.session(), await stage.hub.open_session()
    await stage.clock.advance_ns(80 * SECOND)
    assert stage.hub.session(abandoned.id) is None
    assert stage.hub.session(watched.id) is watched


async def test_a_session_that_cannot_be_closed_in_order_keeps_no_other_from_it(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    broken = await stage.hub.open_session()
    journal = stage.data / "channels" / broken.channel.id / "journal.json"
    await stage.clock.advance_ns(2 * SECOND)
    journal.unlink()
    (journal / "in the way").mkdir(parents=True)
    await stage.clock.advance_ns(20 * SECOND)
    later = await stage.hub.open_session()
    await stage.clock.advance_ns(120 * SECOND)
    assert stage.hub.session(later.id) is None
    assert stage.hub.channels() == []
    assert "did not close" in caplog.text


async def test_who_knows_a_playlist_may_not_speak_on_somebodys_own_channel(stage: Stage) -> None:
    session = await stage.session()
    with pytest.raises(BadInput) as refused:
        await stage.hub.open_session(channel=session.channel.id)
    assert refused.value.code == "channel.unknown"
    await stage.hub.close_session(session.id)
    assert stage.hub.channels() == []


@pytest.mark.parametrize("text", ["", "   ", "\x00\x07", "\U0001f600\U0001f389", "x" * 100_000])
async def test_a_text_with_nothing_to_say_is_refused_and_disturbs_nothing(stage: Stage, text: str) -> None:
    session = await talk_text(stage)
    with pytest.raises(TextRefused):
        await session.prompt(text)
    await stage.turn_ends()
    assert stage.of("turn_end")[0]["reason"] == "done"


async def test_without_generation_a_prompt_is_refused_and_the_stream_idles(tmp_path: Path) -> None:
    async with open_stage(tmp_path, generation=False) as stage:
        session = await stage.session()
        with pytest.raises(GenerationDisabled):
            await session.prompt(TEXT)
        await stage.clock.advance_ns(3 * SECOND)
        assert spans(stage) == ["idle"]


async def test_unknown_voices_avatars_and_channels_are_refused(stage: Stage) -> None:
    with pytest.raises(UnknownVoice):
        await stage.session(voice="nobody")
    for wanted in ({"avatar": "nobody"}, {"channel": "nowhere"}):
        with pytest.raises(BadInput):
            await stage.session(**wanted)
    assert stage.hub.channels() == []


async def test_every_message_fits_the_schema(stage: Stage) -> None:
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    await session.stop()
    stage.engine.fail_next()
    await session.prompt(TEXT)
    await stage.turn_ends(2)
    validator = jsonschema.Draft202012Validator(schema())
    for message in stage.heard:
        validator.validate(message)
    assert {"state", "clause", "segment_published", "turn_end", "stats", "error"} <= {m["type"] for m in stage.heard}


async def test_clauses_are_told_where_they_lie_on_the_channels_timeline(stage: Stage) -> None:
    await talk_text(stage)
    await stage.turn_ends()
    clauses = stage.of("clause")
    assert " ".join(clause["text"] for clause in clauses) == TEXT
    starts = [clause["start_ticks"] for clause in clauses]
    assert starts == sorted(starts)
    first_talk = next(s for s in stage.of("segment_published") if s["kind"] == "talk")
    assert starts[0] == first_talk["start_ticks"]


async def test_a_fake_run_speaks_over_idle_frames_and_sends_no_prompt(stage: Stage) -> None:
    studio = stage.hub._studio
    object.__setattr__(studio.scene, "renderer", IdleFrames(studio.renderer.graph, studio.idle, studio.data))
    prompts = len(stage.engine.prompts)
    session = await talk_text(stage)
    await stage.turn_ends()
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert len(stage.engine.prompts) == prompts
    assert spans(stage)[:2] == ["idle", "talk"]
    assert violations(stage, session.channel.id) == []


async def test_turns_on_a_broadcast_channel_follow_each_other(stage: Stage) -> None:
    channel = stage.hub.open_channel("lobby", own=False)
    one, two = await stage.session(channel="lobby"), await stage.session(channel="lobby")
    await one.prompt("The first one says something here.")
    await two.prompt("The second one answers it, of course.")
    await stage.turn_ends(2)
    assert [end["reason"] for end in stage.of("turn_end")] == ["done", "done"]
    assert violations(stage, channel.id) == []


async def test_a_stop_on_a_broadcast_channel_has_no_burst(stage: Stage) -> None:
    stage.hub.open_channel("lobby", own=False)
    session = await stage.session(channel="lobby")
    await session.prompt(TEXT)
    await stage.until(lambda: session.channel.talking)
    end = await session.stop()
    assert end is not None
    assert "seek" not in end
    assert stage.counters.bursts == 0


async def test_a_closed_session_leaves_no_sound_and_no_window_on_the_disk(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(2 * SECOND)
    await session.prompt("Hello there, this is a sentence.")
    await stage.turn_ends()
    assert list((stage.data / "turns" / session.channel.id).iterdir())
    await stage.hub.close_session(session.id)
    assert not (stage.data / "turns" / session.channel.id).exists()


async def test_a_broadcast_channel_forgets_who_has_left(stage: Stage) -> None:
    channel = stage.hub.open_channel("lobby", own=False)
    stays = await stage.session(channel="lobby")
    for _ in range(5):
        leaves = await stage.hub.open_session(channel="lobby")
        await stage.hub.close_session(leaves.id)
    assert [told["id"] for told in channel.stream.extra["sessions"]] == [stays.id]
