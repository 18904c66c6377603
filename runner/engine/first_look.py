"""What can be said of a workflow before any ComfyUI is up: its own nodes, `--set`, ranges and sizes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from runner.errors import WorkflowRefused

from .api_graph import keep, link_of, needed_by, refuse_bad_values, shared_settings
from .binding import needs_face
from .cut_graph import SEGMENT, WINDOW, exactly_one, set_all
from .graph_loop import refuse_loop
from .idle_renderer import IDLE
from .own_nodes import OWN_NODES
from .window_sizes import SIZES, window_sizes
from .workflow import Workflow, load_workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstLook:
    """`width` and `height`: None where only ComfyUI can tell them. `needs_face`: as `LiveGraph`."""

    workflow: Workflow
    width: int | None
    height: int | None
    needs_face: bool


def look_at_talk(path: Path, *, sets: Sequence[str]) -> FirstLook:
    """Read a talk graph. Raises: WorkflowRefused, as `bind` would for what needs no server."""
    return _look(path, end=SEGMENT, word="segment", sets=sets)


def look_at_idle(path: Path, *, sets: Sequence[str] = ()) -> FirstLook:
    """Read an idle graph; of the talk graph's `--set` what fits it too is applied.

    Raises: WorkflowRefused, as `bind_idle` would for what needs no server.
    """
    shared = shared_settings(load_workflow(path, OWN_NODES).graph, sets, OWN_NODES)
    return _look(path, end=IDLE, word="idle", sets=shared)


def _look(path: Path, *, end: str, word: str, sets: Sequence[str]) -> FirstLook:
    workflow = load_workflow(path, OWN_NODES)
    graph = keep(workflow.graph, workflow.graph)
    end_id = exactly_one(graph, end, word, workflow.name)
    window_id = exactly_one(graph, WINDOW, "window", workflow.name)
    set_all(graph, sets, OWN_NODES)
    graph = keep(graph, needed_by(graph, end_id))
    if window_id not in graph:
        raise WorkflowRefused(
            f"{workflow.name}: {end} does not depend on {WINDOW}; connect its window input", code="workflow.unlinked"
        )
    refuse_loop(graph, workflow.name)
    refuse_bad_values(graph, OWN_NODES, workflow.name)
    width = height = None
    # A size that comes from another node is only known when that node's definition is.
    if not any(link_of(graph[window_id]["inputs"].get(name)) for name in SIZES):
        sizes = window_sizes(graph, window_id, workflow.name)
        width, height = sizes["width"], sizes["height"]
    return FirstLook(workflow=workflow, width=width, height=height, needs_face=needs_face(graph))
