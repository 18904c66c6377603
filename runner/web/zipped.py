"""gzip, for text that goes to a reader who can unzip it (RFC 9110, 8.4.1.3)."""

from __future__ import annotations

import gzip

from fastapi import Request

LEVEL = 6


def takes_gzip(request: Request) -> bool:
    """Tell whether the request lists gzip among what it accepts, with any weight but 0."""
    for coding in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, weight = coding.partition(";")
        if name.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False


def zip_bytes(data: bytes) -> bytes:
    """Return `data` zipped; equal bytes for equal data."""
    return gzip.compress(data, LEVEL, mtime=0)
