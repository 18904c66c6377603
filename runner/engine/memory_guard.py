"""The memory guard: how ComfyUI's memory moves from window to window, and when it is started anew behind idle."""

from __future__ import annotations

import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil

from runner.errors import RunnerError
from runner.ports import Clock, Engine, EngineMemory

LOOK_NS = 5_000_000_000
SETTLED_WINDOWS = 5  # models, caches and threads are there by then: what comes on top is growth
GROWTH = 1.25  # a graph that needs most of the memory from the start would only need it again
KEPT = 256
CGROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")
log = logging.getLogger(__name__)


def machine_bytes() -> int:
    """Return how much memory this machine, or this container, has."""
    total = int(psutil.virtual_memory().total)
    with contextlib.suppress(OSError, ValueError):
        return min(total, int(CGROUP_LIMIT.read_text(encoding="ascii")))
    return total


def should_recycle(rss_bytes: int, *, settled_bytes: int | None, limit_bytes: int) -> bool:
    """Tell whether a new start would free memory that is short.

    `settled_bytes`: what the same process held after its first windows, None while it has not rendered them.
    """
    return settled_bytes is not None and rss_bytes > limit_bytes and rss_bytes > settled_bytes * GROWTH


def bytes_per_window(points: deque[tuple[int, int]] | list[tuple[int, int]]) -> float:
    """Return the slope of the least-squares line through (windows rendered, bytes); 0 for fewer than two windows."""
    if len({windows for windows, _ in points}) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)


class MemoryGuard:
    """Looks at the engine every five seconds. `between_turns` says whether a restart would be seen by nobody."""

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Clock,
        limit_bytes: int,
        windows: Callable[[], int],
        between_turns: Callable[[], bool],
        warm: Callable[[], Awaitable[object]],
    ) -> None:
        """`windows`: how many were rendered so far; `warm` loads the models again after a new start."""
        self.limit_bytes = limit_bytes
        self.memory = EngineMemory()
        self.recycled = 0
        self._engine = engine
        self._clock = clock
        self._windows = windows
        self._between_turns = between_turns
        self._warm = warm
        self._points: deque[tuple[int, int]] = deque(maxlen=KEPT)
        self._settled_bytes: int | None = None
        self._first_window = windows()
        self._restarts = engine.status().restarts

    @property
    def bytes_per_window(self) -> float:
        """How fast this ComfyUI grows, over its last windows."""
        return bytes_per_window(self._points)

    async def watch(self) -> None:
        """Look for as long as the task lives; a fault of the guard ends no stream."""
        while True:
            await self._clock.sleep_until_ns(self._clock.monotonic_ns() + LOOK_NS)
            try:
                await self.look()
            except RunnerError as exc:
                log.warning("the memory guard could not look", extra={"code": exc.code, "reason": str(exc)})
            except Exception:
                log.exception("the memory guard could not look")

    async def look(self) -> None:
        """Take one reading; start ComfyUI anew where that helps and nobody sees it. Raises: RunnerError."""
        status, windows = self._engine.status(), self._windows()
        if not status.up:
            return
        if status.restarts != self._restarts:
            self._forget(status.restarts, windows)
        self.memory = await self._engine.memory()
        rss = self.memory.rss_bytes
        if not self._points or self._points[-1][0] != windows:
            self._points.append((windows, rss))
        if self._settled_bytes is None and windows - self._first_window >= SETTLED_WINDOWS:
            self._settled_bytes = rss
        if not should_recycle(rss, settled_bytes=self._settled_bytes, limit_bytes=self.limit_bytes):
            return
        if self._between_turns() and await self._engine.recycle():
            self.recycled += 1
            log.warning("ComfyUI was started anew to free memory", extra={"rss_bytes": rss, "limit": self.limit_bytes})
            self._forget(self._engine.status().restarts, self._windows())
            await self._warm()

    def _forget(self, restarts: int, windows: int) -> None:
        self._restarts, self._first_window, self._settled_bytes = restarts, windows, None
        self._points.clear()
