from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import MutableMapping
from typing import Any

import pytest
import websockets
from fastapi import FastAPI
from jsonschema import Draft202012Validator

from runner.live.messages import schema
from runner.web.socket import CLOSE_BAD_INPUT, socket_router
from tests.runner.web.house import House

OUT = Draft202012Validator({"$ref": "#/$defs/out", "$defs": schema()["$defs"]})


async def receive(socket: Any, kind: str) -> dict[str, Any]:
    """The next message of this kind; everything on the way is held against the schema."""
    while True:
        message = json.loads(await socket.recv())
        OUT.validate(message)
        if message["type"] == kind:
            return dict(message)


def connect(house: House, query: str = "") -> Any:
    return websockets.connect(f"{house.url.replace('http', 'ws')}/session{query}", proxy=None)


async def send(socket: Any, **message: Any) -> None:
    await socket.send(json.dumps({"v": 1, **message}))


async def test_a_session_is_introduced_and_its_playlist_plays(house: House) -> None:
    async with connect(house) as socket:
        told = await receive(socket, "session")
    assert (await house.http.get(told["playlist"])).status_code == 200
    assert len(told["session_id"]) >= 16
    assert len(told["resume_token"]) >= 16


async def test_a_prompt_is_answered_with_a_turn_and_its_end(house: House) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        await send(socket, type="prompt", text="Hello there.")
        turn = (await receive(socket, "clause"))["turn"]
        end = await receive(socket, "turn_end")
    assert (end["turn"], end["reason"], end["interrupted"]) == (turn, "done", False)


async def test_stop_ends_the_turn(house: House) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        await send(socket, type="say", text="One two three four five six seven eight nine ten. " * 3)
        while (await receive(socket, "state"))["state"] != "talking":
            pass
        await send(socket, type="control", action="stop")
        end = await receive(socket, "turn_end")
    assert (end["reason"], end["interrupted"]) == ("interrupted", True)


async def test_a_session_is_resumed_with_its_token_and_not_without(house: House) -> None:
    async with connect(house) as socket:
        told = await receive(socket, "session")
    for resume in ("", "&resume=guess"):
        async with connect(house, f"?session={told['session_id']}{resume}") as socket:
            assert (await receive(socket, "error"))["retryable"] is False
            with pytest.raises(websockets.ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4400
    async with connect(house, f"?session={told['session_id']}&resume={told['resume_token']}") as socket:
        assert (await receive(socket, "session"))["channel"] == told["channel"]


async def test_the_pages_own_errors_reach_the_log(house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="onair.client"):
        async with connect(house) as socket:
            await receive(socket, "session")
            await send(socket, type="client_log", level="error", event="player.stall", data={"at": "x" * 9000})
            await send(socket, type="prompt", text="")
            await receive(socket, "error")
    record = next(record for record in caplog.records if record.name == "onair.client")
    assert record.levelno == logging.ERROR
    assert record.__dict__["event"] == "player.stall"
    assert len(record.__dict__["data"]) <= 2000


async def test_rest_speaks_into_the_same_session(house: House) -> None:
    opened = (await house.http.post("/api/sessions")).json()
    async with connect(house, f"?session={opened['session_id']}&resume={opened['resume_token']}") as socket:
        await receive(socket, "session")
        said = await house.http.post(f"/api/sessions/{opened['session_id']}/say", json={"text": "Hello."})
        assert said.status_code == 202
        assert (await receive(socket, "clause"))["turn"] == said.json()["turn"]
        stopped = await house.http.post(f"/api/sessions/{opened['session_id']}/stop")
        assert stopped.status_code == 202
    assert (await house.http.delete(f"/api/sessions/{opened['session_id']}")).status_code == 204
    assert (await house.http.delete(f"/api/sessions/{opened['session_id']}")).status_code == 404


async def test_an_empty_text_is_refused_over_rest(house: House) -> None:
    opened = (await house.http.post("/api/sessions")).json()
    answer = await house.http.post(f"/api/sessions/{opened['session_id']}/prompt", json={"text": "  "})
    assert (answer.status_code, answer.json()["code"]) == (422, "text.refused")


async def test_a_private_channel_is_not_listed_by_its_id(house: House) -> None:
    opened = (await house.http.post("/api/sessions")).json()
    listed = (await house.http.get("/api/channels")).json()
    assert listed["private"] >= 1
    assert opened["channel"] not in json.dumps(listed)


async def test_a_prompts_own_id_comes_back_with_its_turn_or_its_refusal(house: House) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        await send(socket, type="prompt", text="Hello there.", client_id="mine")
        thinking = await receive(socket, "state")
        while "turn" not in thinking:
            thinking = await receive(socket, "state")
        assert (thinking["state"], thinking["client_id"]) == ("thinking", "mine")
        assert (await receive(socket, "turn_end"))["client_id"] == "mine"
        await send(socket, type="say", text="", client_id="empty")
        refused = await receive(socket, "error")
    assert (refused["code"], refused["client_id"]) == ("text.refused", "empty")


async def test_a_speaker_that_the_graph_lacks_is_refused_by_name(house: House) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        await send(socket, type="prompt", text="Hello there.", speaker="2", client_id="mine")
        refused = await receive(socket, "error")
    assert (refused["code"], refused["client_id"]) == ("speaker.unknown", "mine")
    session = (await house.http.post("/api/sessions")).json()["session_id"]
    answer = await house.http.post(f"/api/sessions/{session}/say", json={"text": "Hello.", "speaker": "2"})
    assert (answer.status_code, answer.json()["code"]) == (422, "speaker.unknown")


async def test_every_refusal_is_counted_by_its_code(house: House) -> None:
    session = (await house.http.post("/api/sessions")).json()["session_id"]
    await house.http.post(f"/api/sessions/{session}/prompt", json={"text": ""})
    await house.http.post("/api/sessions", json={"voice": "nobody"})
    async with connect(house) as socket:
        await receive(socket, "session")
        await send(socket, type="dance")
        await receive(socket, "error")
        await send(socket, type="say", text="")
        await receive(socket, "error")
    assert house.errors["text.refused"] == 2
    assert house.errors["message.unknown"] == 1
    assert sum(house.errors.values()) == 4


async def test_a_client_that_stops_reading_is_closed_and_the_others_hear_on(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.web.connection.SEND_TIMEOUT_S", 0.2)
    async with connect(house) as socket, connect(house) as deaf:
        await receive(socket, "session")
        session = house.hub.session((await receive(deaf, "session"))["session_id"])
        assert session is not None
        deaf.transport.pause_reading()
        for _ in range(200):  # more than the kernel's buffers take
            session._emit({"type": "stats", "text": "x" * 60_000})
        await send(socket, type="prompt", text="Hello there.")
        assert (await receive(socket, "turn_end"))["reason"] == "done"
        assert not session.watched
        deaf.transport.resume_reading()
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(_drain(deaf), 10)


async def _drain(socket: Any) -> None:
    while True:
        await socket.recv()


@pytest.mark.parametrize("gone", [True, False], ids=["gone", "slow"])
async def test_whoever_is_refused_and_takes_no_word_of_it_is_closed_without_a_traceback(
    house: House, monkeypatch: pytest.MonkeyPatch, gone: bool
) -> None:
    monkeypatch.setattr("runner.web.connection.SEND_TIMEOUT_S", 0.05)
    tried: list[str] = []

    async def receive_nothing_more() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def take_no_text(message: MutableMapping[str, Any]) -> None:
        tried.append(f"{message['type']} {message.get('code', '')}".strip())
        if message["type"] == "websocket.send":
            if gone:
                raise OSError
            await asyncio.Event().wait()

    app = FastAPI()
    app.include_router(socket_router(house.hub, on_error=lambda _: None))
    scope = {"type": "websocket", "path": "/session", "headers": [], "query_string": b"session=none&resume=none"}
    await app(scope, receive_nothing_more, take_no_text)
    closed = [] if gone else [f"websocket.close {CLOSE_BAD_INPUT}"]  # there is nobody to close on who is gone
    assert tried == ["websocket.accept", "websocket.send", *closed]
