"""Does ComfyUI stay flat? The shipped graph on the real thing, window after window, turn after turn."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.ticks import NS_PER_MS
from runner.bench.machine import machine, resident_bytes, spread
from runner.clock import SystemClock
from runner.compose import Stage, new_studio, open_stage
from runner.errors import BadInput
from runner.live.clauses import split_clauses
from runner.live.jobs import build_request
from runner.live.offload import in_thread
from runner.live.speech_file import SpeechFile
from runner.live.studio import Studio
from runner.live.synthesis import synthesise
from runner.live.turn import remove_turn
from runner.live.turn_names import TurnNames
from runner.live.windows import new_speech_windows
from runner.settings import REPOSITORY, load_settings

TEXT = "Good evening. This is a sentence that is said again and again, so that memory can be watched meanwhile."
FIRST_MARK = 100
TRACE_EVERY = 50
CHANNEL = "bench"


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
            async for render_ns in _turn(stage, studio, f"{turn:05d}"):
                render_ms.append(render_ns / NS_PER_MS)
                if len(render_ms) % TRACE_EVERY == 0 or len(render_ms) == windows:
                    trace[len(render_ms)] = resident_bytes(pid)
                if len(render_ms) == windows:
                    break
            remove_turn(studio, CHANNEL, f"{turn:05d}")
            turn += 1
    return _report(windows, turns=turn, trace=trace, render_ms=render_ms)


async def _turn(stage: Stage, studio: Studio, turn: str) -> AsyncIterator[int]:
    """Speak the text and render its windows as the live loop does; yield each one's render time (ns)."""
    names = TurnNames(channel=CHANNEL, turn=turn)
    speech = SpeechFile(stage.data / names.folder)
    try:
        await synthesise(speech, split_clauses(TEXT), speech=stage.speech, voice="en-us", speed=1.0, offload=in_thread)
        windows = new_speech_windows(studio)(speech)
        state_in, index = stage.idle.state_name(0), 0
        while (window := await windows.get(index)) is not None:
            yield await _render(stage, names, speech, window, state_in=state_in)
            state_in, index = names.state(index), index + 1
    finally:
        speech.close()


async def _render(stage: Stage, names: TurnNames, speech: SpeechFile, window: AudioWindow, *, state_in: str) -> int:
    request = build_request(
        window,
        names=names,
        graph=stage.renderer.graph,
        idle=stage.idle,
        events=speech.recent_events(0, speech.samples),
        attempt=0,
        seed=stage.renderer.graph.seed,
        image=stage.avatar.name if stage.avatar is not None else "",
        state_in=state_in,
    )
    prompt_id = names.prompt_id(window.index, 0)
    rendered = await stage.renderer.render(request, prompt_id=prompt_id, pcm_s16le=window.pcm_s16le)
    return rendered.render_ns


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
