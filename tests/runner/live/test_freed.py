"""A turn that is over leaves memory at once: ten thousand of them must not wait for a collection."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from runner.live.producer import Producer
from runner.live.span import TalkSpan
from runner.live.speech_file import SpeechFile
from runner.live.talk import TalkFeed
from runner.live.turn import Turn

from .conftest import SECOND, Stage

TEXT = "Hello there, this is a sentence. And here is another one that is longer."
OF_A_TURN = (Turn, TalkSpan, TalkFeed, Producer, SpeechFile)


def of_turns() -> list[object]:
    return [one for one in gc.get_objects() if type(one) in OF_A_TURN]


@pytest.fixture
def others() -> Iterator[list[object]]:
    """Turn the collector off; return what other tests still hold."""
    gc.collect()
    gc.disable()
    yield of_turns()
    gc.enable()


def left_over(others: list[object]) -> list[str]:
    known = {id(one) for one in others}
    return sorted(type(one).__name__ for one in of_turns() if id(one) not in known)


async def test_nothing_of_a_turn_that_is_said_is_left(stage: Stage, others: list[object]) -> None:
    session = await stage.session()
    await session.prompt(TEXT)
    await stage.until(lambda: session.channel.talking)
    assert left_over(others) == ["Producer", "SpeechFile", "TalkFeed", "TalkSpan", "Turn"]
    await stage.turn_ends()
    await stage.clock.advance_ns(SECOND)
    assert left_over(others) == []


async def test_nothing_of_a_turn_that_was_cut_is_left(stage: Stage, others: list[object]) -> None:
    session = await stage.session()
    await session.prompt(TEXT)
    await stage.until(lambda: session.channel.talking)
    await session.stop()
    await stage.clock.advance_ns(SECOND)
    assert stage.of("turn_end")[0]["reason"] == "interrupted"
    assert left_over(others) == []


async def test_nothing_of_a_turn_that_came_late_is_left(stage: Stage, others: list[object]) -> None:
    session = await stage.session()
    await session.prompt(TEXT)
    await stage.until(lambda: session.channel.talking)
    stage.engine.rtf = 6.0
    await stage.until(lambda: stage.counters.windows_late > 0)
    stage.engine.rtf = 0.1
    await stage.turn_ends()
    await stage.clock.advance_ns(SECOND)
    assert left_over(others) == []
