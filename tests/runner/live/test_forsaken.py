"""Nothing is left behind: who never spoke goes soon, who comes back in time stays, who is there is never sent away."""

from __future__ import annotations

import asyncio

import pytest

from runner.errors import Busy
from runner.live.session import Session

from .conftest import SECOND, Stage


async def visited(stage: Stage, seconds: float = 0.2) -> Session:
    """A page that is opened and closed again without a word."""
    session = await stage.hub.open_session()
    subscription = session.subscribe()
    await stage.clock.advance_ns(int(seconds * SECOND))
    subscription.close()
    return session


async def test_a_hundred_reloads_leave_the_register_as_it_was_and_are_never_refused(stage: Stage) -> None:
    there = await stage.session()
    for _ in range(100):
        await visited(stage)
    assert stage.counters.sessions_refused == 0
    assert len(stage.hub.channels()) <= stage.hub.capacity
    await stage.clock.advance_ns(8 * SECOND)
    assert stage.hub.channels() == [there.channel]
    assert stage.hub.session(there.id) is there
    assert not list((stage.data / "turns").glob("*"))


async def test_a_page_that_is_loaded_again_in_time_finds_its_session(stage: Stage) -> None:
    session = await visited(stage)
    await stage.clock.advance_ns(3 * SECOND)
    assert stage.hub.resume(session.id, session.resume_token) is session
    stage.listen(session)
    await stage.clock.advance_ns(80 * SECOND)
    assert stage.hub.session(session.id) is session


async def test_who_has_spoken_is_kept_for_a_minute_unless_somebody_needs_the_room(stage: Stage) -> None:
    session = await stage.hub.open_session()
    subscription = session.subscribe()
    await session.prompt("A word.")
    await stage.clock.advance_ns(6 * SECOND)
    subscription.close()
    for _ in range(stage.hub.capacity - 1):
        await stage.session()
    await stage.clock.advance_ns(10 * SECOND)
    with pytest.raises(Busy):
        await stage.session()
    await stage.clock.advance_ns(12 * SECOND)
    assert stage.hub.session(session.id) is session
    await stage.session()
    assert stage.hub.session(session.id) is None


async def test_the_oldest_that_nobody_watches_gives_way_and_no_watched_one(stage: Stage) -> None:
    watched = [await stage.session() for _ in range(stage.hub.capacity - 2)]
    first, second = await visited(stage), await visited(stage)
    await stage.session()
    assert stage.hub.session(first.id) is None
    assert stage.hub.session(second.id) is second
    await stage.session()
    with pytest.raises(Busy):
        await stage.session()
    assert all(stage.hub.session(one.id) is one for one in watched)


async def test_many_who_come_at_once_take_the_places_of_those_who_went(stage: Stage) -> None:
    for _ in range(stage.hub.capacity):
        await visited(stage, 0.01)
    came = await asyncio.gather(*(stage.session() for _ in range(stage.hub.capacity)))
    assert len({one.id for one in came}) == stage.hub.capacity
    assert len(stage.hub.channels()) == stage.hub.capacity


async def test_an_ended_stream_is_served_with_its_end_for_some_seconds(stage: Stage) -> None:
    session = await stage.session()
    await stage.clock.advance_ns(3 * SECOND)
    await stage.hub.close_session(session.id)
    served = stage.hub.stream_of(session.channel.id)
    assert served is not None
    assert "#EXT-X-ENDLIST" in served.stream.playlist(live_parts=True)
    await stage.clock.advance_ns(13 * SECOND)
    assert stage.hub.stream_of(session.channel.id) is None


async def test_several_who_want_the_same_avatar_share_one_making(stage: Stage) -> None:
    stage.scenery.gate.clear()
    opening = [asyncio.ensure_future(stage.hub.open_session(avatar="anna")) for _ in range(3)]
    await asyncio.sleep(0)
    opening[0].cancel()  # who goes away takes it from nobody else
    await asyncio.sleep(0)
    stage.scenery.gate.set()
    one, two = await stage.clock.run_until(asyncio.gather(*opening[1:]))
    assert one.channel.scene is two.channel.scene
    assert stage.scenery.made["anna"] == 1
    assert (one.channel.scene.avatar, one.channel.id == two.channel.id) == ("anna", False)


async def test_only_the_avatars_asked_for_last_are_kept(stage: Stage) -> None:
    for avatar in ("anna", "bert", "cleo", "dora", "emil", "anna"):
        session = await stage.clock.run_until(stage.hub.open_session(avatar=avatar))
        await stage.hub.close_session(session.id)
    assert stage.scenery.made["anna"] == 2
    assert len(stage.hub.scenes_on_air()) == 5
