"""Does the runner stay flat and on time, hour after hour? The real live loop over a simulated engine."""

from __future__ import annotations

import asyncio
import gc
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hls.check import check_stream
from hls.ticks import NS_PER_MS, NS_PER_SECOND
from runner.bench.machine import machine, resident_bytes, spread
from runner.bench.simulated_hub import open_hub
from runner.clock import FakeClock, SystemClock
from runner.live.counters import LiveCounters
from runner.live.offload import Offload, in_thread, inline
from runner.live.session import Session
from runner.live.subscription import Subscription

TEXT = "This is a sentence that is said again and again, so that memory can be watched while it is said."
FIRST_MARK = 1_000
CHECK_EVERY_NS = 60 * NS_PER_SECOND
"""The playlist lists some 110 s: no segment goes unread."""


@dataclass(slots=True, kw_only=True)
class _Run:
    """One soak: what drives it, and what it saw. `passes` lets nanoseconds of the stream's time pass."""

    clock: FakeClock | SystemClock
    passes: Callable[[int], Awaitable[None]]
    offload: Offload
    counters: LiveCounters
    session: Session
    subscription: Subscription
    folder: Path
    window_ms: list[float] = field(default_factory=list)
    checks: int = 0
    violations: list[str] = field(default_factory=list)
    checked_ns: int = 0


def bench_soak(windows: int = 10_000, *, real_time: bool = False) -> dict[str, Any]:
    """Talk until `windows` windows are published; return RSS at 1 000 and at the end (bytes), and what was counted.

    *Flat* is at most 2 MB between the two (CONTRACTS section 8). Every minute of the stream the published folder is
    read back strictly. `real_time`: by the machine's clock, with threads, instead of virtual time.
    """
    with tempfile.TemporaryDirectory(prefix="onair-bench-") as folder:
        return asyncio.run(_soak(windows, Path(folder), real_time=real_time))


async def _soak(windows: int, data: Path, *, real_time: bool) -> dict[str, Any]:
    counters, began = LiveCounters(), time.perf_counter()
    clock = SystemClock() if real_time else FakeClock(unix_ns=time.time_ns())
    hub, engine = await open_hub(clock, counters, data)
    session = await hub.open_session()
    run = _Run(
        clock=clock,
        passes=clock.advance_ns if isinstance(clock, FakeClock) else _sleeper(clock),
        offload=in_thread if real_time else inline,
        counters=counters,
        session=session,
        subscription=session.subscribe(),
        folder=data / "channels" / session.channel.id / "hls",
    )
    started_ns = run.checked_ns = clock.monotonic_ns()
    marks: dict[int, int] = {}
    for mark in sorted({min(FIRST_MARK, windows), windows}):
        while counters.windows_rendered < mark:
            engine.prompts.clear()  # the fake's own record, not the runner's memory
            await _turn(run)
        gc.collect()
        marks[mark] = resident_bytes()
    await _check(run)
    streamed_ns = clock.monotonic_ns() - started_ns
    await hub.close()
    return _report(run, marks, streamed_s=streamed_ns // NS_PER_SECOND, wall_s=time.perf_counter() - began)


async def _turn(run: _Run) -> None:
    """Say the text once and wait for its end."""
    began, before = time.perf_counter(), run.counters.windows_rendered
    await run.session.say(TEXT)
    ended = False
    while not ended:
        await run.passes(NS_PER_SECOND)
        while run.subscription.waiting:
            ended |= (await run.subscription.__anext__())["type"] == "turn_end"
    rendered = run.counters.windows_rendered - before
    run.window_ms.append((time.perf_counter() - began) * 1e3 / max(1, rendered))
    if run.clock.monotonic_ns() - run.checked_ns >= CHECK_EVERY_NS:
        await _check(run)


async def _check(run: _Run) -> None:
    """Read the published folder back."""
    run.checked_ns = run.clock.monotonic_ns()
    run.checks += 1
    report = await run.offload(lambda: check_stream(_reader(run.folder)))
    run.violations += [f"{found.code} {found.where}" for found in report.violations]


def _reader(folder: Path) -> Callable[[str], bytes | None]:
    """Return what fetches a file of the stream; by text, because pathlib would intern each name (see `write_whole`)."""
    root = os.fspath(folder)

    def fetch(name: str) -> bytes | None:
        try:
            with open(os.path.join(root, name), "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    return fetch


def _sleeper(clock: SystemClock) -> Callable[[int], Awaitable[None]]:
    return lambda duration_ns: clock.sleep_until_ns(clock.monotonic_ns() + duration_ns)


def _report(run: _Run, marks: dict[int, int], *, streamed_s: int, wall_s: float) -> dict[str, Any]:
    counters, sizes = run.counters, list(marks.values())
    return {
        "bench": "soak",
        **machine(),
        "windows": counters.windows_rendered,
        "rss_bytes": {str(mark): size for mark, size in marks.items()},
        "growth_bytes": sizes[-1] - sizes[0] if len(sizes) > 1 else None,
        "streamed_s": streamed_s,
        "wall_s": round(wall_s, 1),
        "wall_per_window_ms": spread(run.window_ms),
        "turns": counters.turns_done,
        "turns_failed": counters.turns_failed,
        "windows_late": counters.windows_late,
        "stalls": counters.discontinuities,
        "latest_part_ms": round(counters.publish_late_ns_max / NS_PER_MS, 3),
        "strict_checks": run.checks,
        "violations": run.violations,
    }
