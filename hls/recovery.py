"""What a folder and a journal say about a stream that was cut off: where it goes on, and what stays listed.

The segment that was open has been announced part by part, so players may hold some of its parts. Its number is
therefore never given to other media. Each part was put into `<stem>.open` before it was announced; so the segment is
closed here with exactly the parts that players could have seen. Only where that file is missing (the disk was full)
is its number listed as EXT-X-GAP: hls.js skips a gap (its `fragGap` error is never fatal), while a media sequence that
jumps between listed segments cannot be written at all: numbers are positions in the list (RFC 8216bis, 4.4.3.2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .errors import MediaUnreadable
from .journal import JournalState
from .part import Part, read_parts
from .playlist import MediaPlaylist, SegmentEntry, parse_playlist
from .publisher import Publisher, SegmentStore
from .ticks import SEGMENT_TICKS, ticks_to_ns

MANIFEST = "manifest.m3u8"
OPEN_SUFFIX = ".open"
CLOSED_SUFFIX = ".m4s"
SEGMENT_NAME = re.compile(r"(?:idle|seg_[A-Za-z0-9-]+)_(\d+)(\.m4s|\.open)")
INIT_NAME = re.compile(r"init_(\d+)\.mp4")


@dataclass(slots=True, kw_only=True)
class Recovered:
    """Where to go on. `segments` are listed, the first of them with number `first_sequence`."""

    segments: list[SegmentEntry] = field(default_factory=list)
    first_sequence: int
    discontinuity_sequence: int
    media_sequence: int
    next_ticks: int
    init_n: int


def init_name(init_n: int) -> str:
    """Name of the init segment with this number."""
    return f"init_{init_n}.mp4"


def recover(publisher: Publisher, state: JournalState) -> Recovered:
    """Read manifest, open and closed segments; close what was open.

    The journal alone is enough, but then nothing is listed. Store failures are counted by the publisher.
    """
    store = publisher.store
    names = store.names()
    numbered = _numbered(names)
    init_n = max([state.init_n, *(int(found[1]) for name in names if (found := INIT_NAME.fullmatch(name)))]) + 1
    listed = _manifest(store)
    if listed is None:
        return _unlisted(state, max([state.media_sequence, *numbered]) + 1, init_n)
    segments = list(listed.segments)
    first = listed.media_sequence
    end_ticks = state.next_ticks
    for number in range(first + len(segments), max([state.media_sequence, *numbered]) + 1):
        entry, end_ticks = _lost(publisher, state, number, numbered.get(number), segments, end_ticks)
        if entry is None:
            break
        segments.append(entry)
    for name in names:
        if name.endswith(OPEN_SUFFIX):
            publisher.delete(name)
    for number, name in numbered.items():
        if number < first and name.endswith(CLOSED_SUFFIX):
            publisher.delist(name, end_ticks)
    return Recovered(
        segments=segments,
        first_sequence=first,
        discontinuity_sequence=listed.discontinuity_sequence,
        media_sequence=first + len(segments),
        next_ticks=end_ticks,
        init_n=init_n,
    )


def _unlisted(state: JournalState, media_sequence: int, init_n: int) -> Recovered:
    return Recovered(
        first_sequence=media_sequence,
        # With nothing listed there is no tag to write, so the number itself says that the timeline was cut.
        discontinuity_sequence=state.discontinuity_sequence + 1,
        media_sequence=media_sequence,
        next_ticks=state.next_ticks + SEGMENT_TICKS,
        init_n=init_n,
    )


def _numbered(names: list[str]) -> dict[int, str]:
    found: dict[int, str] = {}
    for name in names:
        match = SEGMENT_NAME.fullmatch(name)
        if match is not None and (match[2] == CLOSED_SUFFIX or int(match[1]) not in found):
            found[int(match[1])] = name
    return dict(sorted(found.items()))


def _manifest(store: SegmentStore) -> MediaPlaylist | None:
    data = store.get(MANIFEST)
    try:
        return None if data is None else parse_playlist(data.decode())
    except ValueError:
        return None


def _lost(
    publisher: Publisher,
    state: JournalState,
    number: int,
    name: str | None,
    segments: list[SegmentEntry],
    end_ticks: int,
) -> tuple[SegmentEntry | None, int]:
    """The entry of a segment that no manifest names, and the tick after it; None when nothing of it was announced."""
    data = publisher.store.get(name) if name is not None else None
    parts = _parts(data) if data is not None else []
    if name is None or data is None or not parts:
        return (None if number >= state.media_sequence else _gap(state, number, segments)), end_ticks
    closed_name = name.removesuffix(OPEN_SUFFIX).removesuffix(CLOSED_SUFFIX) + CLOSED_SUFFIX
    if closed_name != name:
        publisher.put(closed_name, data)
    start, duration = parts[0].start_ticks, sum(part.duration_ticks for part in parts)
    # Whoever wrote a first segment under a new init also wrote a discontinuity before it.
    discontinuity = bool(segments) and segments[-1].init_name != init_name(state.init_n)
    return (
        SegmentEntry(
            name=closed_name,
            duration_ticks=duration,
            pdt_unix_ns=state.anchor_unix_ns + ticks_to_ns(start),
            init_name=init_name(state.init_n),
            discontinuity=discontinuity,
        ),
        max(end_ticks, start + duration),
    )


def _gap(state: JournalState, number: int, segments: list[SegmentEntry]) -> SegmentEntry:
    before = segments[-1] if segments else None
    return SegmentEntry(
        name=f"gap_{number}{CLOSED_SUFFIX}",
        duration_ticks=SEGMENT_TICKS,
        pdt_unix_ns=before.pdt_unix_ns + ticks_to_ns(before.duration_ticks) if before else state.anchor_unix_ns,
        init_name=init_name(state.init_n),
        gap=True,
    )


def _parts(data: bytes) -> list[Part]:
    try:
        return read_parts(data)
    except MediaUnreadable:
        return []
