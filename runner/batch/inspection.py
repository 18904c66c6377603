"""Inspection: what can be said of a saved workflow by a ComfyUI's node definitions alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.engine.api_graph import of_class
from runner.engine.binding import LiveGraph, bind
from runner.engine.cut_graph import has_windows, set_all
from runner.engine.graph_loop import refuse_loop
from runner.engine.idle_renderer import IDLE, IdleGraph, bind_idle
from runner.engine.workflow import parse_workflow, read_content
from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .finding import Finding, find_faults
from .models import named_models

UNSAID = ("graph", "lasting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """`live`: its bindings where the workflow can go on air, else None; `why_not` then says (code, sentence).

    `idle`: those of an idle loop, which `live --idle` takes. `by_window`: `run` sends one prompt a window of sound.
    `graph`: the workflow in the API format, `--set` applied.
    """

    workflow: str
    nodes: int
    findings: tuple[Finding, ...]
    live: LiveGraph | None
    why_not: tuple[str, str] | None
    idle: IdleGraph | None = None
    by_window: bool = False
    graph: ApiGraph = dataclasses.field(default_factory=dict)

    def told(self) -> dict[str, Any]:
        """Return it as JSON."""
        live: dict[str, Any] = {"possible": self.live is not None}
        if self.live is not None:
            step = {"step_frames": self.live.window_frames - self.live.overlap_frames}
            live |= {key: value for key, value in dataclasses.asdict(self.live).items() if key not in UNSAID} | step
        elif self.why_not is not None:
            live |= {"code": self.why_not[0], "message": self.why_not[1]}
        if self.idle is not None:
            told = {key: value for key, value in dataclasses.asdict(self.idle).items() if key not in UNSAID}
            live["idle"] = told
        findings = [{key: value for key, value in dataclasses.asdict(one).items() if value} for one in self.findings]
        run = {"by_window": self.by_window}
        return {"workflow": self.workflow, "nodes": self.nodes, "findings": findings, "live": live, "run": run}


def inspect(path: Path, object_info: dict[str, Any], *, sets: Sequence[str] = ()) -> Inspection:
    """Look at a workflow as it is saved, with `--set` applied.

    Raises: WorkflowRefused for what is no workflow, nodes that wait for each other, and a `--set` that fits nothing.
    """
    return inspect_content(path.name, read_content(path), object_info, sets=sets)


def inspect_content(name: str, content: object, object_info: dict[str, Any], *, sets: Sequence[str] = ()) -> Inspection:
    """Look at a workflow's JSON, as `inspect` does at a file. Raises: as `inspect`."""
    workflow = parse_workflow(name, content, object_info)
    set_all(workflow.graph, sets, object_info)
    refuse_loop(workflow.graph, workflow.name)
    findings = find_faults(workflow.graph, object_info, packs=workflow.packs, models=named_models(content))
    live, idle, why_not = None, None, None
    loops = bool(of_class(workflow.graph, IDLE))
    try:
        if loops:
            idle = bind_idle(parse_workflow(name, content, object_info), object_info, settings=sets)
        else:
            live = bind(parse_workflow(name, content, object_info), object_info, settings=sets)
    except WorkflowRefused as exc:
        why_not = (exc.code, str(exc))
    return Inspection(
        workflow=workflow.name,
        nodes=len(workflow.graph),
        findings=tuple(findings),
        live=live,
        why_not=why_not,
        idle=idle,
        by_window=has_windows(workflow.graph),
        graph=workflow.graph,
    )
