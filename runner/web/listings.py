"""What there is to choose from: voices, broadcast channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from runner.live.hub import Hub

Listing = Callable[[], Sequence[Mapping[str, object]]]
"""Gives rows as JSON objects; may block, so it is called off the loop."""


def listings_router(hub: Hub, *, voices: Listing) -> APIRouter:
    """Routes `/api/voices` and `/api/channels`."""
    router = APIRouter(prefix="/api", tags=["listings"])

    @router.get("/voices")
    async def list_voices() -> dict[str, object]:
        """Every voice that can speak, with its languages."""
        return {"voices": list(await run_in_threadpool(voices))}

    @router.get("/channels")
    async def list_channels() -> dict[str, object]:
        """Channels that are for everybody. A session's own channel is only counted: its id is its key."""
        rows = [
            {"channel": channel.id, "playlist": f"/hls/{channel.id}/master.m3u8", "running": channel.running}
            for channel in hub.channels()
            if not channel.own
        ]
        return {"channels": rows, "private": len(list(hub.channels())) - len(rows)}

    return router
