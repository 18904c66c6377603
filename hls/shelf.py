"""Shelf: what players may read now. The playlist, under which numbers, and the bytes of what it names."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from .listing import Listing, RecentBytes
from .part import Part
from .playlist import MediaPlaylist, PartEntry, SegmentEntry
from .publisher import Publisher
from .recovery import CLOSED_SUFFIX, Recovered, init_name
from .segmenter import Segment, Segmenter, part_name
from .timeline import Timeline


class Shelf:
    """The stream puts things here, players only ask. `born` says what is listed from the start."""

    def __init__(
        self, born: Recovered, *, timeline: Timeline, segmenter: Segmenter, listed_segments: int, is_new: bool
    ) -> None:
        self._timeline, self._segmenter = timeline, segmenter
        self._listing = Listing(
            segments=born.segments,
            first_sequence=born.first_sequence,
            discontinuity_sequence=born.discontinuity_sequence,
            limit=listed_segments,
        )
        self._memory = RecentBytes(listed_segments=listed_segments)
        self._starts_discontinuity = bool(born.segments)
        self._is_whole, self._is_ended = is_new, False
        self._texts: dict[bool, str] = {}
        self.init_n = born.init_n

    @property
    def next_part(self) -> tuple[int, int]:
        """(media sequence, part index) of the next append, unless it closes the open segment first."""
        segment = self._segmenter.open
        return self._segmenter.media_sequence, len(segment.parts) if segment is not None else 0

    @property
    def hint(self) -> str:
        """Name of the part that the next append publishes: the preload hint, always kept."""
        return part_name(self._timeline.next_ticks)

    @property
    def next_discontinuity_number(self) -> int:
        """Discontinuity number of the segment that is open, or opens next, counted from the stream's birth."""
        return self._listing.last_discontinuity_number + self._starts_discontinuity

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come."""
        return self._is_ended

    def has(self, media_sequence: int, part: int | None) -> bool:
        """Whether a closed segment or a part is listed.

        A part past the last one of a closed segment counts as part 0 of the next (RFC 8216bis, 6.2.5.2).
        """
        next_sequence, next_part = self.next_part
        if self._is_ended or media_sequence < next_sequence - 1:
            return True
        if media_sequence == next_sequence - 1:
            entries = self._listing.entries
            if part is None or not entries:
                return True
            return part < max(1, len(entries[-1].parts)) or next_part > 0
        return part is not None and media_sequence == next_sequence and part < next_part

    def playlist(self, *, live_parts: bool) -> str:
        """The media playlist; the same text object until something is published."""
        if live_parts not in self._texts:
            self._texts[live_parts] = self._describe(self._listing.entries).text(live_parts=live_parts)
        return self._texts[live_parts]

    def manifest(self, publisher: Publisher) -> str:
        """The playlist for the folder, or "" while it would be empty.

        Only what is in the folder may be named: it ends before the first segment that could not be stored.
        """
        entries = self._listing.entries
        listed = list(itertools.takewhile(lambda entry: not publisher.is_pending(entry.name), entries))
        return self._describe(listed).text(live_parts=False) if listed else ""

    def get(self, name: str) -> bytes | None:
        """Bytes that memory still keeps, or None."""
        return self._memory.get(name)

    def put(self, name: str, data: bytes) -> None:
        """Keep the bytes of an init segment or a part of the open segment."""
        self._memory.keep(name, data)
        self._texts.clear()

    def put_segment(self, segment: Segment) -> tuple[SegmentEntry, list[SegmentEntry]]:
        """List a closed segment; return its entry and those that had to leave."""
        entry = self._entry(segment.stem, segment.start_ticks, segment.parts)
        self._starts_discontinuity = False
        gone = self._listing.add(entry)
        self._is_whole = self._is_whole and not gone
        self.put(entry.name, segment.data)
        self._memory.listed(entry)
        return entry, gone

    def cut(self) -> None:
        """Let the next segment begin with a discontinuity and a new init segment."""
        self._starts_discontinuity = bool(self._listing.entries)
        self.init_n += 1

    def end(self) -> None:
        """Finish the playlist: ENDLIST, and type VOD when nothing was ever delisted."""
        self._is_ended = True
        self._texts.clear()

    def _entry(self, stem: str, start_ticks: int, parts: Sequence[Part]) -> SegmentEntry:
        return SegmentEntry(
            name=stem + CLOSED_SUFFIX,
            duration_ticks=sum(part.duration_ticks for part in parts),
            pdt_unix_ns=self._timeline.pdt_unix_ns(start_ticks),
            init_name=init_name(self.init_n),
            discontinuity=self._starts_discontinuity,
            parts=tuple(
                PartEntry(name=part_name(p.start_ticks), duration_ticks=p.duration_ticks, independent=p.independent)
                for p in parts
            ),
        )

    def _describe(self, listed: Collection[SegmentEntry]) -> MediaPlaylist:
        segment = self._segmenter.open
        return MediaPlaylist(
            media_sequence=self._listing.first_sequence,
            discontinuity_sequence=self._listing.discontinuity_sequence,
            segments=listed,
            open=self._entry(segment.stem, segment.start_ticks, segment.parts) if segment is not None else None,
            hint=self.hint,
            ended=self._is_ended,
            whole=self._is_whole,
        )
