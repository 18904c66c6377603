"""Waiters: who waits for a part that is not published yet (blocking reload)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class _Waiter:
    media_sequence: int
    part: int | None
    deadline_ns: int
    future: asyncio.Future[bool]


class Waiters:
    """Answered at publications, so a timeout is exact to one part. `has` says whether the playlist lists a part."""

    def __init__(self, has: Callable[[int, int | None], bool]) -> None:
        self._has = has
        self._waiting: list[_Waiter] = []

    async def wait(self, media_sequence: int, part: int | None, *, deadline_ns: int) -> bool:
        """Return True when the part is listed, False at the deadline or when the stream ends."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiter(media_sequence, part, deadline_ns, future))
        return await future

    def answer(self, now_ns: int, *, closing: bool = False) -> None:
        """Answer those whose part is listed, whose time is over, or, where the stream ends, all."""
        waiting, self._waiting = self._waiting, []
        for waiter in waiting:
            if waiter.future.done():
                continue
            if self._has(waiter.media_sequence, waiter.part):
                waiter.future.set_result(True)
            elif closing or now_ns >= waiter.deadline_ns:
                waiter.future.set_result(False)
            else:
                self._waiting.append(waiter)
