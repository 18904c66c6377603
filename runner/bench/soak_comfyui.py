"""Does ComfyUI stay flat? The shipped graph on the real thing, window after window, turn after turn."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hls.ticks import NS_PER_MS
from runner.bench.machine import machine, resident_bytes, spread
from runner.bench.spoken import CHANNEL, spoken_windows
from runner.clock import SystemClock
from runner.compose import Stage, new_studio, open_stage
from runner.errors import BadInput
from runner.live.turn import remove_turn
from runner.settings import REPOSITORY, load_settings

TEXT = "Good evening. This is a sentence that is said again and again, so that memory can be watched meanwhile."
FIRST_MARK = 100
TRACE_EVERY = 50


def bench_soak_comfyui(windows: int = 500) -> dict[str, Any]:
    """Render `windows` windows back to back; return ComfyUI's RSS at 100 and at the end (bytes), and render times.

    *Flat* is at most 20 MB between window 100 and 500 (CONTRACTS section 8). The child is the one that the runner
    supervises, with its flags and its frozen heap.
    Raises: EngineError, BadInput (no ComfyUI, or one by its address).
    """
    with tempfile.TemporaryDirectory(prefix="onair-bench-") as folder:
        return asyncio.run(_soak(windows, Path(folder)))


async def _soak(windows: int, data: Path) -> dict[str, Any]:
    settings = load_settings(data=data)
    trace: dict[int, int] = {}
    render_ms: list[float] = []
    async with open_stage(settings, say=lambda _: None) as stage:
        studio = new_studio(stage, clock=SystemClock())
        turn, pid = 0, _child(stage)
        while len(render_ms) < windows:
            async for spoken in spoken_windows(stage, studio, f"{turn:05d}", TEXT):
                rendered = await spoken.render(stage.renderer)
                render_ms.append(rendered.render_ns / NS_PER_MS)
                if len(render_ms) % TRACE_EVERY == 0 or len(render_ms) == windows:
                    trace[len(render_ms)] = resident_bytes(pid)
                if len(render_ms) == windows:
                    break
            remove_turn(studio, CHANNEL, f"{turn:05d}")
            turn += 1
    return _report(windows, turns=turn, trace=trace, render_ms=render_ms)


def _child(stage: Stage) -> int:
    pid = stage.engine.status().pid
    if pid is None:
        raise BadInput("this ComfyUI is not ours, so its memory cannot be read; name a folder with ONAIR_COMFYUI")
    return pid


def _report(windows: int, *, turns: int, trace: dict[int, int], render_ms: list[float]) -> dict[str, Any]:
    return {
        "bench": "soak",
        "engine": "comfyui",
        **machine(comfyui=Path(load_settings().comfyui or REPOSITORY / ".comfyui")),
        "windows": windows,
        "turns": turns,
        "comfyui_rss_bytes": {str(mark): size for mark, size in trace.items()},
        "growth_bytes": trace[windows] - trace[FIRST_MARK] if windows > FIRST_MARK else None,
        "render_ms": spread(render_ms),
    }
