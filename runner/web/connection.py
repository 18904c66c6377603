"""One open WebSocket: a writer of what the session tells, a reader of what the client asks.

A bad message is answered with `error` and the connection lives. A reader that is too slow is dropped, so that it
can hold up nobody: it comes back with its resume token.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from fastapi import WebSocket, WebSocketDisconnect

from .client_log import ClientLog
from .messages import MessageRefused, encode, parse
from .problem import OnError, describe
from .sessions import introduce

if TYPE_CHECKING:
    from runner.live.hub import Session
    from runner.live.subscription import Subscription

log = logging.getLogger("onair.web")

SEND_TIMEOUT_S = 5.0
ANSWERS_WAITING = 64
"""Nothing more is read while so many answers wait: a burst of prompts is taken at the pace of what is told of them."""
CLOSE_ENDED = 1000
BY_CLAUSE = {"by_clause": True, "whole": False}


class Connection:
    """One open socket: a writer of what the session tells, a reader of what the client asks."""

    def __init__(self, websocket: WebSocket, on_error: OnError) -> None:
        self._websocket = websocket
        self._on_error = on_error
        self._sending = asyncio.Lock()
        self._sent = asyncio.Event()
        self._client_log = ClientLog()

    async def run(self, session: Session) -> None:
        """Converse until either side ends, then leave the session as it is: it may be resumed."""
        subscription = session.subscribe()
        work: set[asyncio.Task[None]] = set()
        try:
            await self.send({"type": "session", **introduce(session)})
            work = {
                asyncio.create_task(self._write(subscription)),
                asyncio.create_task(self._read(session, subscription)),
            }
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
        except (WebSocketDisconnect, SlowReader):
            pass
        finally:
            subscription.close()
            for task in work:
                task.cancel()
            for outcome in await asyncio.gather(*work, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, (WebSocketDisconnect, SlowReader)):
                    log.error("socket failed", exc_info=outcome, extra={"session_id": session.id})
            await self.close(CLOSE_ENDED)

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message. Raises: SlowReader when it is not taken in time, WebSocketDisconnect."""
        async with self._sending:
            try:
                await asyncio.wait_for(self._websocket.send_text(encode(message)), SEND_TIMEOUT_S)
            except asyncio.TimeoutError as exc:
                log.warning("slow reader dropped", extra={"code": "socket.slow"})
                raise SlowReader from exc
            except RuntimeError as exc:  # Starlette's word for a socket that was closed meanwhile
                raise WebSocketDisconnect from exc

    async def fault(self, exc: BaseException, *, client_id: str | None = None) -> None:
        """Tell the client of an error; `client_id` as the refused message gave it."""
        fault = describe(exc)
        self._on_error(fault.code)
        if fault.status == 500:
            log.error("message failed", exc_info=exc, extra={"code": fault.code})
        message = {"type": "error", "code": fault.code, "message": fault.message, "retryable": fault.retryable}
        await self.send(message if client_id is None else {**message, "client_id": client_id})

    async def close(self, code: int) -> None:
        """Close; a socket that is closed already stays so."""
        with contextlib.suppress(RuntimeError, WebSocketDisconnect, asyncio.TimeoutError):
            await asyncio.wait_for(self._websocket.close(code), SEND_TIMEOUT_S)

    async def _write(self, subscription: Subscription) -> None:
        async for message in subscription:
            await self.send(message)
            self._sent.set()

    async def _read(self, session: Session, subscription: Subscription) -> None:
        while True:
            while subscription.waiting > ANSWERS_WAITING:
                self._sent.clear()
                await self._sent.wait()
            received = await self._websocket.receive()
            if received["type"] == "websocket.disconnect":
                return
            message: dict[str, Any] = {}
            try:
                text = received.get("text")
                if text is None:
                    raise MessageRefused("Messages are JSON text, not binary; send text.", code="message.not_json")
                message = parse(text)
                await self._take(session, message)
            except (WebSocketDisconnect, SlowReader):
                raise
            except Exception as exc:  # any failure is told, and the connection lives
                await self.fault(exc, client_id=message.get("client_id"))

    async def _take(self, session: Session, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "prompt":
            await session.prompt(
                message["text"], message.get("client_id"), message.get("speaker"), message.get("voice")
            )
        elif kind == "say":
            await session.say(message["text"], message.get("client_id"), message.get("speaker"), message.get("voice"))
        elif kind == "control" and message["action"] == "idle":
            session.idle_after_clause()
        elif kind == "control" and message["action"] in BY_CLAUSE:
            session.speak_by_clause(BY_CLAUSE[message["action"]])
        elif kind == "control":
            await session.stop(message.get("heard_pdt_ms"))
        elif kind == "playhead":
            session.playhead(message["pdt_ms"])
        elif kind == "client_log":
            self._client_log.write(session.id, message)


class SlowReader(Exception):
    """The client did not take a message in time; only this module sees it."""
