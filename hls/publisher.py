"""Publisher: puts files into the store so that its failures never stop the stream, and clears away what is old."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from .errors import StoreFull
from .ticks import TICKS_HZ

# A player that fell behind may still ask for what is no longer listed; after this long nobody does.
KEEP_DELISTED_TICKS = 600 * TICKS_HZ


class SegmentStore(Protocol):
    """The store as this ring sees it (the same as `runner.ports.SegmentStore`)."""

    def put(self, name: str, data: bytes) -> None:
        """Publish whole or not at all. Raises: StoreFull."""

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, or None."""

    def delete(self, name: str) -> None:
        """Forget a name."""

    def names(self) -> list[str]:
        """All names, sorted."""


class Publisher:
    """What could not be stored stays here and is tried again with the next segment, in order."""

    def __init__(self, store: SegmentStore) -> None:
        self.store = store
        self.failures = 0
        self._pending: dict[str, bytes] = {}
        self._delisted: deque[tuple[int, str]] = deque()

    def put(self, name: str, data: bytes) -> bool:
        """Store now, or keep for later. True when it is stored."""
        self._pending.pop(name, None)
        if self._try(name, data):
            return True
        self._pending[name] = data
        return False

    def put_or_drop(self, name: str, data: bytes) -> bool:
        """Store now, or not at all: for what is replaced soon anyway (a manifest, an open segment)."""
        return self._try(name, data)

    def retry(self) -> None:
        """Try what is pending, oldest first, until one fails."""
        for name in list(self._pending):
            if not self._try(name, self._pending[name]):
                return
            del self._pending[name]

    def is_pending(self, name: str) -> bool:
        """Whether this name is still not in the store."""
        return name in self._pending

    def waiting(self, name: str) -> bytes | None:
        """The bytes of a name that is not in the store yet."""
        return self._pending.get(name)

    def delist(self, name: str, end_ticks: int) -> None:
        """The name has left the playlist: give up on storing it, or let its file live on for a while."""
        if self._pending.pop(name, None) is None:
            self._delisted.append((end_ticks, name))

    def sweep(self, now_ticks: int) -> None:
        """Delete files that were delisted long ago."""
        while self._delisted and now_ticks - self._delisted[0][0] > KEEP_DELISTED_TICKS:
            self.delete(self._delisted.popleft()[1])

    def delete(self, name: str) -> None:
        """Remove a file; a folder that refuses is a store failure like any other."""
        self._pending.pop(name, None)
        try:
            self.store.delete(name)
        except (StoreFull, OSError):
            self.failures += 1

    def _try(self, name: str, data: bytes) -> bool:
        try:
            self.store.put(name, data)
        except StoreFull:
            self.failures += 1
            # What is listed is worth more than what merely outlives its listing.
            while self._delisted:
                self.delete(self._delisted.popleft()[1])
            return False
        return True
