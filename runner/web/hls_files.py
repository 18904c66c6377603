"""The stream over HTTP: playlists with blocking reload, and init, segments and parts from memory.

Source: draft-pantos-hls-rfc8216bis, 6.2.5.2 (delivery directives); `hls_facts.md` section 7 for the load it carries.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import APIRouter, Request, Response

from .byte_range import answer_bytes
from .problem import NotFound, refuse
from .zipped import takes_gzip, zip_bytes

if TYPE_CHECKING:
    from runner.live.hub import Channel, Hub

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"
MEDIA_TYPE = "video/mp4"
PLAYLIST_HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
MEDIA_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}  # a name is never given twice
BLOCK_TIMEOUT_NS = 3_000_000_000  # three TARGETDURATIONs; the RFC answers 503 after that
ADVANCE_PARTS = 10  # the RFC's Advance Part Limit: ceil(3 / PART-TARGET)
MEDIA_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[0-9]+)?\.(mp4|m4s)")


def hls_router(hub: Hub) -> APIRouter:
    """Routes under `/hls/{channel}/`; the channel's id is unguessable, because native players send no header."""
    router = APIRouter(prefix="/hls", tags=["stream"])

    async def file(channel: str, name: str, request: Request) -> Response:
        """`manifest.m3u8` (takes `_HLS_msn`, `_HLS_part`), `master.m3u8`, `init_<n>.mp4`, segments and parts."""
        stream_of = hub.stream_of(channel)
        if stream_of is None:
            raise NotFound(
                "There is no such channel, or it has ended; open a session with POST /api/sessions.",
                code="channel.unknown",
            )
        stream_of.touch()
        if name == "manifest.m3u8":
            return await _manifest(stream_of, request)
        if name == "master.m3u8":
            return _playlist(stream_of.stream.master, request)
        data = await _media(stream_of, name)
        if data is None:
            raise NotFound(
                "There is no such file in this stream, or it is no longer kept; read the playlist again.",
                code="segment.unknown",
            )
        return answer_bytes(data, media_type=MEDIA_TYPE, headers=MEDIA_HEADERS, wanted=request.headers.get("range"))

    router.add_api_route("/{channel}/{name}", file, methods=["GET"], response_class=Response, summary="Read the stream")
    router.add_api_route("/{channel}/{name}", file, methods=["HEAD"], response_class=Response, include_in_schema=False)
    return router


async def _manifest(channel: Channel, request: Request) -> Response:
    try:
        wanted = _wanted(request)
    except ValueError as exc:
        return refuse(400, "playlist.query", str(exc))
    if channel.running and channel.stream.next_part[0] == 0:
        await channel.wait_for(0, None, BLOCK_TIMEOUT_NS)  # a list without a segment is an error to players
    if wanted is not None and channel.running:
        refused = await _block(channel, *wanted)
        if refused is not None:
            return refused
    return _playlist(channel.stream.playlist(live_parts=True), request)


def _playlist(text: str, request: Request) -> Response:
    if not takes_gzip(request):
        return Response(text, media_type=PLAYLIST_TYPE, headers=PLAYLIST_HEADERS)
    headers = {**PLAYLIST_HEADERS, "Content-Encoding": "gzip"}
    return Response(_zipped(text), media_type=PLAYLIST_TYPE, headers=headers)


@lru_cache(maxsize=16)
def _zipped(text: str) -> bytes:
    """Zip a list once for all viewers who wait for it: three times a second each is more than the sound's bytes."""
    return zip_bytes(text.encode())


async def _block(channel: Channel, msn: int, part: int | None) -> Response | None:
    open_msn, next_part = channel.stream.next_part
    if msn > open_msn + 1 or (msn == open_msn and part is not None and part > next_part + ADVANCE_PARTS):
        told = f"_HLS_msn={msn} lies too far ahead; the stream is at segment {open_msn}, part {next_part}."
        return refuse(400, "playlist.future", told)
    if await channel.wait_for(msn, part, BLOCK_TIMEOUT_NS):
        return None
    return refuse(503, "playlist.late", f"Segment {msn} did not come within three target durations.", retryable=True)


async def _media(channel: Channel, name: str) -> bytes | None:
    if MEDIA_NAME.fullmatch(name) is None:
        return None
    stream = channel.stream
    if name == stream.hint and channel.running:  # a hinted part is asked for before it exists, and held until it does
        await channel.wait_for(*stream.next_part, BLOCK_TIMEOUT_NS)
    data: bytes | None = stream.read(name)
    return data


def _wanted(request: Request) -> tuple[int, int | None] | None:
    msn, part = request.query_params.get("_HLS_msn"), request.query_params.get("_HLS_part")
    for name, value in (("_HLS_msn", msn), ("_HLS_part", part)):
        if value is not None and not (value.isascii() and value.isdigit() and len(value) < 16):
            raise ValueError(f"{name} must be a whole number, not {value[:40]!r}.")
    if msn is None:
        if part is not None:
            raise ValueError("_HLS_part needs _HLS_msn beside it.")
        return None
    return int(msn), None if part is None else int(part)
