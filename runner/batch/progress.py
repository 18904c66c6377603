"""Progress of a prompt by node and step, as a line for people and as events for programs."""

from __future__ import annotations

from typing import Any

from runner.ports import ApiGraph, PromptProgress

WIDTH = 24


class NodeProgress:
    """Of one prompt: how many of the graph's nodes have begun, and how far the present one is."""

    def __init__(self, graph: ApiGraph) -> None:
        self._graph = graph
        self._begun: dict[str, None] = {}

    def line(self, told: PromptProgress) -> str:
        """Return what people read: a bar over all nodes, the node's class, its steps after a colon."""
        self._begun[told.node] = None
        total = max(len(self._graph), len(self._begun))
        share = (len(self._begun) - 1 + (told.value / told.maximum if told.maximum else 0)) / total
        filled = min(WIDTH, round(share * WIDTH))
        line = (
            f"[{'#' * filled}{'.' * (WIDTH - filled)}] node {len(self._begun)} of {total}, {self.class_of(told.node)}"
        )
        return f"{line}: {told.value} of {told.maximum}" if told.maximum else line

    def event(self, told: PromptProgress) -> dict[str, Any]:
        """Return what programs read."""
        node = {"node": told.node, "class_type": self.class_of(told.node)}
        if not told.maximum:
            return {"event": "node", **node}
        return {"event": "progress", **node, "value": told.value, "maximum": told.maximum}

    def class_of(self, node: str) -> str:
        """Return a node's class; one that another node made at run time carries its maker's id in front."""
        for node_id in (node, node.partition(":")[0], node.partition(".")[0]):
            if node_id in self._graph:
                return str(self._graph[node_id]["class_type"])
        return node
