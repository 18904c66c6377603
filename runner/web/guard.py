"""What every request passes first: a cap on its body and its patience, and headers that keep browsers from guessing."""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problem import describe, problem

BODY_LIMIT_BYTES = 256 * 1024
"""Above the 100 kB of text that the live loop refuses with a sentence of its own."""
BODY_PATIENCE_S = 20.0
"""How long the next piece of a body may take; a client that trickles it holds a socket and memory for nothing."""
CLOSE = {"Connection": "close"}


class Guard:
    """ASGI middleware: 413 for a body over the limit, 408 for one that does not come; `nosniff` on every answer."""

    def __init__(
        self, app: ASGIApp, *, limit_bytes: int = BODY_LIMIT_BYTES, patience_s: float = BODY_PATIENCE_S
    ) -> None:
        self._app = app
        self._limit_bytes = limit_bytes
        self._patience_s = patience_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its announced length is over the limit."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > self._limit_bytes:
            await problem(describe(self._too_large()), headers=CLOSE)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive), _with_headers(send))

    def _counted(self, receive: Receive) -> Receive:
        seen_bytes, whole = 0, False

        async def counted() -> Message:
            nonlocal seen_bytes, whole
            try:
                # After the whole body only the end of the connection is waited for, and that may take long.
                message = await asyncio.wait_for(receive(), None if whole else self._patience_s)
            except asyncio.TimeoutError as exc:
                raise HTTPException(408, "The body did not come in time; send it again.", headers=CLOSE) from exc
            whole = not message.get("more_body", False)
            seen_bytes += len(message.get("body", b""))
            if seen_bytes > self._limit_bytes:
                raise self._too_large()
            return message

        return counted

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"The body is over {self._limit_bytes} bytes; send less at a time.", headers=CLOSE)


def _with_headers(send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("X-Content-Type-Options", "nosniff")
        await send(message)

    return headed
