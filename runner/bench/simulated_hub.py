"""A hub with one avatar over the simulated engine: everything of the runner but the real ComfyUI."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from runner.clock import FakeClock, SystemClock
from runner.engine.binding import bind
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.live.idle import load_idle_loop
from runner.live.offload import Offload, T, in_thread
from runner.live.paces import Paces
from runner.live.scene import Scene
from runner.live.studio import Cast, Studio
from runner.speech.tone import ToneSpeech

MARGIN_NS = 40_000_000
LEAD_NS = 320_000_000
SILENCE_NS = 10_000_000_000
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


def _while_time_stands() -> Offload:
    """Return an offload for virtual time: a thread, whose memory counts too, while nothing else happens."""
    worker = ThreadPoolExecutor(1)

    async def run(work: Callable[[], T]) -> T:
        return worker.submit(work).result()

    return run


async def open_hub(
    clock: FakeClock | SystemClock, counters: LiveCounters, data: Path, *, rtf: float = 0.1, spread: float = 0.3
) -> tuple[Hub, SimulatedEngine]:
    """Return a hub that takes sessions, 64x64 pixels, tones for a voice; and its engine, to clear or to disturb.

    Blocking work runs in a thread, as in the server, also under virtual time. `rtf`: seconds to render / seconds
    rendered, +- `spread` of it.
    """
    offload = _while_time_stands() if isinstance(clock, FakeClock) else in_thread
    engine = SimulatedEngine(clock, data=data, rtf=rtf, spread=spread)
    await engine.start()
    info = await engine.object_info()
    graph = bind(Workflow(graph=TALK, name="talk.json"), info)
    idle_graph = bind_idle(Workflow(graph=IDLE, name="idle.json"), info)
    loop = IdleRenderer(engine, data, silence_timeout_ns=SILENCE_NS).render(
        idle_graph, image="", overlap_frames=graph.overlap_frames
    )
    studio = Studio(
        scene=Scene(
            renderer=WindowRenderer(engine, graph, data, offload=offload, silence_timeout_ns=SILENCE_NS),
            idle=load_idle_loop(await clock.run_until(loop) if isinstance(clock, FakeClock) else await loop, data=data),
            paces=Paces(),
        ),
        clock=clock,
        counters=counters,
        data=data,
        offload=offload,
        margin_ns=MARGIN_NS,
    )
    hub = Hub(cast=Cast(studio=studio, speech=ToneSpeech()), lead_ns=LEAD_NS)
    await hub.start()
    return hub, engine
