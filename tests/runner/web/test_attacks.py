"""What a careless or hostile client sends: the answer has a code, and the stream goes on."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from starlette.types import Message

from runner.live.channel import Channel
from runner.web.guard import Guard
from tests.runner.web.house import House, only_channel
from tests.runner.web.test_socket import connect, receive, send

FLOOD = 1000
VIEWERS = 200


async def raw(house: House) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = httpx.URL(house.url)
    return await asyncio.open_connection(url.host, url.port)


async def goes_on(house: House) -> None:
    """The newest channel publishes two more parts, and requests are answered."""
    channel = await house.channel()
    end_ticks = channel.stream.next_ticks
    for _ in range(2):
        assert await channel.wait_for(*channel.stream.next_part, 5_000_000_000)
    assert channel.stream.next_ticks > end_ticks
    assert (await house.http.get("/health/live")).status_code == 200


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[House]:
    async with House(tmp_path, patience_s=0.3) as opened:
        yield opened


@pytest.mark.parametrize("sent", [b"", b"GET / HTTP/1.1\r\nHost: a.test\r\nX-Slow: "], ids=["silent", "half a header"])
async def test_sockets_that_ask_for_nothing_are_closed_and_hold_nobody_up(impatient: House, sent: bytes) -> None:
    opened = [await raw(impatient) for _ in range(100)]
    for _, writer in opened:
        writer.write(sent)
    await goes_on(impatient)
    ends = await asyncio.wait_for(asyncio.gather(*(reader.read() for reader, _ in opened)), 10)
    assert set(ends) == {b""}
    for _, writer in opened:
        writer.close()


async def test_a_connection_in_use_and_a_silent_socket_outlive_the_patience(impatient: House) -> None:
    async with connect(impatient) as socket:
        await receive(socket, "session")
        stream = (await impatient.channel()).stream
        for _ in range(4):  # each is held for up to 0.32 s, on one connection
            msn, part = stream.next_part
            answer = await impatient.http.get(
                f"/hls/{await only_channel(impatient)}/manifest.m3u8?_HLS_msn={msn}&_HLS_part={part}"
            )
            assert answer.status_code == 200
        await send(socket, type="prompt", text="")
        assert (await receive(socket, "error"))["code"] == "text.refused"


async def test_a_body_that_does_not_come_is_a_408() -> None:
    sent: list[Message] = []

    async def app(scope: Any, receive_: Any, send_: Any) -> None:
        await receive_()

    async def never() -> Message:
        return dict(await asyncio.get_running_loop().create_future())

    async def note(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/", "headers": [(b"content-length", b"9")]}
    with pytest.raises(Exception, match="did not come in time") as told:
        await Guard(app, patience_s=0.01)(scope, never, note)
    assert told.value.__dict__["status_code"] == 408


@pytest.mark.parametrize("wanted", ["bytes=" + "9" * 5000 + "-", "bytes=0-" + "9" * 5000, "bytes=-" + "9" * 5000])
async def test_a_range_of_5000_digits_is_no_bug(house: House, wanted: str) -> None:
    answer = await house.http.get(f"/hls/{await only_channel(house)}/init_0.mp4", headers={"Range": wanted})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/"), ("PUT", "/hls/x/manifest.m3u8"), ("PATCH", "/api/sessions"), ("GET", "/api/sessions/x/prompt")],
)
async def test_a_method_that_is_not_taken_is_a_405_that_names_the_others(house: House, method: str, path: str) -> None:
    answer = await house.http.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method.not_allowed")
    assert method not in answer.headers["allow"]


@pytest.mark.parametrize(
    "body", [b'{"voice": "\xff"}', b"[" * 100_000, b'{"voice": "\\ud800"}'], ids=["bytes", "nested", "surrogate"]
)
async def test_a_body_that_cannot_be_read_is_refused_with_a_code(house: House, body: bytes) -> None:
    answer = await house.http.post("/api/sessions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("request.bad", "request.invalid")
    assert answer.json()["retryable"] is False


async def test_another_origin_may_ask_and_is_answered(house: House) -> None:
    wanted = {"Origin": "http://a.test", "Access-Control-Request-Method": "PUT"}
    answer = await house.http.options("/api/sessions", headers=wanted)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    refused = await house.http.put("/api/sessions", headers=wanted)
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (405, "*")


async def test_a_list_is_zipped_for_who_can_read_it_and_the_same(house: House) -> None:
    url = f"/hls/{await only_channel(house)}/master.m3u8"
    plain = await house.http.get(url, headers={"Accept-Encoding": "identity"})
    zipped = await house.http.get(url, headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in plain.headers
    assert zipped.headers["content-encoding"] == "gzip"
    assert zipped.text == plain.text
    assert all("Accept-Encoding" in answer.headers["vary"] for answer in (plain, zipped))


@pytest.mark.parametrize(
    ("count", "make"),
    [
        (FLOOD // 10, lambda n: json.dumps({"v": 1, "type": "prompt", "text": f"One two three {n}."})),  # each begins
        (FLOOD, lambda n: json.dumps({"v": 1, "type": "say", "text": f"One two three {n}."})),
        (FLOOD, lambda n: json.dumps({"v": 1, "type": "playhead", "pdt_ms": n})),
        (FLOOD, lambda n: json.dumps({"v": 1, "type": "client_log", "level": "error", "event": str(n), "data": "x"})),
        (FLOOD, lambda _: '{"v": 1, "type"'),
        (FLOOD, lambda _: b"\xff" * 100),
    ],
    ids=["prompt", "say", "playhead", "client_log", "no json", "binary"],
)
async def test_a_flood_of_messages_is_taken_and_the_stream_goes_on(
    house: House, count: int, make: Callable[[int], str | bytes]
) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        for number in range(count):
            await socket.send(make(number))
        await goes_on(house)
        await send(socket, type="control", action="stop")
        await send(socket, type="prompt", text="")
        while (await receive(socket, "error"))["code"] != "text.refused":
            pass


async def test_text_that_is_not_utf8_ends_its_own_connection_only(house: House) -> None:
    async with connect(house) as socket:
        await receive(socket, "session")
        mask = os.urandom(4)
        payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(b"\xff\xfe"))
        socket.transport.write(bytes([0x81, 0x80 | len(payload)]) + mask + payload)
        with contextlib.suppress(websockets.ConnectionClosedError):
            async for _ in socket:  # what was on its way, until the server closes
                pass
        assert socket.close_code == 1007
    await goes_on(house)


async def reload(channel: Channel, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    """Ask for the list with the part that is next, on this connection; return it."""
    msn, part = channel.stream.next_part
    path = f"/hls/{channel.id}/manifest.m3u8?_HLS_msn={msn}&_HLS_part={part}"
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a.test\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    assert head.startswith("http/1.1 200"), head
    return (await reader.readexactly(int(head.split("content-length: ")[1].split()[0]))).decode()


async def test_two_hundred_viewers_wait_for_the_same_parts_and_get_each_of_them(house: House) -> None:
    channel = await house.channel()
    viewers = [await raw(house) for _ in range(VIEWERS)]
    listed = 0
    for _ in range(3):
        texts = await asyncio.gather(*(reload(channel, *viewer) for viewer in viewers))
        counts = {text.count("#EXT-X-PART:") + text.count("#EXTINF") for text in texts}
        assert min(counts) > listed
        listed = min(counts)
    for _, writer in viewers:
        writer.close()
    await goes_on(house)
