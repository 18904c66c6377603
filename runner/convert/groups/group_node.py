"""Opening group nodes: each becomes the nodes that it stands for, inside of a subgraph of their own."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from typing import Any

from runner.convert.graph.level import Level, Node
from runner.convert.graph.opening import Opening, StepBroken
from runner.convert.graph.wiring import connect, disconnect_input, remove_node, rename_node
from runner.convert.nodes.defined_node import DefinedNode
from runner.convert.nodes.primitive_node import PrimitiveNode
from runner.convert.widgets.definition import NodeDefinition

from .group_template import PREFIX, GroupTemplate

OLD_PREFIX = "workflow/"
Maker = Callable[[str, str], Node]
"""Makes a new node of a class, with a title."""


class GroupNode(DefinedNode):
    """An instance of a group; it is opened before a prompt is made."""

    def __init__(self, opening: Opening, template: GroupTemplate, definition: NodeDefinition, title: str = "") -> None:
        super().__init__(opening, definition, title)
        self.template = template


def read_templates(workflow: Mapping[str, Any], known: Container[str]) -> dict[str, GroupTemplate]:
    """Return the kinds of group nodes that a file defines, by their class; one with an unknown node is no kind."""
    extra = workflow.get("extra")
    held = extra.get("groupNodes") if isinstance(extra, Mapping) else None
    templates: dict[str, GroupTemplate] = {}
    for name, data in held.items() if isinstance(held, Mapping) else ():
        template = GroupTemplate(str(name), data if isinstance(data, Mapping) else {})
        kinds = [current_class(str(node.get("type"))) for node in template.nodes]
        if kinds and all(kind in known or kind in templates for kind in kinds):
            templates[PREFIX + template.name] = template
    return templates


def current_class(kind: str) -> str:
    """Return the class of a node; the oldest files write those of group nodes otherwise."""
    return PREFIX + kind[len(OLD_PREFIX) :] if kind.startswith(OLD_PREFIX) else kind


def open_groups(level: Level, make: Maker) -> None:
    """Replace every group node by the nodes inside of it; where links do not match, what is made by then stays."""
    while group := next((node for node in level.nodes if isinstance(node, GroupNode)), None):
        try:
            _open(level, group, make)
        except StepBroken:
            remove_node(level, group)


def _open(level: Level, group: GroupNode, make: Maker) -> None:
    inner = [_make(level, info, make) for info in group.template.nodes]
    for link in group.template.links:
        source, slot, target, place = (int(part) for part in link[:4])
        if source < len(inner) and target < len(inner):
            connect(level, inner[source], slot, inner[target], place)
    for node in inner:
        if isinstance(node, PrimitiveNode):
            node.after_graph_configured()
    for index, node in enumerate(inner):
        _copy_values(group, node, group.template.widgets.get(index, {}))
    _reconnect(level, group, inner)
    remove_node(level, group)
    _fold(level, inner)
    # The subgraph that now holds them is the next node that is made.
    holder = level.opening.new_node()
    for node in inner:
        rename_node(level, node, f"{holder}:{node.id}")


def _make(level: Level, info: dict[str, Any], make: Maker) -> Node:
    node = make(current_class(str(info.get("type"))), "")
    bare = [{**slot, "link": None} for slot in info.get("inputs") or () if isinstance(slot, dict)]
    outs = [{**slot, "links": []} for slot in info.get("outputs") or () if isinstance(slot, dict)]
    node.configure({**info, "inputs": bare, "outputs": outs})
    level.add(node)
    return node


def _copy_values(group: GroupNode, node: Node, names: Mapping[str, str]) -> None:
    for own, shown in names.items():
        at = next((at for at, widget in enumerate(group.widgets) if widget.name == shown), None)
        if at is None:
            continue
        if isinstance(node, PrimitiveNode):
            for widget, held in zip(node.widgets, group.widgets[at:], strict=False):
                widget.value = held.value
            continue
        target = node.widget(own)
        if target is not None:
            target.value = group.widgets[at].value


def _reconnect(level: Level, group: GroupNode, inner: list[Node]) -> None:
    for index, places in group.template.inputs.items():
        for name, place in places.items():
            link = group.input_link(place)
            origin = level.by_id.get(link.origin_id) if link is not None else None
            at = next((at for at, slot in enumerate(inner[index].inputs) if slot.name == name), None)
            if link is not None and origin is not None and at is not None:
                connect(level, origin, link.origin_slot, inner[index], at)
    for place, output in enumerate(group.outputs[: len(group.template.outputs)]):
        index, slot = group.template.outputs[place]
        for link_id in list(output.links):
            link = level.links.get(link_id)
            target = level.by_id.get(link.target_id) if link is not None else None
            if link is not None and target is not None:
                connect(level, inner[index], slot, target, link.target_slot)


def _fold(level: Level, inner: list[Node]) -> None:
    """Cut what leads outside and link it anew, as folding the nodes into a subgraph does: growing groups notice."""
    cut = []
    for node in inner:
        for slot, output in enumerate(node.outputs):
            for link in [level.links[held] for held in output.links if held in level.links]:
                target = level.by_id.get(link.target_id)
                if target is not None and target not in inner and 0 <= link.target_slot < len(target.inputs):
                    cut.append((node, slot, target, link.target_slot))
                    disconnect_input(target, link.target_slot)
    for node, slot, target, place in cut:
        connect(level, node, slot, target, place)
