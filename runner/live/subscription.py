"""Subscription: one reader of a session's messages, with a bounded queue, so that a slow one holds up nobody."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable

from runner.live.counters import LiveCounters
from runner.live.messages import Message

QUEUE_LENGTH = 256
_EXPENDABLE = frozenset({"segment_published", "stats"})
"""Dropped first: the next one says the same, newer."""


class Subscription:
    """An async iterator of messages; ends after `close` once the queue is read."""

    def __init__(self, *, counters: LiveCounters, on_close: Callable[[Subscription], None]) -> None:
        self._counters = counters
        self._on_close = on_close
        self._queue: deque[Message] = deque()
        self._ready = asyncio.Event()
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many messages are queued."""
        return len(self._queue)

    def put(self, message: Message) -> None:
        """Queue a message; a full queue loses its oldest expendable one.

        A reader for whom only others wait has stopped reading: it is closed, and may come back with its token. Better
        than a turn whose end it never hears of.
        """
        if self._closed:
            return
        if len(self._queue) >= QUEUE_LENGTH:
            at = next((n for n, queued in enumerate(self._queue) if queued["type"] in _EXPENDABLE), None)
            self._counters.messages_dropped += 1
            if at is None:
                self.close()
                return
            del self._queue[at]
        self._queue.append(message)
        self._ready.set()

    def close(self) -> None:
        """Take no more; the iterator ends."""
        if not self._closed:
            self._closed = True
            self._ready.set()
            self._on_close(self)

    def __aiter__(self) -> AsyncIterator[Message]:
        return self

    async def __anext__(self) -> Message:
        while not self._queue:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            await self._ready.wait()
        return self._queue.popleft()
