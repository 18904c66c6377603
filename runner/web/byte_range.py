"""HTTP Range on bytes in memory (RFC 9110 section 14): one range, which is all that players send."""

from __future__ import annotations

import re

from fastapi import Response

from .problem import refuse

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)  # Python refuses to read numbers of 4 300 digits


def answer_bytes(data: bytes, *, media_type: str, headers: dict[str, str], wanted: str | None) -> Response:
    """Answer `data` whole (200), the one range asked for (206), or 416 when it lies outside.

    A header that is no single byte range is ignored, as the RFC allows.
    """
    headers = {**headers, "Accept-Ranges": "bytes"}
    match = RANGE.fullmatch(wanted or "")
    if match is None or match.group(0) == "bytes=-":
        return Response(data, media_type=media_type, headers=headers)
    first, last = match.groups()
    start = int(first) if first else max(0, len(data) - int(last))
    end = min(int(last), len(data) - 1) if first and last else len(data) - 1
    if start >= len(data) or (not first and int(last) == 0):
        refused = refuse(416, "range.bad", f"The range {wanted} lies outside of {len(data)} bytes.")
        refused.headers["Content-Range"] = f"bytes */{len(data)}"
        return refused
    if end < start:  # an invalid range is ignored
        return Response(data, media_type=media_type, headers=headers)
    headers["Content-Range"] = f"bytes {start}-{end}/{len(data)}"
    return Response(data[start : end + 1], status_code=206, media_type=media_type, headers=headers)
