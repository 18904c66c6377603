from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from fastapi import FastAPI

from runner.errors import BadInput, PortTaken, RunnerError
from runner.web.server import WebServer


async def test_a_taken_port_is_named() -> None:
    first = WebServer(host="127.0.0.1", port=0)
    try:
        with pytest.raises(PortTaken, match=str(first.port)):
            WebServer(host="127.0.0.1", port=first.port)
    finally:
        await first.close()


def test_an_address_of_another_machine_is_bad_input() -> None:
    with pytest.raises(BadInput):
        WebServer(host="192.0.2.1", port=0)


async def test_a_server_that_cannot_begin_says_so() -> None:
    server = WebServer(host="127.0.0.1", port=0)
    await server.close()
    with pytest.raises(RunnerError, match="has ended"):
        await server.start(FastAPI())


async def test_a_server_that_ends_by_itself_is_noticed() -> None:
    server = WebServer(host="127.0.0.1", port=0, patience_s=cast(Any, "no number"))
    await server.start(FastAPI())
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)  # its patience is looked at
        with pytest.raises(RunnerError, match="TypeError") as caught:
            await asyncio.wait_for(server.ended(), 5)
        assert caught.value.code == "web.ended"
        writer.close()
    finally:
        await server.close()


async def test_a_server_that_was_closed_has_ended_well() -> None:
    server = WebServer(host="127.0.0.1", port=0)
    await server.start(FastAPI())
    waiting = asyncio.ensure_future(server.ended())
    await server.close()
    await asyncio.wait_for(waiting, 5)
