"""A picture of one's own over HTTP: brought, its face corrected, removed."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hls.errors import StoreFull
from runner.avatars import Avatars, Listed
from runner.errors import BadInput

from .access import Access
from .avatars import Default, finder, row
from .problem import AccessDenied

PIECE_BYTES = 512 * 1024
"""Written at once, off the loop: a hundred small pieces would be a hundred turns of a thread."""
PICTURE_BODY = {
    "requestBody": {
        "required": True,
        "description": "The bytes of a JPEG, PNG or WebP file: at most 20 MB and 100 million pixels.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
LANDMARKS_BODY = {
    "requestBody": {
        "required": True,
        "description": "Landmarks in pixels of the picture, as GET gives them; see docs/landmarks.md.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


def uploads_router(
    avatars: Avatars,
    *,
    access: Access,
    allowed: bool,
    default: Default,
    in_use: Callable[[], Collection[str]],
    changed: Callable[[str], None],
) -> APIRouter:
    """Routes that change `/api/avatars…`. `in_use`: the ids that are on air.

    `changed` is told the id of one whose picture or landmarks are others now, or that is gone.
    """
    router = APIRouter(prefix="/api/avatars", tags=["avatars"], dependencies=[Depends(access.admit)])
    uploaded = Depends(_finder_of_uploaded(avatars))
    one_at_a_time = asyncio.Lock()  # each holds up to 300 MB of pixels while its face is looked for

    @router.post("", status_code=201, openapi_extra=PICTURE_BODY, summary="Bring a picture")
    async def add(
        request: Request,
        title: Annotated[str, Query(max_length=200, description="What people call it.")] = "",
        by_hand: Annotated[
            bool, Query(description="Take it even where no face is found; its landmarks then wait to be corrected.")
        ] = False,
    ) -> dict[str, object]:
        """Take a photo or drawing of one face; refused with the reason and what would work (`picture.no_face` …)."""
        if not allowed:
            raise AccessDenied("This server takes no pictures; set ONAIR_UPLOADS to true to let people bring one.")
        async with _received(request, avatars) as path, one_at_a_time:
            busy = in_use()  # asked in the loop, where channels come and go
            taken = await run_in_threadpool(
                lambda: avatars.uploaded.add(path.read_bytes(), title=title, by_hand=by_hand, in_use=busy)
            )
        changed(taken.id)
        told = row(await run_in_threadpool(avatars.find, taken.id), default=default())
        return {**told, "notes": taken.notes, "landmarks": await run_in_threadpool(avatars.landmarks, taken.id)}

    @router.put("/{avatar}/landmarks", openapi_extra=LANDMARKS_BODY, summary="Correct where the face is")
    async def correct(request: Request, avatar: Listed = uploaded) -> dict[str, Any]:
        """Say where the face of an uploaded picture is. Sessions opened from now on speak with it."""
        text = (await request.body()).decode("utf-8", errors="replace")
        await run_in_threadpool(avatars.uploaded.correct, avatar.id, text)
        changed(avatar.id)
        return await run_in_threadpool(avatars.landmarks, avatar.id)

    @router.delete("/{avatar}", status_code=204, summary="Remove a picture")
    async def remove(avatar: Listed = uploaded) -> Response:
        """Forget an uploaded picture; streams that show it go on."""
        await run_in_threadpool(avatars.uploaded.remove, avatar.id)
        changed(avatar.id)
        return Response(status_code=204)

    return router


def _finder_of_uploaded(avatars: Avatars) -> Callable[[str], Listed]:
    known = finder(avatars)

    def uploaded(avatar: str) -> Listed:
        found = known(avatar)
        if found.kind != "uploaded":
            raise BadInput(
                f"The avatar {avatar} is not an uploaded one; send its picture to /api/avatars, and change that.",
                code="avatar.fixed",
            )
        return found

    return uploaded


@asynccontextmanager
async def _received(request: Request, avatars: Avatars) -> AsyncIterator[Path]:
    """Write the body to a file of its own, which goes with the block: a slow client holds no memory."""
    path = await run_in_threadpool(avatars.uploaded.incoming, secrets.token_hex(8))
    try:
        with path.open("wb") as file:
            waiting = bytearray()
            async for piece in request.stream():
                waiting += piece
                if len(waiting) >= PIECE_BYTES:
                    await run_in_threadpool(file.write, bytes(waiting))
                    waiting.clear()
            await run_in_threadpool(file.write, bytes(waiting))
        yield path
    except ClientDisconnect as exc:  # nobody hears it, and it is no bug
        raise HTTPException(400, "The connection ended before the picture had come; send it again.") from exc
    except OSError as exc:
        raise StoreFull(f"the picture cannot be written: {exc.strerror}; make room in the data folder") from exc
    finally:
        path.unlink(missing_ok=True)
