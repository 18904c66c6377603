"""An answer that a browser keeps, and asks again only whether it is still so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from fastapi import Request, Response


def answer_cached(
    request: Request, data: bytes, *, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer `data`, or 304 where the request's If-None-Match names it."""
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    answer = {"Cache-Control": "no-cache", "ETag": etag, **(headers or {})}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=answer)
    return Response(data, media_type=media_type, headers=answer)
