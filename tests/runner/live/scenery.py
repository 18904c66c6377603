"""A scene maker over the simulated engine: graphs of any size and loop, bound and proven as the real one's are."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from runner.engine.binding import bind
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import parse_workflow
from runner.errors import BadInput
from runner.live.idle import load_idle_loop
from runner.live.offload import inline
from runner.live.scene import Scene, SceneGraph

SILENCE_NS = 10_000_000_000


class Scenery:
    """`made` counts the scenes by avatar; `gate` holds a making up."""

    def __init__(self, engine: SimulatedEngine, data: Path, *, talk: dict[str, Any], idle: dict[str, Any]) -> None:
        self.made: Counter[str] = Counter()
        self.gate = asyncio.Event()
        self.gate.set()
        self._engine, self._data, self._talk, self._idle = engine, data, talk, idle

    async def from_avatar(self, avatar: str) -> Scene:
        if avatar not in ("anna", "bert", "cleo", "dora", "emil"):
            raise BadInput(f"there is no avatar {avatar!r}; take another", code="avatar.unknown")
        await self.gate.wait()
        self.made[avatar] += 1
        return replace(await self._make(self._talk, self._idle, avatar), avatar=avatar, title=avatar)

    async def from_workflow(self, wanted: SceneGraph) -> Scene:
        scene = await self._make(dict(wanted.workflow), dict(wanted.idle or self._idle), wanted.avatar or "")
        return replace(scene, own=False, avatar=wanted.avatar)

    async def _make(self, talk: dict[str, Any], idle: dict[str, Any], image: str) -> Scene:
        info = await self._engine.object_info()
        graph = bind(parse_workflow("the graph", talk, info), info)
        bound = bind_idle(parse_workflow("the idle graph", idle, info), info)
        rendering = IdleRenderer(self._engine, self._data, version="test", silence_timeout_ns=SILENCE_NS)
        folder = await rendering.render(bound, image=image, overlap_frames=graph.overlap_frames)
        return Scene(
            renderer=WindowRenderer(self._engine, graph, self._data, offload=inline, silence_timeout_ns=SILENCE_NS),
            idle=load_idle_loop(folder, data=self._data),
            image=image,
        )
