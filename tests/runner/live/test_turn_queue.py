"""Every turn that was taken ends exactly once, whatever is asked in which order."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.live.turn_queue import MAX_WAITING

from .conftest import SECOND, Stage, open_stage
from .test_turn import talk_text

TEXT = "This is one sentence of it. And this is another one, thank you."


def ends(stage: Stage) -> Counter[str]:
    return Counter(message["turn"] for message in stage.of("turn_end"))


async def test_a_prompt_that_is_stopped_before_it_began_ends_unheard(stage: Stage) -> None:
    session = await stage.session()
    turn = await session.prompt(TEXT)
    told = await session.stop()
    await stage.clock.advance_ns(SECOND)
    assert told is not None
    assert (told["turn"], told["reason"], told["heard"], told["heard_ticks"]) == (turn, "interrupted", "", 0)
    assert ends(stage) == {turn: 1}
    assert stage.counters.turns_interrupted == 1


async def test_more_than_the_queue_holds_end_unsaid_from_the_oldest_on(stage: Stage) -> None:
    session = await talk_text(stage, TEXT)
    await stage.until(lambda: session.channel.talking)
    turns = [await session.say(f"Number {n} of many, please.") for n in range(MAX_WAITING + 3)]
    assert [end["turn"] for end in stage.of("turn_end")] == turns[:3]
    assert {(end["reason"], end["heard"]) for end in stage.of("turn_end")} == {("interrupted", "")}
    await session.stop()
    assert ends(stage).keys() >= set(turns)
    assert set(ends(stage).values()) == {1}


async def test_a_turn_that_waits_for_a_broadcast_channel_ends_and_disturbs_nobody(stage: Stage) -> None:
    stage.hub.open_channel("lobby", own=False)
    one, two = await stage.session(channel="lobby"), await stage.session(channel="lobby")
    first = await one.prompt(TEXT)
    await stage.until(lambda: one.channel.talking)
    second = await two.prompt(TEXT)
    await stage.clock.advance_ns(SECOND // 10)
    await two.stop()
    assert one.channel.open_turn == first
    await stage.turn_ends(2)
    assert {end["turn"]: end["reason"] for end in stage.of("turn_end")} == {second: "interrupted", first: "done"}


async def test_a_runner_that_stops_ends_what_it_will_not_say_after_its_restart(stage: Stage) -> None:
    session = await talk_text(stage, TEXT)
    await stage.until(lambda: session.channel.talking)
    waiting = await session.say("This one waits, and is not in the journal.")
    await stage.hub.close()
    assert ends(stage) == {waiting: 1}


async def test_a_disk_that_takes_no_folder_fails_the_turn_and_the_next_one_is_said(stage: Stage) -> None:
    session = await stage.session()
    turns = stage.data / "turns" / session.channel.id
    turns.parent.mkdir(exist_ok=True)
    turns.write_bytes(b"a file where the folder should be")
    failed = await session.prompt(TEXT)
    behind = await session.say(TEXT)
    await stage.turn_ends(2)
    assert {end["turn"]: end["reason"] for end in stage.of("turn_end")} == {failed: "failed", behind: "failed"}
    assert stage.of("error")[0]["code"] == "store.full"
    turns.unlink()
    await session.prompt(TEXT)
    await stage.turn_ends(3)
    assert stage.of("turn_end")[-1]["reason"] == "done"


async def test_a_client_finds_its_own_id_with_the_turn(stage: Stage) -> None:
    session = await stage.session()
    turn = await session.prompt(TEXT, "mine")
    await session.say(TEXT, "too")
    await stage.turn_ends()
    first = stage.of("state")[1]  # after the one every reader begins with
    assert (first["state"], first["turn"], first["client_id"]) == ("thinking", turn, "mine")
    assert stage.of("turn_end")[0]["client_id"] == "mine"
    await session.stop()
    assert stage.of("turn_end")[1]["client_id"] == "too"


async def test_a_prompt_and_a_say_in_one_burst_are_said_one_after_the_other(stage: Stage) -> None:
    session = await talk_text(stage, TEXT)
    await stage.until(lambda: session.channel.talking)
    second = await session.prompt(TEXT)
    third = await session.say(TEXT)
    await stage.clock.advance_ns(SECOND // 10)
    assert len(queue_tasks()) == 1
    await stage.until(lambda: session.channel.talking)
    assert session.channel.open_turn == second
    told = await session.stop()
    assert told is not None
    assert told["turn"] == second
    await stage.clock.advance_ns(3 * SECOND)
    assert not session.channel.talking
    assert session.channel.open_turn is None
    assert {end["turn"]: end["reason"] for end in stage.of("turn_end")[1:]} == {
        second: "interrupted",
        third: "interrupted",
    }


def queue_tasks() -> list[asyncio.Task[object]]:
    """The tasks that say turns; a session never needs more than one, once an interrupted one has ended."""
    return [task for task in asyncio.all_tasks() if "TurnQueue._run" in repr(task.get_coro())]


async def ask(stage: Stage, steps: list[tuple[list[str], int]]) -> set[str]:
    """Do as told, actions with nothing between them, then `ms` of virtual time; return the turns that were taken."""
    session, taken = await stage.session(), set()
    for actions, ms in steps:
        for action in actions:
            if action == "prompt":
                taken.add(await session.prompt(TEXT))
            elif action == "say":
                taken.add(await session.say(TEXT))
            elif action == "many":
                taken |= {await session.say(TEXT) for _ in range(MAX_WAITING + 2)}
            elif action == "fail":
                stage.engine.fail_next()
            elif action == "idle":
                session.idle_after_clause()
            elif action == "stop":
                await session.stop()
        await stage.clock.advance_ns(ms * SECOND // 1000)
        assert len(queue_tasks()) <= 1
    await stage.hub.close_session(session.id)
    return taken


ACTIONS = st.sampled_from(["prompt", "prompt", "say", "say", "many", "fail", "idle", "stop", "wait"])
STEPS = st.lists(
    st.tuples(st.lists(ACTIONS, min_size=1, max_size=3), st.sampled_from([0, 0, 1, 40, 300, 1000, 4000])),
    min_size=1,
    max_size=6,
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=STEPS)
def test_every_turn_that_was_taken_ends_exactly_once(steps: list[tuple[list[str], int]]) -> None:
    async def play() -> tuple[set[str], Counter[str]]:
        with tempfile.TemporaryDirectory() as data:
            async with open_stage(Path(data)) as stage:
                taken = await ask(stage, steps)
                return taken, ends(stage)

    taken, ended = asyncio.run(play())
    assert ended == dict.fromkeys(taken, 1)
