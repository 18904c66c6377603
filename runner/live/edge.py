"""Edge: the published end of a stream; what is appended there, and who hears of it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hls.access_unit import AccessUnit
from hls.stream import ClosedSegment, PublishedPart, Stream
from hls.ticks import ticks_to_ns

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentOnAir:
    """A segment that is whole, and whose turn it is (None: idle)."""

    segment: ClosedSegment
    turn: str | None


class Edge:
    """Appends parts, tells `listeners` of whole segments, and the log of a disk that takes none."""

    def __init__(self, stream: Stream, *, channel_id: str) -> None:
        self.listeners: list[Callable[[SegmentOnAir], None]] = []
        self.end_unix_ns = 0
        """Programme date of the published end."""
        self._stream = stream
        self._channel_id = channel_id
        self._segment_turn: str | None = None
        self._store_failures = 0
        self._disk_refuses = False

    def append(
        self,
        units: tuple[AccessUnit, ...],
        pcm_s16le: bytes,
        kind: Literal["idle", "talk"],
        *,
        label: str = "",
        clip_start: bool = False,
        turn: str | None = None,
    ) -> PublishedPart:
        """Publish one part of `turn` (None: idle). Raises: HlsError of what does not fit the stream."""
        published = self._stream.append(units, pcm_s16le, kind=kind, label=label, clip_start=clip_start)
        self.end_unix_ns = published.pdt_unix_ns + ticks_to_ns(published.duration_ticks)
        closed = published.segment_closed
        if closed is not None:
            before = closed.start_ticks + closed.duration_ticks <= published.start_ticks
            told = SegmentOnAir(segment=closed, turn=self._segment_turn if before else turn)
            for listener in tuple(self.listeners):
                listener(told)
        self._segment_turn = turn
        return published

    def tell_of_the_disk(self) -> None:
        """Log once that files are refused, and once that they are taken again: memory serves meanwhile."""
        before, self._store_failures = self._store_failures, self._stream.store_failures
        if self._store_failures > before and not self._disk_refuses:
            log.warning("the disk takes no files; the stream goes on from memory", extra={"channel": self._channel_id})
        elif self._disk_refuses and self._store_failures == before:
            log.info("the disk takes files again", extra={"channel": self._channel_id})
        self._disk_refuses = self._store_failures > before
