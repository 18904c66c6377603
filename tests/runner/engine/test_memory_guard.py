"""The memory guard: growth is recycled between turns, size alone never, and prompts wait meanwhile."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from runner.clock import FakeClock
from runner.engine.memory_guard import LOOK_NS, MemoryGuard, bytes_per_window, machine_bytes, should_recycle
from runner.engine.simulated import START_NS, SimulatedEngine
from runner.errors import ComfyUnreachable
from runner.ports import PromptJob

MB = 1_000_000


@pytest.mark.parametrize(
    ("rss", "settled", "recycled"),
    [(900, None, False), (900, 500, True), (700, 500, False), (900, 850, False)],
    ids=["not settled", "grown over the limit", "under the limit", "that is what the graph needs"],
)
def test_only_growth_over_the_limit_is_recycled(rss: int, settled: int | None, *, recycled: bool) -> None:
    assert should_recycle(rss, settled_bytes=settled, limit_bytes=800) is recycled


def test_the_trend_is_bytes_a_window() -> None:
    assert bytes_per_window([(10, 100), (20, 300), (30, 500)]) == pytest.approx(20.0)
    assert bytes_per_window([(10, 100), (10, 900)]) == 0.0


def test_the_machine_has_memory() -> None:
    assert machine_bytes() > 100 * MB


class House:
    """A leaking engine in virtual time, and its guard."""

    def __init__(self, data: Path) -> None:
        self.clock = FakeClock()
        self.engine = SimulatedEngine(self.clock, data=data)
        self.engine.rss_bytes, self.engine.leak_bytes = 500 * MB, 50 * MB
        self.talking = False
        self.warmed = 0
        self.guard = MemoryGuard(
            self.engine,
            clock=self.clock,
            limit_bytes=800 * MB,
            windows=lambda: len(self.engine.prompts),
            between_turns=lambda: not self.talking,
            warm=self.warm,
        )

    async def warm(self) -> None:
        self.warmed += 1

    def prompt(self) -> asyncio.Task[object]:
        work = {"class_type": "SimulatedWork", "inputs": {"step_ms": 100}}
        job = PromptJob(prompt_id=str(uuid.uuid4()), graph={"1": work}, silence_timeout_ns=60_000_000_000)
        return asyncio.ensure_future(self.engine.run(job))

    async def windows(self, count: int) -> None:
        for _ in range(count):
            await self.clock.run_until(self.prompt())
            await self.guard.look()


@pytest_asyncio.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    house = House(tmp_path)
    await house.engine.start()
    yield house
    await house.engine.close()


async def test_a_leak_is_measured_and_waits_for_the_end_of_the_turn(house: House) -> None:
    house.talking = True
    await house.windows(10)
    assert house.guard.bytes_per_window == pytest.approx(50 * MB)
    assert house.guard.memory.rss_bytes == 1000 * MB
    assert (house.guard.recycled, house.engine.status().restarts) == (0, 0)
    house.talking = False
    looking = asyncio.ensure_future(house.guard.look())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not house.engine.status().up
    begun_ns = house.clock.monotonic_ns()
    waiting = house.prompt()  # given meanwhile: it waits for the new start
    await house.clock.run_until(asyncio.gather(looking, waiting))
    assert house.clock.monotonic_ns() - begun_ns >= START_NS
    assert (house.guard.recycled, house.engine.status().restarts, house.warmed) == (1, 1, 1)
    assert (await house.engine.memory()).rss_bytes == 550 * MB


async def test_an_engine_under_way_is_not_recycled(house: House) -> None:
    await house.windows(5)
    running = house.prompt()
    await asyncio.sleep(0)
    assert not await house.engine.recycle()
    await house.clock.run_until(running)
    assert house.engine.status().restarts == 0


async def test_no_fault_ends_the_watch(house: House) -> None:
    faults = [RuntimeError("a fault of ours"), ComfyUnreachable("it does not answer")]
    looks = 0

    def windows() -> int:
        nonlocal looks
        looks += 1
        if 1 < looks <= 3:  # the first one is the guard's own beginning
            raise faults[looks - 2]
        return 0

    guard = MemoryGuard(
        house.engine,
        clock=house.clock,
        limit_bytes=800 * MB,
        windows=windows,
        between_turns=lambda: True,
        warm=house.warm,
    )
    watching = asyncio.ensure_future(guard.watch())
    await house.clock.run_until(house.clock.sleep_until_ns(house.clock.monotonic_ns() + 3 * LOOK_NS + 1))
    assert not watching.done()
    assert guard.memory.rss_bytes == 500 * MB
    watching.cancel()
