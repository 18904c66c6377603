"""Messages that are not as the schema says, or that no text can carry: told, and the connection lives."""

from __future__ import annotations

import json

import pytest

from runner.web.messages import encode, parse
from tests.runner.web.house import House
from tests.runner.web.test_socket import connect, receive, send


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "message.not_json"),
        ("[" * 100_000, "message.not_json"),
        ("3", "message.unknown"),
        ('{"type": "dance", "v": 1}', "message.unknown"),
        ('{"type": ["prompt"], "v": 1}', "message.unknown"),
        ('{"type": "prompt", "v": 1}', "message.invalid"),
        ('{"type": "prompt", "v": 2, "text": "x"}', "message.invalid"),
        ('{"type": "control", "v": 1, "action": "jump"}', "message.invalid"),
        ('{"type": "playhead", "v": 1, "pdt_ms": "soon"}', "message.invalid"),
        ('{"type": "prompt", "v": 1, "text": "x", "client_id": "\\ud800"}', "message.invalid"),
        ('{"type": "prompt", "v": 1, "text": "\\udc00"}', "message.invalid"),
        ('{"type": "client_log", "v": 1, "level": "info", "event": "e", "data": [{"\\ud800": 1}]}', "message.invalid"),
        ('{"type": "prompt", "v": 1, "text": "x", "\\ud800": 1}', "message.invalid"),
        ('{"type": "\\ud800", "v": 1}', "message.unknown"),
        (json.dumps({"type": "prompt", "v": 1, "text": "x", "client_id": "c" * 201}), "message.invalid"),
        (json.dumps({"type": "say", "v": 1, "text": "x", "speaker": "s" * 201}), "message.invalid"),
        (b"\x00\x01", "message.not_json"),
    ],
)
async def test_a_bad_message_is_answered_and_the_connection_lives(house: House, text: str | bytes, code: str) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        await socket.send(text)
        assert (await receive(socket, "error"))["code"] == code
        await send(socket, type="playhead", pdt_ms=1)
        await send(socket, type="prompt", text="")
        assert (await receive(socket, "error"))["code"] == "text.refused"


async def test_half_a_character_that_was_taken_in_closes_no_socket_and_no_resume(house: House) -> None:
    async with connect(house) as socket:
        told = await receive(socket, "session")
        session = house.hub.session(told["session_id"])
        assert session is not None
        await session.say("One two three four five six seven eight nine ten. " * 3, "id \ud800")
        while (await receive(socket, "state")).get("client_id") != "id ?":  # the first may be of the idle before it
            pass
        await send(socket, type="prompt", text="")
        assert (await receive(socket, "error"))["code"] == "text.refused"
    async with connect(house, f"?session={told['session_id']}&resume={told['resume_token']}") as socket:
        await receive(socket, "session")
        await send(socket, type="control", action="stop")
        assert (await receive(socket, "turn_end"))["client_id"] == "id ?"


def test_two_halves_of_one_character_are_whole() -> None:
    text = "\U0001f600"
    assert parse(json.dumps({"type": "prompt", "v": 1, "text": text}))["text"] == text  # as `\\ud83d\\ude00`
    assert json.loads(encode({"type": "error", "message": text}))["message"] == text
