"""The WebSocket `/session`: who is let in, and with which code one is sent away."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

from runner.errors import BadInput, Busy

from .connection import Connection, SlowReader
from .problem import OnError

if TYPE_CHECKING:
    from runner.live.hub import Hub, Session

CLOSE_BAD_INPUT, CLOSE_FAILED, CLOSE_BUSY = 4400, 1011, 1013


def socket_router(hub: Hub, *, on_error: OnError) -> APIRouter:
    """Route `/session?session=&resume=&channel=&voice=&avatar=`; `on_error` is told the code of every error."""
    router = APIRouter()

    @router.websocket("/session")
    async def converse(websocket: WebSocket) -> None:
        await websocket.accept()
        connection = Connection(websocket, on_error)
        try:
            session = await _enter(hub, websocket)
        except Exception as exc:  # told to the client; a bug is logged there
            with contextlib.suppress(WebSocketDisconnect, SlowReader):  # gone before it heard why
                await connection.fault(exc)
            await connection.close(_close_code(exc))
            return
        await connection.run(session)

    return router


async def _enter(hub: Hub, websocket: WebSocket) -> Session:
    asked = {
        name: websocket.query_params.get(name) or None for name in ("session", "resume", "channel", "voice", "avatar")
    }
    if any(value is not None and len(value) > 200 for value in asked.values()):
        raise BadInput("A value in the address is over 200 characters; give a shorter one.", code="request.invalid")
    if asked["session"] is not None:
        if asked["resume"] is None:
            raise BadInput("A session is resumed with its resume_token; give it as resume=.", code="session.refused")
        return hub.resume(asked["session"], asked["resume"])
    return await hub.open_session(channel=asked["channel"], voice=asked["voice"], avatar=asked["avatar"])


def _close_code(exc: BaseException) -> int:
    if isinstance(exc, Busy):
        return CLOSE_BUSY
    return CLOSE_BAD_INPUT if isinstance(exc, BadInput) else CLOSE_FAILED
