"""A saved graph cut down to what one of its nodes needs live: `--set` applied, replaced links cut, the rest judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .api_graph import apply_setting, keep, link_of, needed_by, of_class, refuse_bad_values
from .graph_loop import refuse_loop
from .workflow import Workflow, refuse_unknown_nodes

WINDOW, SEGMENT = "OnAirWindow", "OnAirSegment"
REPLACED = ("audio", "audio_2", "events")  # what the request brings instead of a link


def cut_to(
    workflow: Workflow,
    object_info: Mapping[str, Any],
    end_id: str,
    end: str,
    *,
    window_id: str,
    settings: Sequence[str],
    image_path: str,
) -> ApiGraph:
    """Return a copy that holds what the node `end_id`, shown as `end`, needs; `--set` applied, the rest judged.

    Raises: WorkflowRefused `workflow.set`, `workflow.unlinked`, `workflow.unknown_node`, `workflow.loop`,
    `workflow.value`.
    """
    graph = keep(workflow.graph, workflow.graph)
    set_all(graph, settings, object_info)
    cut_replaced(graph[window_id]["inputs"], object_info, image_path)
    graph = keep(graph, needed_by(graph, end_id))
    if window_id not in graph:
        raise WorkflowRefused(
            f"{workflow.name}: {end} does not depend on OnAir Window; connect its window input",
            code="workflow.unlinked",
        )
    refuse_unknown_nodes(graph, object_info, workflow)
    refuse_loop(graph, workflow.name)
    refuse_bad_values(graph, object_info, workflow.name)
    return graph


def has_windows(graph: ApiGraph) -> bool:
    """Tell whether a graph has exactly one Window and one Segment, so that a whole sound goes through it by windows."""
    return len(of_class(graph, WINDOW)) == 1 and len(of_class(graph, SEGMENT)) == 1


def exactly_one(graph: ApiGraph, kind: str, word: str, name: str) -> str:
    """Return the id of the only node of a class.

    Raises: WorkflowRefused `workflow.no_<word>`, `workflow.two_<word>s`.
    """
    found = of_class(graph, kind)
    if len(found) == 1:
        return found[0]
    if not found:
        sentence = f"{name} has no {kind} node; put one into the graph and save it again"
        raise WorkflowRefused(sentence, code=f"workflow.no_{word}")
    sentence = f"{name} has {len(found)} {kind} nodes ({', '.join(found)}); take away all but one"
    raise WorkflowRefused(sentence, code=f"workflow.two_{word}s")


def set_all(graph: ApiGraph, settings: Sequence[str], object_info: Mapping[str, Any]) -> None:
    """Apply every `--set node.input=value` in place. Raises: WorkflowRefused `workflow.set`."""
    for setting in settings:
        apply_setting(graph, setting, object_info)


def cut_replaced(inputs: dict[str, Any], object_info: Mapping[str, Any], image_path: str) -> None:
    """Cut the Window's links that the request replaces, and its picture where a path is given."""
    for name in REPLACED:
        if link_of(inputs.get(name)) is not None:
            del inputs[name]
    if image_path:
        inputs["image_path"] = image_path
        required = ((object_info.get(WINDOW) or {}).get("input") or {}).get("required") or {}
        if "image" not in required:  # a required link that is missing would be refused
            inputs.pop("image", None)
