"""The two graphs of a channel, talk and idle: found, judged before ComfyUI is up, and bound when it is."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.engine.api_graph import shared_settings
from runner.engine.binding import LiveGraph, bind
from runner.engine.cut_graph import WINDOW
from runner.engine.first_look import FirstLook, look_at_idle, look_at_talk
from runner.engine.idle_renderer import IdleGraph, bind_idle
from runner.engine.quant import known_loaders, requantise
from runner.engine.workflow import Workflow, load_workflow
from runner.errors import WorkflowRefused
from runner.settings import REPOSITORY, Settings

IDLE_WORKFLOW = "idle_portrait.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graphs:
    """Both bound, of one size."""

    talk: LiveGraph
    idle: IdleGraph


def first_look(settings: Settings, *, sets: Sequence[str]) -> FirstLook:
    """Refuse what needs no server to be refused. Raises: WorkflowRefused."""
    talk = look_at_talk(settings.workflow, sets=sets)
    idle = look_at_idle(idle_path(settings, talk.workflow), sets=sets)
    if talk.width is not None and idle.width is not None:
        _refuse_unequal(talk.workflow, (talk.width, talk.height), idle.workflow, (idle.width, idle.height))
    return talk


def load_graphs(settings: Settings, info: dict[str, Any]) -> tuple[Workflow, Workflow]:
    """Read the talk and the idle graph that the settings name. Raises: WorkflowRefused."""
    talk = load_workflow(settings.workflow, info)
    return talk, load_workflow(idle_path(settings, talk), info)


def bind_graphs(
    settings: Settings, info: dict[str, Any], *, sets: Sequence[str], image: str = "", free_vram_bytes: int = 0
) -> Graphs:
    """Bind both by these node definitions; `image` (a name below `onair/`) is their picture.

    free_vram_bytes: of the GPU before anything is loaded, 0 where nobody knows. Raises: WorkflowRefused.
    """
    workflow, idle_workflow = load_graphs(settings, info)
    return bind_pair(
        workflow, idle_workflow, info, quant=settings.quant, sets=sets, image=image, free_vram_bytes=free_vram_bytes
    )


def bind_pair(
    workflow: Workflow,
    idle_workflow: Workflow,
    info: dict[str, Any],
    *,
    quant: str,
    sets: Sequence[str],
    image: str = "",
    free_vram_bytes: int = 0,
    alike: bool = False,
) -> Graphs:
    """Bind a talk graph and its idle graph, which are changed: `quant` moves their files. As `bind_graphs`.

    `alike`: the idle graph is given the talk graph's size.
    """
    requantise(workflow.graph, info, kind=quant, free_bytes=free_vram_bytes)
    talk = bind(workflow, info, settings=sets, image_path=image)
    if known_loaders(idle_workflow.graph):  # a portrait's loop has none
        requantise(idle_workflow.graph, info, kind=quant, free_bytes=free_vram_bytes)
    size = [f"{WINDOW}.width={talk.width}", f"{WINDOW}.height={talk.height}"] if alike else []
    shared = shared_settings(idle_workflow.graph, [*sets, *size], info)
    idle = bind_idle(idle_workflow, info, settings=shared, image_path=image)
    _refuse_unequal(workflow, (talk.width, talk.height), idle_workflow, (idle.width, idle.height))
    return Graphs(talk=talk, idle=idle)


def lacks_picture(graph: LiveGraph) -> bool:
    """Whether no picture is linked: then an avatar is shown."""
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
        with contextlib.suppress(OSError, ValueError):  # a name that is too long, or none of a file
            if (folder / name).is_file():
                return folder / name
    raise WorkflowRefused(
        f"{workflow.name} names the idle graph {name[:80]}, which is neither beside it nor a "
        "shipped one; put it there, or name one with --idle",
        code="workflow.no_idle_file",
    )


Size = tuple[int | None, int | None]


def _refuse_unequal(talk: Workflow, size: Size, idle: Workflow, idle_size: Size) -> None:
    if size != idle_size:
        raise WorkflowRefused(
            f"{talk.name} is {size[0]}x{size[1]}, its idle graph {idle.name} is {idle_size[0]}x{idle_size[1]}; "
            "make them equal, or name another with --idle",
            code="workflow.size",
        )
