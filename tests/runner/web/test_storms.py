"""Pages that come and go: reloads by the hundred, sockets that break off, many at once with a picture to be made."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import websockets

from tests.runner.web.house import House
from tests.runner.web.test_attacks import goes_on
from tests.runner.web.test_socket import connect, receive

RELOADS = 100


async def nobody_listens(house: House) -> None:
    """Every session is without a reader: who has gone is noticed."""
    ends = time.monotonic() + 5
    while any(session.watched for session in house.hub._sessions.values()):
        assert time.monotonic() < ends
        await asyncio.sleep(0.02)


async def test_a_page_that_reloads_a_hundred_times_stays_one_session(house: House) -> None:
    async with connect(house) as socket:
        told = await receive(socket, "session")
    query = f"?session={told['session_id']}&resume={told['resume_token']}"
    before = len(asyncio.all_tasks())
    for _ in range(RELOADS):
        async with connect(house, query) as socket:
            assert (await receive(socket, "session"))["channel"] == told["channel"]
    await nobody_listens(house)
    assert [session.id for session in house.hub._sessions.values()] == [told["session_id"]]
    assert len(asyncio.all_tasks()) <= before + 3
    await goes_on(house)


async def test_a_storm_of_new_pages_is_let_in_as_far_as_there_is_room_and_holds_up_nobody(house: House) -> None:
    async def come() -> str:
        async with connect(house) as socket:
            try:
                first: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), 10))
            except websockets.ConnectionClosed:
                return "closed"
            return str(first.get("code", first["type"]))

    told = await asyncio.gather(*(come() for _ in range(RELOADS)))
    room = told.count("session")
    assert 1 <= room <= house.hub.capacity
    assert told.count("capacity.full") == RELOADS - room
    await nobody_listens(house)
    assert len(house.hub.channels()) == room
    await goes_on(house)


async def test_a_socket_that_breaks_off_again_and_again_loses_nothing(house: House) -> None:
    async with connect(house) as socket:
        told = await receive(socket, "session")
    query = f"?session={told['session_id']}&resume={told['resume_token']}"
    for _ in range(30):
        socket = await connect(house, query)
        await receive(socket, "session")
        socket.transport.abort()  # as a network does it: without a word
    await nobody_listens(house)
    async with connect(house, query) as socket:
        await receive(socket, "session")
        await house.say("Still here.")
        assert (await receive(socket, "turn_end"))["reason"] == "done"


async def test_many_who_ask_for_the_same_picture_at_once_wait_for_one_making(house: House) -> None:
    opened = await asyncio.gather(*(house.http.post("/api/sessions", json={"avatar": "presenter"}) for _ in range(20)))
    codes = {answer.status_code for answer in opened}
    assert codes <= {201, 503}
    assert 201 in codes
    assert house.maker.made["presenter"] <= 1
