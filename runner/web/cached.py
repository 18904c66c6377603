"""An answer that a browser keeps, and asks again only whether it is still so."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache

from fastapi import Request, Response

from .zipped import takes_gzip, zip_bytes

PICTURES = "image/"
DRAWN_IN_TEXT = "image/svg+xml"


def answer_cached(
    request: Request, data: bytes, *, media_type: str, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer `data`, or 304 where the request's If-None-Match names it; text goes zipped where the request takes it."""
    is_text = media_type == DRAWN_IN_TEXT or not media_type.startswith(PICTURES)
    is_zipped = is_text and takes_gzip(request)
    sent = _zipped(data) if is_zipped else data
    etag = f'"{hashlib.sha256(sent).hexdigest()[:32]}"'  # of what is sent: each coding has its own (RFC 9110, 8.8.3.3)
    vary = {"Vary": "Accept-Encoding"} if is_text else {}
    answer = {"Cache-Control": "no-cache", "ETag": etag, **vary, **(headers or {})}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=answer)
    coding = {"Content-Encoding": "gzip"} if is_zipped else {}
    return Response(sent, media_type=media_type, headers={**answer, **coding})


@lru_cache(maxsize=128)
def _zipped(data: bytes) -> bytes:
    """Zip a file of the page once: there are some fifty, and hls.js."""
    return zip_bytes(data)
