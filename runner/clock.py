"""The one source of time: the machine's clock, and a virtual one that runs the event loop without sleeping."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Awaitable
from typing import TypeVar

from hls.ticks import NS_PER_SECOND

T = TypeVar("T")

_TURNS_WITHOUT_WORK = 3
"""A future's callback may need two turns of the loop to reach its waiter; three in a row without work is rest."""


# Linux's CLOCK_MONOTONIC stands still while the machine sleeps; the stream has to notice (CONTRACTS section 3).
_BOOT_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)


def _running_ns() -> int:
    return time.monotonic_ns() if _BOOT_CLOCK is None else time.clock_gettime_ns(_BOOT_CLOCK)


class SystemClock:
    """The machine's clock. A suspend shows as a late return of `sleep_until_ns`; steps of the wall clock do not."""

    def monotonic_ns(self) -> int:
        """Nanoseconds of a clock that never steps, and that counts a suspend where the system can tell."""
        return _running_ns()

    def unix_ns(self) -> int:
        """Wall time in nanoseconds since 1970."""
        return time.time_ns()

    async def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return when `monotonic_ns()` has reached the deadline (at once when it has passed)."""
        while (rest_ns := deadline_ns - _running_ns()) > 0:  # noqa: ASYNC110  (this is the port's one real sleep)
            await asyncio.sleep(rest_ns / NS_PER_SECOND)


class FakeClock:
    """Virtual time: it moves only in `advance_ns`, from one sleeper's deadline to the next.

    Between two deadlines every task runs until it waits. What runs in threads is not seen: hand
    `offload.inline` to whatever takes an Offload.
    """

    def __init__(self, *, start_ns: int = 1_000 * NS_PER_SECOND, unix_ns: int = 1_700_000_000 * NS_PER_SECOND) -> None:
        self._now_ns = start_ns
        self._unix_offset_ns = unix_ns - start_ns
        self._order = itertools.count()
        self._sleepers: list[tuple[int, int, asyncio.Future[None]]] = []

    def monotonic_ns(self) -> int:
        """Virtual nanoseconds."""
        return self._now_ns

    def unix_ns(self) -> int:
        """Virtual wall time."""
        return self._now_ns + self._unix_offset_ns

    async def sleep_until_ns(self, deadline_ns: int) -> None:
        """Return when the virtual time has reached the deadline (at once when it has passed)."""
        if deadline_ns <= self._now_ns:
            # A real clock's sleeper lets others run as well.
            await asyncio.sleep(0)
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (deadline_ns, next(self._order), future))
        await future

    async def advance_ns(self, duration_ns: int) -> None:
        """Let virtual time pass; every sleeper due in it wakes at its own deadline, in order."""
        end_ns = self._now_ns + duration_ns
        await self._settle()
        while self._sleepers and self._sleepers[0][0] <= end_ns:
            deadline_ns, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._now_ns = max(self._now_ns, deadline_ns)
            future.set_result(None)
            await self._settle()
        self._now_ns = end_ns
        await self._settle()

    def suspend_ns(self, duration_ns: int) -> None:
        """Jump ahead without waking anybody on the way: a machine that slept."""
        self._now_ns += duration_ns

    async def run_until(self, awaitable: Awaitable[T], *, limit_ns: int = 3_600 * NS_PER_SECOND) -> T:
        """Advance until `awaitable` is done and return its result. Raises: TimeoutError after `limit_ns` virtual."""
        task = asyncio.ensure_future(awaitable)
        end_ns = self._now_ns + limit_ns
        await self._settle()
        while not task.done():
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not self._sleepers or self._sleepers[0][0] > end_ns:
                task.cancel()
                raise TimeoutError(f"not done after {(self._now_ns - end_ns + limit_ns) / NS_PER_SECOND:.1f} virtual s")
            await self.advance_ns(max(0, self._sleepers[0][0] - self._now_ns))
        return await task

    async def _settle(self) -> None:
        """Run the loop until nothing but this coroutine is ready."""
        loop = asyncio.get_running_loop()
        # BaseEventLoop keeps what is ready to run in `_ready`; without it (uvloop) fall back to a fixed count.
        ready = getattr(loop, "_ready", None)
        if ready is None:
            for _ in range(100):
                await asyncio.sleep(0)
            return
        quiet = 0
        while quiet < _TURNS_WITHOUT_WORK:
            quiet = quiet + 1 if not ready else 0
            await asyncio.sleep(0)
