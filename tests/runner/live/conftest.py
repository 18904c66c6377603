"""A hub in virtual time: simulated engine, tone voice, small pictures, streams in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from hls.store import FolderStore
from runner.clock import FakeClock
from runner.engine.binding import bind
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.live.idle import load_idle_loop
from runner.live.messages import Message
from runner.live.offload import inline
from runner.live.paces import Paces
from runner.live.scene import Scene
from runner.live.session import Session
from runner.live.studio import Cast, Studio
from runner.live.subscription import Subscription
from runner.metrics import Metrics
from runner.ports import ApiGraph
from runner.speech.tone import ToneSpeech

from .scenery import Scenery

SECOND = 1_000_000_000
LEAD_NS = 320_000_000
SILENCE_NS = 10_000_000_000


def window_inputs() -> dict[str, Any]:
    return {
        "index": 0, "window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 64, "height": 64, "seed": 0,
        "image_path": "", "request_path": "",
    }  # fmt: skip


TALK = {
    "1": {"class_type": "OnAirWindow", "inputs": window_inputs()},
    "2": {"class_type": "OnAirPortrait", "inputs": {"image": ["1", 2], "audio": ["1", 0], "window": ["1", 8]}},
    "3": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": True}},
}
GENERATED = {
    **TALK,
    "2": {"class_type": "LoadImage", "inputs": {"image": "stands for any node", "images": ["1", 3]}},
}
"""A graph that knows nothing of the idle loop, and renders windows of one length only."""
IDLE = {
    "1": {"class_type": "OnAirWindow", "inputs": window_inputs()},
    "2": {"class_type": "OnAirIdle", "inputs": {"image": ["1", 2], "window": ["1", 8], "frames": 96}},
}


def next_now(subscription: Subscription) -> Message:
    """The next message that is queued, without a turn of the loop."""
    reading = subscription.__anext__()
    try:
        reading.send(None)
    except StopIteration as read:
        message: Message = read.value
        return message
    raise AssertionError("nothing was queued")


@dataclass
class Stage:
    clock: FakeClock
    engine: SimulatedEngine
    others: list[Any]
    hub: Hub
    counters: LiveCounters
    metrics: Metrics
    data: Path
    scenery: Scenery
    _heard: list[Message] = field(default_factory=list)
    _reading: dict[Subscription, asyncio.Task[None]] = field(default_factory=dict)

    @property
    def heard(self) -> list[Message]:
        """What the sessions' readers were told, what is still queued included."""
        for subscription in self._reading:
            while subscription.waiting:
                self._heard.append(next_now(subscription))
        return self._heard

    async def session(self, **wanted: Any) -> Session:
        session = await self.hub.open_session(**wanted)
        self.listen(session)
        return session

    def listen(self, session: Session) -> None:
        subscription = session.subscribe()
        self._reading[subscription] = asyncio.ensure_future(self._read(subscription))

    async def _read(self, subscription: Subscription) -> None:
        async for message in subscription:
            self._heard.append(message)

    def of(self, kind: str) -> list[Message]:
        return [message for message in self.heard if message["type"] == kind]

    async def until(self, done: Callable[[], bool], limit_s: float = 60.0) -> None:
        for _ in range(int(limit_s * 20)):
            if done():
                return
            await self.clock.advance_ns(SECOND // 20)
        raise AssertionError(f"not within {limit_s} virtual seconds; told: {self.heard[-5:]}")

    async def turn_ends(self, count: int = 1, limit_s: float = 60.0) -> None:
        await self.until(lambda: len(self.of("turn_end")) >= count, limit_s)


@asynccontextmanager
async def open_stage(
    data: Path,
    *,
    rtf: float = 0.1,
    spread: float = 0.0,
    generation: bool = True,
    max_sessions: int = 8,
    clock: FakeClock | None = None,
    store_for: Callable[[Path], Any] = FolderStore,
    start: bool = True,
    talk: ApiGraph = TALK,
    paces: Paces | None = None,
    passage_frames: int | None = 150,
    engines: int = 1,
) -> AsyncIterator[Stage]:
    clock = clock or FakeClock(unix_ns=time.time_ns())
    engine = SimulatedEngine(clock, data=data, rtf=0.001)
    await engine.start()
    info = await engine.object_info()
    graph = bind(Workflow(graph=talk, name="talk.json"), info)
    idle_graph = bind_idle(Workflow(graph=IDLE, name="idle.json"), info)
    rendering = IdleRenderer(engine, data, silence_timeout_ns=SILENCE_NS).render(idle_graph, image="", overlap_frames=5)
    folder = await clock.run_until(rendering)
    engine.rtf, engine.spread = rtf, spread
    idle = load_idle_loop(folder, data=data)
    counters, metrics = LiveCounters(), Metrics()
    others = []
    for number in range(1, engines):
        more = SimulatedEngine(clock, data=data, rtf=rtf, spread=spread, seed=number)
        await more.start()
        others.append(WindowRenderer(more, graph, data, offload=inline, silence_timeout_ns=SILENCE_NS))
    studio = Studio(
        scene=Scene(
            renderer=WindowRenderer(engine, graph, data, offload=inline, silence_timeout_ns=SILENCE_NS),
            idle=idle,
            paces=paces or Paces(),
            others=tuple(others),
        ),
        clock=clock,
        counters=counters,
        data=data,
        offload=inline,
        margin_ns=40_000_000,
        meter=metrics,
        passage_frames=passage_frames,
    )
    cast = Cast(studio=studio, speech=ToneSpeech(), generation=generation)
    scenery = Scenery(engine, data, talk=talk, idle=IDLE)
    hub = Hub(cast=cast, lead_ns=LEAD_NS, max_sessions=max_sessions, store_for=store_for, maker=scenery)
    if start:
        await hub.start()
    try:
        yield Stage(
            clock=clock,
            engine=engine,
            others=[one.engine for one in others],
            hub=hub,
            counters=counters,
            metrics=metrics,
            data=data,
            scenery=scenery,
        )
    finally:
        sweeper = hub._sweeper
        died = sweeper is not None and sweeper.done() and not sweeper.cancelled()
        await hub.close()
        await engine.close()
        for one in others:
            await one.engine.close()
        assert not died, "the sweeper died: abandoned sessions would stay open for ever"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_stage(tmp_path) as opened:
        yield opened
