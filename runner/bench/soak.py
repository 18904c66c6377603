"""Does memory stay flat over ten thousand windows? The real live loop, a simulated engine, virtual time."""

from __future__ import annotations

import asyncio
import gc
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from runner.clock import NS_PER_SECOND, FakeClock
from runner.engine.binding import bind
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.live.idle import load_idle_loop
from runner.live.offload import inline
from runner.live.paces import Paces
from runner.live.producer import Studio
from runner.live.session import Cast
from runner.speech.tone import ToneSpeech

TEXT = "This is a sentence that is said again and again, so that memory can be watched while it is said."
FIRST_MARK = 1_000
_WINDOW = {"index": 0, "window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 64, "height": 64, "seed": 0}
_INPUTS = {**_WINDOW, "image_path": "", "request_path": ""}
TALK: dict[str, dict[str, Any]] = {
    "1": {"class_type": "OnAirWindow", "inputs": dict(_INPUTS)},
    "2": {"class_type": "OnAirPortrait", "inputs": {"image": ["1", 2], "audio": ["1", 0], "window": ["1", 8]}},
    "3": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": False}},
}
IDLE: dict[str, dict[str, Any]] = {
    "1": {"class_type": "OnAirWindow", "inputs": dict(_INPUTS)},
    "2": {"class_type": "OnAirIdle", "inputs": {"image": ["1", 2], "window": ["1", 8], "frames": 192}},
}


def bench_soak(windows: int = 10_000) -> dict[str, Any]:
    """Talk until `windows` windows are published; return RSS at 1 000 and at the end (bytes), and what was counted.

    *Flat* is at most 2 MB between the two (CONTRACTS section 8).
    """
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_soak(windows, Path(folder)))


async def _soak(windows: int, data: Path) -> dict[str, Any]:
    clock, counters = FakeClock(unix_ns=time.time_ns()), LiveCounters()
    began = time.perf_counter()
    hub, engine = await _open_hub(clock, counters, data)
    session = await hub.open_session()
    subscription = session.subscribe()
    marks: dict[int, int] = {}
    for mark in (min(FIRST_MARK, windows), windows):
        while counters.windows_rendered < mark:
            engine.prompts.clear()  # the fake's own record, not the runner's memory
            await session.say(TEXT)
            ended = False
            while not ended:
                await clock.advance_ns(NS_PER_SECOND)
                while subscription.waiting:
                    ended |= (await subscription.__anext__())["type"] == "turn_end"
        gc.collect()
        marks[mark] = _rss_bytes()
    report = {
        "windows": counters.windows_rendered,
        "rss_bytes": {str(mark): size for mark, size in marks.items()},
        "growth_bytes": marks[windows] - marks[min(FIRST_MARK, windows)],
        "virtual_s": clock.monotonic_ns() // NS_PER_SECOND - 1000,
        "wall_s": round(time.perf_counter() - began, 1),
        "late": counters.windows_late,
        "turns": counters.turns_done,
    }
    await hub.close()
    return report


def _rss_bytes() -> int:
    """Resident memory of this process, as Linux tells it."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


async def _open_hub(clock: FakeClock, counters: LiveCounters, data: Path) -> tuple[Hub, SimulatedEngine]:
    engine = SimulatedEngine(clock, data=data, rtf=0.1, spread=0.3)
    await engine.start()
    info = await engine.object_info()
    graph = bind(Workflow(graph=TALK, name="talk.json"), info)
    idle_graph = bind_idle(Workflow(graph=IDLE, name="idle.json"), info)
    folder = await clock.run_until(IdleRenderer(engine, data).render(idle_graph, image="", overlap_frames=5))
    studio = Studio(
        clock=clock,
        renderer=WindowRenderer(engine, graph, data, offload=inline),
        idle=load_idle_loop(folder, data=data),
        counters=counters,
        paces=Paces(),
        data=data,
        offload=inline,
        margin_ns=40_000_000,
    )
    hub = Hub(cast=Cast(studio=studio, speech=ToneSpeech()), lead_ns=320_000_000)
    await hub.start()
    return hub, engine
