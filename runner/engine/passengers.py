"""Passengers: nodes of the other graphs on an engine that ride along in a prompt, so that ComfyUI keeps what they made.

ComfyUI drops every result of a node that the newest prompt does not name, so two graphs in turn would load their models
with every window. An unlinked node that is no output is neither run nor validated, but its results stay
(comfyui_facts, section 3); the cache's key is class and inputs, so it may have another id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runner.ports import ApiGraph, PromptJob

from .api_graph import fed_by, keep, link_of

PREFIX = "onair_passenger_"
PATIENCE_NS = 600 * 10**9
"""A graph that has rendered nothing for so long lets go of its models: memory is for those that are on air."""
MOST_GRAPHS = 8


class Passengers:
    """Which nodes of which graphs were rendered lately; the least recent goes first. One a ComfyUI."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[int, ApiGraph]] = {}

    def board(self, job: PromptJob, *, now_ns: int) -> ApiGraph:
        """Return the nodes that ride along in this prompt, and remember its own lasting ones for the next."""
        for key, (seen_ns, _) in list(self._seen.items()):
            if now_ns - seen_ns > PATIENCE_NS:
                del self._seen[key]
        own = keep(job.graph, job.lasting)
        name = json.dumps(own, sort_keys=True)
        self._seen.pop(name, None)
        riding: ApiGraph = {}
        for number, (_, graph) in enumerate(self._seen.values()):
            riding |= _renamed(graph, f"{PREFIX}{number}_")
        if own:
            self._seen[name] = (now_ns, own)
        while len(self._seen) > MOST_GRAPHS:
            del self._seen[next(iter(self._seen))]
        return riding

    def clear(self) -> None:
        """ComfyUI was lost, and its cache with it; the next one may know other nodes."""
        self._seen.clear()


def without_passengers(outputs: dict[str, Any]) -> dict[str, Any]:
    """Return a prompt's own outputs: ComfyUI also tells the old ones of some nodes that did not run."""
    return {node_id: told for node_id, told in outputs.items() if not node_id.startswith(PREFIX)}


def lasting_nodes(graph: ApiGraph, window_id: str, object_info: Mapping[str, Any]) -> frozenset[str]:
    """Return the ids of the nodes that no window changes.

    Without those that ComfyUI runs wherever they stand (outputs), and what reads from them: these cannot ride along.
    """
    left_out = {node_id for node_id in graph if object_info.get(graph[node_id]["class_type"], {}).get("output_node")}
    return frozenset(graph) - fed_by(graph, {window_id, *left_out})


def _renamed(graph: ApiGraph, prefix: str) -> ApiGraph:
    """Return a copy under other ids: two saved graphs number their nodes alike."""
    return {
        prefix + node_id: {
            "class_type": node["class_type"],
            "inputs": {
                name: [prefix + link[0], link[1]] if (link := link_of(value)) is not None else value
                for name, value in node["inputs"].items()
            },
        }
        for node_id, node in graph.items()
    }
