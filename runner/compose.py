"""Compose: alone joins ports to adapters. What comes out is ready to render, or to serve.

Long by its nature: whoever looks for how the parts are joined finds all of it here.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from runner.avatar import Avatar, place_avatar
from runner.engine.binding import LiveGraph, bind
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_process import ComfyPlace
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow, load_workflow, read_content
from runner.errors import BadInput, WorkflowRefused
from runner.live.counters import LiveCounters, Meter
from runner.live.fake_run import IdleFrames
from runner.live.hub import Hub
from runner.live.idle import IdleLoop, load_idle_loop
from runner.live.offload import in_thread
from runner.live.paces import Paces
from runner.live.producer import Studio
from runner.live.session import Cast
from runner.metrics import Metrics
from runner.ports import Clock, Engine, PromptProgress
from runner.settings import REPOSITORY, Settings
from runner.speech.pack import PackSpeech

Say = Callable[[str], None]
IDLE_WORKFLOW = "idle_portrait.json"
CHECK_SIDE = 512
MARGIN_NS = 60_000_000
"""Slack before a first window is due: HTTP, the clip's reading, a busy machine's scheduling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An engine that is up, a graph bound to it, and the idle loop that was rendered with it."""

    engine: Engine
    renderer: WindowRenderer
    idle: IdleLoop
    avatar: Avatar | None
    speech: PackSpeech
    data: Path


@asynccontextmanager
async def open_stage(settings: Settings, *, sets: Sequence[str] = (), say: Say) -> AsyncIterator[Stage]:
    """Start the engine, bind the graphs, render the idle loop where it is not on disk. The engine ends with the block.

    Raises: BadInput of every kind before anything is started where that is possible; EngineError.
    """
    data, speech = _check(settings)
    engine = make_engine(settings, data)
    say("Starting ComfyUI, some 10 s …" if engine.process is not None else f"Connecting to {engine.url} …")
    try:
        await engine.start()
        yield await _prepare(settings, engine, data=data, sets=sets, say=say, speech=speech)
    finally:
        await engine.close()


def _check(settings: Settings) -> tuple[Path, PackSpeech]:
    """Refuse what can be refused before ComfyUI is started; return the data folder and the voices."""
    data = settings.data.resolve()
    data.mkdir(parents=True, exist_ok=True)
    speech = PackSpeech()
    speech.check_voice(settings.voice)
    read_content(settings.workflow)
    if settings.avatar is not None:
        place_avatar(settings.avatar, data=data, width=CHECK_SIDE, height=CHECK_SIDE, needs_face=False)
    return data, speech


def make_engine(settings: Settings, data: Path) -> ComfyEngine:
    """Return the engine the settings name: a server by URL, or a supervised child. Raises: BadInput."""
    where = settings.comfyui or str(REPOSITORY / ".comfyui")
    if where.startswith(("http://", "https://")):
        return ComfyEngine(url=where)
    root = Path(where).expanduser().resolve()
    if not (root / "main.py").is_file():
        raise BadInput(
            f"there is no ComfyUI at {root}; run python3 install.py setup, or name one with --comfyui PATH or URL",
            code="comfyui.not_found",
        )
    place = ComfyPlace(root=root, python=Path(sys.executable), base=data / "comfyui", data=data, packs=(REPOSITORY,))
    return ComfyEngine(place=place)


async def _prepare(
    settings: Settings, engine: Engine, *, data: Path, sets: Sequence[str], say: Say, speech: PackSpeech
) -> Stage:
    info = await engine.object_info()
    workflow = load_workflow(settings.workflow, info)
    graph = bind(workflow, info, settings=sets)
    avatar: Avatar | None = None
    if settings.avatar is not None or _lacks_picture(graph):
        avatar = place_avatar(
            settings.avatar, data=data, width=graph.width, height=graph.height, needs_face=graph.any_length
        )
        await engine.put(avatar.name, data / avatar.name)
        graph = bind(workflow, info, settings=sets, image_path=avatar.name)
    idle = await _idle(settings, engine, info, workflow, graph, avatar, data=data, say=say)
    renderer = WindowRenderer(engine, graph, data, silence_timeout_ns=settings.silence_ms * 1_000_000)
    return Stage(engine=engine, renderer=renderer, idle=idle, avatar=avatar, speech=speech, data=data)


def _lacks_picture(graph: LiveGraph) -> bool:
    """Whether no picture is linked: then the drawn presenter speaks."""
    return graph.graph[graph.window_id]["inputs"].get("image") is None


def idle_path(settings: Settings, workflow: Workflow) -> Path:
    """Return the idle graph's file: `--idle`, else what the talk graph names, else the portrait's.

    A named one lies beside the talk graph, or among the shipped ones. Raises: WorkflowRefused `workflow.no_idle_file`.
    """
    if settings.idle is not None:
        return settings.idle
    told = workflow.extra.get("onair")
    named = told.get("idle") if isinstance(told, dict) else None
    name = Path(named).name if isinstance(named, str) and named else IDLE_WORKFLOW
    for folder in (settings.workflow.parent, REPOSITORY / "workflows"):
        if (folder / name).is_file():
            return folder / name
    raise WorkflowRefused(
        f"{workflow.name} names the idle graph {name}, which is not beside it; put it there, or name one with --idle",
        code="workflow.no_idle_file",
    )


async def _idle(
    settings: Settings,
    engine: Engine,
    info: dict[str, Any],
    workflow: Workflow,
    graph: LiveGraph,
    avatar: Avatar | None,
    *,
    data: Path,
    say: Say,
) -> IdleLoop:
    idle_workflow = load_workflow(idle_path(settings, workflow), info)
    picture = avatar.name if avatar is not None else ""
    idle_graph = bind_idle(idle_workflow, info, image_path=picture)
    if (idle_graph.width, idle_graph.height) != (graph.width, graph.height):
        raise WorkflowRefused(
            f"{workflow.name} is {graph.width}x{graph.height}, its idle graph {idle_workflow.name} is "
            f"{idle_graph.width}x{idle_graph.height}; make them equal, or name another with --idle",
            code="workflow.size",
        )

    def told(progress: PromptProgress) -> None:
        say(f"Rendering the idle loop: {progress.value} of {progress.maximum}")

    say("Rendering the idle loop (once per picture) …")
    folder = await IdleRenderer(engine, data).render(
        idle_graph, image=picture, overlap_frames=graph.overlap_frames, on_progress=told
    )
    return load_idle_loop(folder, data=data)


def new_studio(
    stage: Stage, settings: Settings, *, clock: Clock, counters: LiveCounters | None = None, paces: Paces | None = None
) -> Studio:
    """Return what turns render with."""
    return Studio(
        clock=clock,
        renderer=stage.renderer,
        idle=stage.idle,
        counters=counters or LiveCounters(),
        paces=paces or Paces(),
        data=stage.data,
        offload=in_thread,
        margin_ns=MARGIN_NS,
        image=stage.avatar.name if stage.avatar is not None else "",
        seed=stage.renderer.graph.seed,
    )


def new_hub(stage: Stage, settings: Settings, *, clock: Clock, counters: LiveCounters, meter: Meter) -> Hub:
    """Return the sessions' hub; FAKE_RUN puts the idle frames in the renderer's place."""
    studio = replace(new_studio(stage, settings, clock=clock, counters=counters), meter=meter)
    if settings.fake_run:
        studio = replace(studio, renderer=IdleFrames(stage.renderer.graph, stage.idle, stage.data))
    return Hub(
        cast=Cast(studio=studio, speech=stage.speech, speed=settings.speed, generation=settings.allow_generation),
        lead_ns=settings.lead_ms * 1_000_000,
        voice=settings.voice,
        max_sessions=settings.sessions,
        avatar=stage.avatar.title if stage.avatar is not None else None,
    )


def watch(metrics: Metrics, *, stage: Stage, hub: Hub, counters: LiveCounters) -> None:
    """Let `/metrics` show the live loop's totals, the engine's health and the sessions too."""
    engine = stage.engine
    metrics.totals(lambda: counters)
    metrics.counter("engine_restarts", "Restarts of the engine", lambda: engine.status().restarts)
    metrics.gauge("engine_up", "1 while the engine takes prompts", lambda: float(engine.status().up))
    metrics.gauge("engine_rss_bytes", "Resident memory of ComfyUI", lambda: engine.status().rss_bytes)
    metrics.gauge("channels", "Streams on air", lambda: len(hub.channels()))
    metrics.gauge("capacity_sessions", "Conversations that this machine renders in time", lambda: hub.capacity)
    metrics.counter(
        "store_failures",
        "Files that the disk did not take",
        lambda: sum(channel.stream.store_failures for channel in hub.channels()),
    )
