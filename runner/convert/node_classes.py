"""The classes that nodes can have, and making a node of one: the server's, the editor's own, and the file's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .graph.level import Node
from .graph.opening import Opening
from .groups.group_node import GroupNode, current_class, read_templates
from .groups.group_template import PREFIX, GroupTemplate
from .nodes.defined_node import DefinedNode, MissingNode
from .nodes.primitive_node import PrimitiveNode
from .nodes.virtual_node import MarkdownNoteNode, NoteNode, RerouteNode
from .subgraphs.subgraph import Subgraph
from .subgraphs.subgraph_node import SubgraphNode
from .widgets.definition import NodeDefinition, read_definition

FRONTEND_NODES: dict[str, type[Node]] = {
    "Note": NoteNode,
    "MarkdownNote": MarkdownNoteNode,
    "Reroute": RerouteNode,
    "PrimitiveNode": PrimitiveNode,
}


class NodeClasses:
    """Every class that one workflow may name. `subgraphs` fills up while the file is read."""

    def __init__(self, opening: Opening, object_info: Mapping[str, Any], workflow: Mapping[str, Any]) -> None:
        self._opening = opening
        self._object_info = object_info
        self._templates = read_templates(workflow, {*object_info, *FRONTEND_NODES})
        self._definitions: dict[str, NodeDefinition] = {}
        self.subgraphs: dict[str, Subgraph] = {}

    def make(self, kind: str, title: str = "") -> Node:
        """Return a new node of this class, or a stand-in where nobody knows it."""
        if kind in FRONTEND_NODES:
            return FRONTEND_NODES[kind](self._opening, kind, title)
        if kind in self.subgraphs:
            return SubgraphNode(self._opening, self.subgraphs[kind], title)
        template, definition = self._templates.get(current_class(kind)), self._definition(kind)
        if template is not None:
            return GroupNode(self._opening, template, self._group_definition(template), title)
        node = DefinedNode(self._opening, definition, title) if definition is not None else None
        return MissingNode(self._opening, kind, title) if node is None or node.unbuildable else node

    def _definition(self, kind: str) -> NodeDefinition | None:
        if kind not in self._definitions:
            info = self._object_info.get(kind)
            if not isinstance(info, Mapping):
                return None
            self._definitions[kind] = read_definition(kind, info)
        return self._definitions[kind]

    def _group_definition(self, template: GroupTemplate) -> NodeDefinition:
        """Return the class of a group node; it is made once."""
        kind = PREFIX + template.name
        if kind not in self._definitions:
            self._definitions[kind] = template.definition(self._object_info)
        return self._definitions[kind]
