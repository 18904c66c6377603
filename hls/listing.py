"""Listing: which segments the playlist names, under which numbers; and the bytes that memory keeps for them."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from .playlist import SEGMENTS_WITH_PARTS, SegmentEntry

# Kept in memory beyond the listing, for a player that reads a list one reload old.
MEMORY_MARGIN_SEGMENTS = 8


class Listing:
    """The listed segments, oldest first; numbers never go back."""

    def __init__(
        self, *, segments: Sequence[SegmentEntry], first_sequence: int, discontinuity_sequence: int, limit: int
    ) -> None:
        self.entries: deque[SegmentEntry] = deque(segments)
        self.first_sequence = first_sequence
        self.discontinuity_sequence = discontinuity_sequence
        self._limit = limit

    def add(self, entry: SegmentEntry) -> list[SegmentEntry]:
        """List one more; return those that had to leave."""
        self.entries.append(entry)
        gone = []
        while len(self.entries) > self._limit:
            oldest = self.entries.popleft()
            self.first_sequence += 1
            # A tag that leaves the list is counted, so that every listed segment keeps its discontinuity number.
            self.discontinuity_sequence += oldest.discontinuity
            gone.append(oldest)
        return gone

    @property
    def last_discontinuity_number(self) -> int:
        """Discontinuity number of the newest segment."""
        return self.discontinuity_sequence + sum(entry.discontinuity for entry in self.entries)


class RecentBytes:
    """Segments as long as they are listed and a little longer; parts as long as they are listed and a little longer."""

    def __init__(self, *, listed_segments: int) -> None:
        self._bytes: dict[str, bytes] = {}
        self._segments: deque[str] = deque()
        self._parts: deque[tuple[str, ...]] = deque()
        self._limit = listed_segments + MEMORY_MARGIN_SEGMENTS

    def keep(self, name: str, data: bytes) -> None:
        """Hold the bytes; `listed` says when they may go."""
        self._bytes[name] = data

    def get(self, name: str) -> bytes | None:
        """The bytes, or None."""
        return self._bytes.get(name)

    def listed(self, entry: SegmentEntry) -> None:
        """A segment was listed: forget what is too old by now."""
        self._segments.append(entry.name)
        self._parts.append(tuple(part.name for part in entry.parts))
        if len(self._parts) > SEGMENTS_WITH_PARTS + MEMORY_MARGIN_SEGMENTS:
            for name in self._parts.popleft():
                self._bytes.pop(name, None)
        if len(self._segments) > self._limit:
            self._bytes.pop(self._segments.popleft(), None)
