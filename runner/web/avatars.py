"""The avatars over HTTP: which there are, what they look like, where their faces are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from runner.avatars import Avatars, Listed
from runner.errors import BadInput

from .cached import answer_cached
from .problem import NotFound

Default = Callable[[], str]
"""The id of what a session shows that asks for none; "" where that is none of the list."""


def avatars_router(avatars: Avatars, *, default: Default) -> APIRouter:
    """Routes to look at `/api/avatars…`; what changes them is `uploads.py`'s."""
    router = APIRouter(prefix="/api/avatars", tags=["avatars"])
    known = Depends(finder(avatars))

    @router.get("", summary="List the avatars")
    async def list_avatars() -> dict[str, object]:
        """Every avatar that a session can be opened with; `kind` is `drawn`, `picture` (the server's) or `uploaded`."""
        shown = default()
        return {"avatars": [row(one, default=shown) for one in await run_in_threadpool(avatars.all)]}

    @router.get("/{avatar}/picture", response_class=Response, summary="Show an avatar")
    async def show(
        request: Request,
        avatar: Listed = known,
        size: Annotated[
            int | None, Query(ge=1, le=4096, description="A small JPEG whose shorter side has about so many pixels.")
        ] = None,
    ) -> Response:
        """The picture as a PNG, whose pixels landmarks count in; with `size`, a small JPEG."""
        if size is not None:
            data = await run_in_threadpool(avatars.small, avatar.id, size)
            return answer_cached(request, data, media_type="image/jpeg")
        data = await run_in_threadpool(avatars.picture, avatar.id)
        return answer_cached(request, data, media_type="image/png")

    @router.get("/{avatar}/landmarks", summary="Where the face is")
    async def landmarks(avatar: Listed = known) -> dict[str, Any]:
        """Points of the face in pixels of the picture; see docs/landmarks.md."""
        return await run_in_threadpool(avatars.landmarks, avatar.id)

    return router


def row(one: Listed, *, default: str) -> dict[str, object]:
    """Return an avatar as JSON."""
    address = f"/api/avatars/{one.id}/picture"
    return {"avatar": one.id, "title": one.title, "kind": one.kind, "picture": address, "default": one.id == default}


def finder(avatars: Avatars) -> Callable[[str], Listed]:
    """Return what finds the avatar that an address names, off the loop. It raises: NotFound `avatar.unknown`."""

    def known(avatar: str) -> Listed:
        try:
            return avatars.find(avatar)
        except BadInput as exc:
            raise NotFound(str(exc), code=exc.code) from exc

    return known
