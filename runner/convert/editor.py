"""The editor without a screen: it knows the node classes, reads a workflow into nodes, and lets them settle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from .defined_node import DefinedNode, MissingNode
from .definition import NodeDefinition, read_definition
from .graph import Counters
from .group_node import GroupNode, current_class, open_groups, read_templates
from .group_template import PREFIX, GroupTemplate
from .level import RootGraph, Subgraph
from .node import Node
from .primitive_node import PrimitiveNode
from .subgraph_node import SubgraphNode
from .unique_ids import make_unique
from .virtual_node import MarkdownNoteNode, NoteNode, RerouteNode

FRONTEND_NODES: dict[str, type[Node]] = {
    "Note": NoteNode,
    "MarkdownNote": MarkdownNoteNode,
    "Reroute": RerouteNode,
    "PrimitiveNode": PrimitiveNode,
}
SAMPLERS = ("KSampler", "KSamplerAdvanced")


class Editor:
    """One opened workflow. `later` holds what waits until the whole graph stands."""

    def __init__(self, object_info: Mapping[str, Any], now: datetime) -> None:
        self.object_info = object_info
        self.now = now
        self.counters = Counters()
        self.configuring = 0
        self.later: list[Callable[[], None]] = []
        self.subgraphs: dict[str, Subgraph] = {}
        self.templates: dict[str, GroupTemplate] = {}
        self.root = RootGraph(self)
        self._definitions: dict[str, NodeDefinition] = {}

    def open(self, workflow: Mapping[str, Any]) -> RootGraph:
        """Read a workflow; afterwards its nodes are as they stand in the editor."""
        self.templates = read_templates(workflow, {*self.object_info, *FRONTEND_NODES})
        self.root.configure(workflow)
        self._mend_values()
        open_groups(self.root)
        self.settle()
        return self.root

    def settle(self) -> None:
        """Run what waits for the next frame, and what that brings."""
        while self.later:
            self.later.pop(0)()

    def make_node(self, kind: str, title: str = "") -> Node:
        """Return a new node of this class, or a stand-in where nobody knows it."""
        if kind in FRONTEND_NODES:
            return FRONTEND_NODES[kind](self, kind, title)
        if kind in self.subgraphs:
            return SubgraphNode(self, self.subgraphs[kind], title)
        template, definition = self.templates.get(current_class(kind)), self.definition(kind)
        if template is not None:
            return GroupNode(self, template, title)
        node = DefinedNode(self, definition, title) if definition is not None else None
        return MissingNode(self, kind, title) if node is None or node.unbuildable else node

    def definition(self, kind: str) -> NodeDefinition | None:
        """Return what the server says of a class."""
        if kind not in self._definitions:
            info = self.object_info.get(kind)
            if not isinstance(info, Mapping):
                return None
            self._definitions[kind] = read_definition(kind, info)
        return self._definitions[kind]

    def group_definition(self, template: GroupTemplate) -> NodeDefinition:
        """Return the class of a group node; it is made once."""
        kind = PREFIX + template.name
        if kind not in self._definitions:
            self._definitions[kind] = template.definition(self.object_info)
        return self._definitions[kind]

    def read_subgraphs(self, data: Mapping[str, Any], *, is_root: bool) -> list[Any]:
        """Read the subgraphs that a level defines, the innermost first; return the nodes of that level."""
        nodes = data.get("nodes")
        nodes = nodes if isinstance(nodes, list) else []
        definitions = data.get("definitions")
        held = definitions.get("subgraphs") if isinstance(definitions, Mapping) else None
        told = [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []
        if not told:
            return nodes
        if is_root:
            told, nodes = make_unique(told, nodes, self.counters)
        for item in told:
            self.subgraphs[str(item.get("id"))] = Subgraph(self, item)
        for item in _leaves_first(told):
            subgraph = self.subgraphs[str(item.get("id"))]
            subgraph.configure(item)
            subgraph.read_border(item)
        return nodes

    def _mend_values(self) -> None:
        """Give an empty combo its first value, and drop a prefix that old files have."""
        for node in list(self.root.all_nodes()):
            for widget in list(node.widgets):
                value = widget.value
                if node.type in SAMPLERS and widget.name == "sampler_name" and isinstance(value, str):
                    widget.value = value.removeprefix("sample_")
                if widget.kind == "combo" and widget.choices and not isinstance(value, str | int | float | list | dict):
                    widget.value = widget.choices[0]


def _leaves_first(subgraphs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order subgraphs so that each comes after those it holds; as they are where they hold each other."""
    by_id = {str(item.get("id")): item for item in subgraphs}
    inside = {
        key: {str(n.get("type")) for n in item.get("nodes") or () if isinstance(n, dict)} & set(by_id)
        for key, item in by_id.items()
    }
    done: list[str] = []
    while len(done) < len(by_id):
        ready = [key for key in by_id if key not in done and inside[key] <= set(done)]
        if not ready:
            return subgraphs
        done += ready
    return [by_id[key] for key in done]
