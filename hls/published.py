"""What `Stream` tells of what it published: a part that is announced, a segment that is complete."""

from __future__ import annotations

from dataclasses import dataclass

from .timeline import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedSegment:
    """A segment that is complete and, as far as the store allows, on disk and in the manifest."""

    media_sequence: int
    name: str
    kind: Kind
    start_ticks: int
    duration_ticks: int
    pdt_unix_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPart:
    """A part that is announced. `segment_closed` is the segment that this append completed, if any."""

    media_sequence: int
    part: int
    name: str
    kind: Kind
    start_ticks: int
    duration_ticks: int
    pdt_unix_ns: int
    independent: bool
    segment_closed: ClosedSegment | None
