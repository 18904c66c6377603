"""A reader that is slow, or has stopped reading, holds up nobody and loses nothing that matters unnoticed."""

from __future__ import annotations

import pytest

from runner.live import messages
from runner.live.counters import LiveCounters
from runner.live.subscription import QUEUE_LENGTH, Subscription

from .conftest import Stage

STATS = messages.stats(rtf=0.1, latency_ms=1, lead_ms=1, queue=0)
END = messages.turn_end(turn="t", reason="done", heard="", heard_ticks=0)


def reader() -> tuple[Subscription, LiveCounters, list[Subscription]]:
    counters, closed = LiveCounters(), []
    return Subscription(counters=counters, on_close=closed.append), counters, closed


async def read(subscription: Subscription) -> list[messages.Message]:
    return [message async for message in subscription]


async def test_a_slow_reader_loses_figures_and_keeps_the_ends_of_turns() -> None:
    subscription, counters, closed = reader()
    for _ in range(QUEUE_LENGTH // 2):
        subscription.put(END)
        subscription.put(STATS)
    for _ in range(QUEUE_LENGTH // 4):
        subscription.put(END)
    assert subscription.waiting == QUEUE_LENGTH
    assert counters.messages_dropped == QUEUE_LENGTH // 4
    assert closed == []
    subscription.close()
    told = await read(subscription)
    assert sum(message["type"] == "turn_end" for message in told) == QUEUE_LENGTH * 3 // 4


async def test_a_reader_that_has_stopped_reading_is_closed_and_grows_no_more() -> None:
    subscription, counters, closed = reader()
    for _ in range(QUEUE_LENGTH + 50):
        subscription.put(END)
    assert closed == [subscription]
    assert subscription.waiting == QUEUE_LENGTH
    assert counters.messages_dropped == 1
    assert len(await read(subscription)) == QUEUE_LENGTH


async def test_a_reader_that_never_reads_holds_up_no_other(stage: Stage) -> None:
    session = await stage.session()
    deaf = session.subscribe()
    for _ in range(3):
        await session.prompt("Hello there, this is a sentence.")
        await stage.until(lambda: session.channel.talking)
    await stage.turn_ends(3)
    await stage.clock.advance_ns(600_000_000_000)
    assert deaf.waiting <= QUEUE_LENGTH
    assert len(stage.of("turn_end")) == 3
    assert session.channel.running
    deaf.close()
    kept = [message["type"] for message in await read(deaf)]
    assert kept.count("turn_end") == 3


async def test_a_closed_reader_is_told_nothing_more() -> None:
    subscription, _, closed = reader()
    subscription.close()
    subscription.close()
    subscription.put(END)
    assert closed == [subscription]
    with pytest.raises(StopAsyncIteration):
        await subscription.__anext__()
