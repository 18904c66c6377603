"""Graphs over HTTP: looked at, and put on air."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Header, Request
from fastapi.concurrency import run_in_threadpool

from runner.batch.judgement import Judgement
from runner.errors import BadInput, PromptFailed, PromptRejected, WorkflowRefused

from .access import Access
from .problem import AccessDenied, NotFound

if TYPE_CHECKING:
    from runner.live.hub import Hub

Judge = Callable[[Mapping[str, Any]], Awaitable[Judgement]]
NODE_ID = re.compile(r"\((\d[\d:]*)\)")
"""As sentences of the engine name a node, behind its class."""
GRAPH: dict[str, object] = {"type": "object", "description": "A graph as the editor saves it, or in the API format."}
SWAP: dict[str, object] = {
    "workflow": GRAPH,
    "idle": {"type": "object", "description": "Its idle graph; left out: what it names, else the server's."},
    "avatar": {"type": "string", "description": "The picture, one of /api/avatars; left out: the graph's own."},
}


def workflows_router(hub: Hub, *, judge: Judge | None, access: Access) -> APIRouter:
    """Routes `POST /api/check` (where there is a judge) and `PUT /api/channels/{channel}/workflow`."""
    router = APIRouter(prefix="/api", tags=["workflows"], dependencies=[Depends(access.admit)])

    if judge is not None:
        known_judge = judge

        @router.post("/check", openapi_extra=body_of({"workflow": GRAPH}), summary="Check a graph")
        async def check(request: Request) -> dict[str, object]:
            """Name missing nodes, models and files, refused values and links by node; `live`: it can go on air."""
            judgement = await known_judge(graph_of(await read_object(request), "workflow"))
            return {"findings": judgement.findings, "live": judgement.live}

    @router.put(
        "/channels/{channel}/workflow", status_code=202, openapi_extra=body_of(SWAP), summary="Put a graph on air"
    )
    async def swap(
        channel: str,
        request: Request,
        resume: Annotated[
            str, Header(alias="X-OnAir-Resume", description="`resume_token` of a session on its own channel.")
        ] = "",
    ) -> dict[str, object]:
        """Put another graph on a channel's air without stopping the stream; a refused one leaves the old there.

        `applies`: `now`, or `next_window` while it speaks. Refused with `findings`, each at its node.
        """
        _may_change(hub, channel, resume)
        told = await read_object(request)
        avatar = told.get("avatar")
        if avatar is not None and not isinstance(avatar, str):
            raise BadInput("avatar: give the id of one of /api/avatars, as text.", code="request.invalid")
        workflow = graph_of(told, "workflow")
        idle = graph_of(told, "idle") if told.get("idle") is not None else None
        with _blamed_on_the_graph():
            swapped = await hub.swap(channel, workflow, idle=idle, avatar=avatar)
        return {"channel": channel, "findings": list(swapped.findings), "applies": swapped.applies}

    return router


def _may_change(hub: Hub, channel_id: str, token: str) -> None:
    """Raises: NotFound `channel.unknown`, AccessDenied for somebody else's own channel."""
    channel = hub.channel(channel_id)
    if channel is None:
        raise NotFound("There is no such channel; open a session with POST /api/sessions.", code="channel.unknown")
    if channel.own and not hub.opens(channel, token):
        # Who watches knows the id from the playlist's address; that is no leave to change the picture.
        raise AccessDenied(
            "This channel belongs to a session; send its resume_token as X-OnAir-Resume to put a graph on it."
        )


@contextmanager
def _blamed_on_the_graph() -> Iterator[None]:
    """Let what fails while a graph is tried, and would fail again, be its own fault. Raises: WorkflowRefused."""
    try:
        yield
    except (PromptFailed, PromptRejected) as exc:
        if exc.retryable:
            raise
        named = NODE_ID.search(str(exc))
        finding = {"node": named.group(1) if named else None, "code": exc.code, "severity": "error"}
        raise WorkflowRefused(str(exc), code=exc.code, findings=[{**finding, "message": str(exc)}]) from exc


def body_of(properties: Mapping[str, object]) -> dict[str, Any]:
    """Describe a JSON body that a handler reads by itself, since it may be large; the first property is needed."""
    schema = {"type": "object", "properties": properties, "required": list(properties)[:1]}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


async def read_object(request: Request) -> dict[str, Any]:
    """Read a JSON object, off the loop. Raises: BadInput `request.invalid`."""
    data = await request.body()
    try:
        told = await run_in_threadpool(_loaded, data)
    except (ValueError, RecursionError) as exc:
        raise BadInput("The body is not JSON that can be read; send one JSON object.", code="request.invalid") from exc
    if not isinstance(told, dict):
        raise BadInput("The body is JSON, but no object; send one JSON object.", code="request.invalid")
    return told


def _loaded(data: bytes) -> Any:
    """Half a character, as of an emoji that was cut, becomes `?`: no answer could name it."""
    told = json.loads(data)
    if b"\\ud" not in data.lower():
        return told
    return json.loads(json.dumps(told, ensure_ascii=False).encode("utf-8", errors="replace"))


def graph_of(told: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a graph of a body. Raises: BadInput `request.invalid`."""
    graph = told.get(name)
    if not isinstance(graph, dict):
        raise BadInput(f"{name}: there is no graph in the body; send it as an object.", code="request.invalid")
    return graph
