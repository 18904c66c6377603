"""Conversations over REST: open, prompt, say, stop, close. The WebSocket does the same with answers as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from .problem import NotFound

if TYPE_CHECKING:
    from runner.live.hub import Hub, Session

Name = Annotated[str, Field(max_length=200)]


class OpenSession(BaseModel):
    """What a session starts with; everything may be left out."""

    model_config = ConfigDict(extra="forbid")
    channel: Name | None = None
    voice: Name | None = None
    avatar: Name | None = None
    by_clause: bool | None = Field(
        None, description="Speak each sentence as soon as it is rendered, idle between; left out: as the server is set."
    )


class Text(BaseModel):
    """What to say; `client_id` comes back with the turn, so that an application can match them."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"text": "Good evening. Here is the news.", "client_id": "1"}}
    )
    text: str
    client_id: Name | None = None
    speaker: Name | None = Field(
        None,
        description="Who says it, in a graph of two speakers: 1 or 2. Left out: the first.",
    )
    voice: Name | None = Field(None, description="Whose voice says it, one of /api/voices. Left out: the session's.")


class Control(BaseModel):
    """`stop` now, or `idle` after the current clause; `heard_pdt_ms` is the client's playhead."""

    model_config = ConfigDict(extra="forbid")
    action: Literal["stop", "idle"] = "stop"
    heard_pdt_ms: Annotated[int, Field(ge=0)] | None = None


def sessions_router(hub: Hub) -> APIRouter:
    """Routes under `/api/sessions`. A session's id is unguessable; who has it may speak in it."""
    router = APIRouter(prefix="/api/sessions", tags=["sessions"])

    @router.post("", status_code=201, summary="Open a session")
    async def open_session(wanted: OpenSession | None = None) -> dict[str, object]:
        """Open a conversation. 503 `capacity.full` when the machine cannot render one more in time."""
        wanted = wanted or OpenSession(by_clause=None)
        session = await hub.open_session(channel=wanted.channel, voice=wanted.voice, avatar=wanted.avatar)
        if wanted.by_clause is not None:
            session.speak_by_clause(wanted.by_clause)
        return introduce(session)

    @router.post("/{session_id}/prompt", status_code=202, summary="Speak now")
    async def prompt(session_id: str, text: Text) -> dict[str, object]:
        """Say it now: what is being said is stopped. Answers with the turn's id at once."""
        turn = await _session(hub, session_id).prompt(text.text, text.client_id, text.speaker, text.voice)
        return {"turn": turn, "client_id": text.client_id}

    @router.post("/{session_id}/say", status_code=202, summary="Speak next")
    async def say(session_id: str, text: Text) -> dict[str, object]:
        """Say it after what is being said. Answers with the turn's id at once."""
        turn = await _session(hub, session_id).say(text.text, text.client_id, text.speaker, text.voice)
        return {"turn": turn, "client_id": text.client_id}

    @router.post("/{session_id}/stop", status_code=202, summary="Stop speaking")
    async def stop(session_id: str, control: Control | None = None) -> dict[str, object]:
        """Stop speaking: now, or after the current clause."""
        return await _stop(_session(hub, session_id), control or Control())

    @router.delete("/{session_id}", status_code=204, summary="Close a session")
    async def close_session(session_id: str) -> Response:
        """End the conversation and, when it is its own, its channel."""
        _session(hub, session_id)
        await hub.close_session(session_id)
        return Response(status_code=204)

    return router


def introduce(session: Session) -> dict[str, object]:
    """Say how to reach a session: its id, the token that resumes it, its channel, and the master playlist's path."""
    return {
        "session_id": session.id,
        "resume_token": session.resume_token,
        "channel": session.channel.id,
        "playlist": f"/hls/{session.channel.id}/master.m3u8",
    }


async def _stop(session: Session, control: Control) -> dict[str, object]:
    if control.action == "idle":
        session.idle_after_clause()
        return {"action": "idle"}
    return {"action": "stop", "turn_end": await session.stop(control.heard_pdt_ms)}


def _session(hub: Hub, session_id: str) -> Session:
    session = hub.session(session_id)
    if session is None:
        raise NotFound("There is no such session; open one with POST /api/sessions.", code="session.unknown")
    return session
