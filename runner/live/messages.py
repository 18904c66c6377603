"""The messages of CONTRACTS section 4; `messages.schema.json` beside this file validates both directions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypedDict

from hls.errors import StoreFull
from hls.stream import ClosedSegment, PublishedPart
from hls.ticks import NS_PER_MS

VERSION = 1

Message = dict[str, Any]
Reason = Literal["done", "interrupted", "failed"]
State = Literal["idle", "thinking", "talking"]


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of every message, in and out."""
    loaded: dict[str, Any] = json.loads(Path(__file__).with_name("messages.schema.json").read_text(encoding="utf-8"))
    return loaded


def _message(type_: str, /, **fields: Any) -> Message:
    return {"type": type_, "v": VERSION, **{key: value for key, value in fields.items() if value is not None}}


def session(*, session_id: str, resume_token: str, channel: str, playlist: str) -> Message:
    """Who the client is, and what to play: `playlist` is the master's URL path."""
    return _message("session", session_id=session_id, resume_token=resume_token, channel=channel, playlist=playlist)


def state(value: State, *, turn: str | None = None, eta_ms: int | None = None, client_id: str | None = None) -> Message:
    """What the avatar does; `eta_ms` until talk is published, `client_id` as the prompt gave it."""
    return _message("state", state=value, turn=turn, eta_ms=eta_ms, client_id=client_id)


class Word(TypedDict):
    """A word of a clause: its first character in the text, how many it has, and when it is said."""

    at: int
    chars: int
    start_ticks: int


def clause(
    *, turn: str, index: int, text: str, flush_reason: str, start_ticks: int, words: Sequence[Word] = ()
) -> Message:
    """A clause begins at `start_ticks` of the channel's timeline. Told again, it stands in the place of the first.

    `words`: as far as the voice tells them, and they are sure to be said then.
    """
    return _message(
        "clause",
        turn=turn,
        index=index,
        text=text,
        chars=len(text),
        flush_reason=flush_reason,
        start_ticks=start_ticks,
        words=list(words) or None,
    )


def latency(
    *, turn: str, client_id: str | None, speech_ms: int | None, rendered_ms: int | None, published_ms: int
) -> Message:
    """How long after its text the turn was first heard by the model, first rendered, first published."""
    return _message(
        "latency",
        turn=turn,
        client_id=client_id,
        speech_ms=speech_ms,
        rendered_ms=rendered_ms,
        published_ms=published_ms,
    )


def window(
    *, turn: str, index: int, frames: int, render_ms: int, rtf: float, node_ms: Mapping[str, int] | None
) -> Message:
    """A window is rendered; `node_ms`: how long each node took, by its id in the saved graph, where that is known."""
    return _message(
        "window",
        turn=turn,
        index=index,
        frames=frames,
        render_ms=render_ms,
        rtf=round(rtf, 4),
        node_ms=dict(node_ms) if node_ms else None,
    )


def segment_published(segment: ClosedSegment, *, turn: str | None) -> Message:
    """A segment is whole."""
    return _message(
        "segment_published",
        name=segment.name,
        kind=segment.kind,
        turn=turn,
        start_ticks=segment.start_ticks,
        duration_ticks=segment.duration_ticks,
        pdt_ms=segment.pdt_unix_ns // NS_PER_MS,
    )


def turn_end_unsaid(turn: str, *, reason: Reason, client_id: str | None) -> Message:
    """The turn is over before it began: nothing of it was heard."""
    return turn_end(turn=turn, reason=reason, heard="", heard_ticks=0, client_id=client_id)


def turn_end(
    *,
    turn: str,
    reason: Reason,
    heard: str,
    heard_ticks: int,
    seek: PublishedPart | None = None,
    client_id: str | None = None,
) -> Message:
    """The turn is over; `seek` is the first idle part of the burst, on the session's own channel."""
    where = None
    if seek is not None:
        where = {"media_sequence": seek.media_sequence, "part": seek.part, "pdt_ms": seek.pdt_unix_ns // NS_PER_MS}
    return _message(
        "turn_end",
        turn=turn,
        reason=reason,
        interrupted=reason == "interrupted",
        heard=heard,
        heard_ticks=heard_ticks,
        seek=where,
        client_id=client_id,
    )


def stats(*, rtf: float, latency_ms: int, lead_ms: int, queue: int) -> Message:
    """Figures for people: render speed, the last turn's text-to-publication time, lead, waiting turns."""
    return _message("stats", rtf=round(rtf, 4), latency_ms=latency_ms, lead_ms=lead_ms, queue=queue)


def error(exc: Exception, *, turn: str | None = None) -> Message:
    """An error as a client sees it: `code`, one sentence, whether the same again may succeed."""
    exc = plain(exc)
    code = getattr(exc, "code", "runner.failed")
    message = str(exc) if hasattr(exc, "code") else f"a bug in the runner: {type(exc).__name__}"
    return _message("error", code=code, message=message, retryable=bool(getattr(exc, "retryable", False)), turn=turn)


def plain(exc: Exception) -> Exception:
    """Return an error of the file system (a full disk, most of all) as StoreFull, every other one as it is."""
    if not isinstance(exc, OSError) or not exc.strerror:
        return exc
    full = StoreFull(f"a file of the turn cannot be written or read: {exc.strerror}; make room in the data folder")
    full.__cause__ = exc
    return full
