"""How well an engine is kept busy: the gap between two windows by ComfyUI's own clock, and what each node takes."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections import Counter, deque
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from hls.ticks import LIVE_FPS, NS_PER_MS, NS_PER_SECOND
from runner.bench.machine import machine, spread
from runner.bench.spoken import CHANNEL, SpokenWindow, spoken_windows
from runner.clock import SystemClock
from runner.compose import Stage, new_studio, open_stage
from runner.engine.window_renderer import RenderedWindow
from runner.live.lane import DEPTH
from runner.live.turn import remove_turn
from runner.ports import PromptProgress
from runner.settings import REPOSITORY, Settings, load_settings

SENTENCE = "Good evening. This is a sentence that is said again and again, so that the engine is never without work. "
SENTENCES = 8
FIRST = 1
"""The first window loads models and fills caches: it is told apart."""


def bench_engine(windows: int = 40, *, sets: Sequence[str] = ()) -> dict[str, Any]:
    """Render `windows` windows of the talk graph with one queued ahead, as the live loop does.

    `gap_ms`: from one prompt's end to the next one's start. `executed_nodes`: how many of a window. `nodes`: from the
    moment a node begins to the moment the next one does, as the socket tells of it; medians of all windows but the
    first. Raises: EngineError, BadInput.
    """
    with tempfile.TemporaryDirectory(prefix="onair-bench-") as folder:
        return asyncio.run(measure(load_settings(data=Path(folder)), windows, sets=sets))


async def measure(settings: Settings, windows: int, *, sets: Sequence[str] = ()) -> dict[str, Any]:
    """Return the figures for these settings. Raises: as `bench_engine`."""
    async with open_stage(settings, sets=sets, say=lambda _: None) as stage:
        return {
            "bench": "engine",
            "workflow": settings.workflow.name,
            **machine(comfyui=Path(settings.comfyui or REPOSITORY / ".comfyui")),
            **_report(stage, await _render(stage, windows)),
        }


class Watched:
    """A window and when each of its nodes began, in nanoseconds of the machine's clock."""

    def __init__(self, spoken: SpokenWindow, stage: Stage) -> None:
        self.begun_ns: list[tuple[str, int]] = []
        self.frames = spoken.request.new_frames
        self.rendering = asyncio.ensure_future(spoken.render(stage.renderer, self._hear))

    def _hear(self, told: PromptProgress) -> None:
        if not told.maximum:
            self.begun_ns.append((told.node, time.monotonic_ns()))


async def _render(stage: Stage, windows: int) -> list[list[tuple[Watched, RenderedWindow]]]:
    """Return what was rendered, turn by turn; between turns the engine does wait."""
    studio = new_studio(stage, clock=SystemClock())
    turns: list[list[tuple[Watched, RenderedWindow]]] = []
    while sum(map(len, turns)) < windows:
        name, under_way, done = f"{len(turns):05d}", deque[Watched](), list[tuple[Watched, RenderedWindow]]()
        async for spoken in spoken_windows(stage, studio, name, SENTENCE * SENTENCES):
            under_way.append(Watched(spoken, stage))
            if len(under_way) == DEPTH:
                first = under_way.popleft()
                done.append((first, await first.rendering))
            if sum(map(len, turns)) + len(done) + len(under_way) >= windows:
                break
        done += [(one, await one.rendering) for one in under_way]
        turns.append(done)
        remove_turn(studio, CHANNEL, name)
    return turns


def _report(stage: Stage, turns: list[list[tuple[Watched, RenderedWindow]]]) -> dict[str, Any]:
    prompts = [[rendered.prompt for _, rendered in turn] for turn in turns]
    gaps = [float(later.began_ms - sooner.ended_ms) for turn in prompts for sooner, later in pairwise(turn)]
    pairs = [pair for turn in turns for pair in turn]
    later = pairs[FIRST:] or pairs
    render_ms = [rendered.render_ns / NS_PER_MS for _, rendered in later]
    return {
        "windows": len(pairs),
        "gap_ms": spread(gaps),
        "gap_max_ms": max(gaps, default=None),
        "first_render_ms": round(pairs[0][1].render_ns / NS_PER_MS, 1),
        "render_ms": spread(render_ms),
        "rtf": spread([one.render_ns * LIVE_FPS / NS_PER_SECOND / watched.frames for watched, one in later]),
        "executed_nodes_first": len(pairs[0][1].prompt.executed_nodes),
        "executed_nodes": sorted({len(rendered.prompt.executed_nodes) for _, rendered in later}),
        "nodes": _nodes(stage, later, statistics.median(render_ms)),
    }


def _nodes(stage: Stage, pairs: list[tuple[Watched, RenderedWindow]], window_ms: float) -> list[dict[str, Any]]:
    """Return what each class takes, the dearest first; the last node's is what is left of the prompt."""
    took: dict[str, list[float]] = {}
    for watched, rendered in pairs:
        begun = watched.begun_ns
        ends = [at for _, at in begun[1:]] + [begun[0][1] + rendered.render_ns] if begun else []
        spent: Counter[str] = Counter()
        for (node, at), end in zip(begun, ends, strict=True):
            spent[str(stage.renderer.graph.graph[node]["class_type"])] += max(0, end - at)
        for kind, ns in spent.items():
            took.setdefault(kind, []).append(ns / NS_PER_MS)
    rows = [(kind, statistics.median(values)) for kind, values in took.items()]
    return [
        {"node": kind, "median_ms": round(ms, 1), "share": round(ms / window_ms, 3)}
        for kind, ms in sorted(rows, key=lambda row: -row[1])
    ]
