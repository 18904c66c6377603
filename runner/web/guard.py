"""What every request passes first: a cap on its body and its patience, and headers that keep browsers from guessing."""

from __future__ import annotations

import asyncio
import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problem import describe, problem

BODY_LIMIT_BYTES = 256 * 1024
"""Above the 100 kB of text that the live loop refuses with a sentence of its own."""
BODY_PATIENCE_S = 20.0
"""How long the next piece of a body may take; a client that trickles it holds a socket and memory for nothing."""
PICTURE_LIMIT_BYTES = 20 * 1024 * 1024
GRAPH_LIMIT_BYTES = 4 * 1024 * 1024
LARGER = (
    ("POST", re.compile(r"/api/avatars/?"), PICTURE_LIMIT_BYTES),
    ("POST", re.compile(r"/api/check/?"), GRAPH_LIMIT_BYTES),
    ("PUT", re.compile(r"/api/channels/[^/]+/workflow/?"), GRAPH_LIMIT_BYTES),
)
"""What takes more: method, path, bytes. Each looks at who asks before it reads."""
PASSED_OVER_BYTES = 128 * 1024 * 1024
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
        limit_bytes = self._limit_for(scope)
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > limit_bytes:
            await self._pass_over(receive)
            await problem(describe(_too_large(limit_bytes)), headers=CLOSE)(scope, receive, send)
            return
        await self._app(scope, self._counted(receive, limit_bytes), _with_headers(send))

    async def _pass_over(self, receive: Receive) -> None:
        """Read what was announced and forget it: a browser that is cut off while it sends never hears why."""
        passed_bytes, more = 0, True
        while more and passed_bytes < PASSED_OVER_BYTES:
            try:
                message = await asyncio.wait_for(receive(), self._patience_s)
            except asyncio.TimeoutError:
                return
            passed_bytes += len(message.get("body", b""))
            more = message.get("more_body", False)

    def _counted(self, receive: Receive, limit_bytes: int) -> Receive:
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
            if seen_bytes > limit_bytes:
                raise _too_large(limit_bytes)
            return message

        return counted

    def _limit_for(self, scope: Scope) -> int:
        for method, path, limit_bytes in LARGER:
            if scope["method"] == method and path.fullmatch(scope["path"]):
                return limit_bytes
        return self._limit_bytes


def _too_large(limit_bytes: int) -> HTTPException:
    return HTTPException(413, f"The body is over {limit_bytes} bytes; send less at a time.", headers=CLOSE)


def _with_headers(send: Send) -> Send:
    async def headed(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("X-Content-Type-Options", "nosniff")
        await send(message)

    return headed
