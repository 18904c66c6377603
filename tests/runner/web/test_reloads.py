"""A storm of reloads over real sockets: each page gets its stream, none is refused, and nothing stays behind."""

from __future__ import annotations

import asyncio
import json

import pytest
import websockets

from .house import House

WITHIN_TENTHS = 200


@pytest.mark.parametrize("reloads", [30, pytest.param(100, marks=pytest.mark.full)])
async def test_reloads_with_cut_sockets_leave_the_register_as_it_was(house: House, reloads: int) -> None:
    address = house.url.replace("http", "ws") + "/session"
    before = register(house)
    for number in range(reloads):
        socket = await websockets.connect(address, proxy=None)
        told = json.loads(await socket.recv())
        assert told["type"] == "session", f"reload {number}: {told}"
        playlist = await house.http.get(told["playlist"])
        assert playlist.status_code == 200
        socket.transport.abort()  # the line is cut, no goodbye
    assert house.errors == {}
    for _ in range(WITHIN_TENTHS):
        if register(house) == before:
            break
        await asyncio.sleep(0.1)
    assert register(house) == before


def register(house: House) -> tuple[list[str], list[str]]:
    """The channels and sessions there are."""
    return [channel.id for channel in house.hub.channels()], list(house.hub._sessions)
