"""Making and cutting links, and taking nodes out, once a graph stands."""

from __future__ import annotations

from .level import Level, Node
from .slot import Link
from .slot_type import may_connect


def connect(level: Level, origin: Node, slot: int, target: Node, place: int) -> None:
    """Link an output to an input, in the place of what was there; nothing happens where the types do not fit."""
    if not (0 <= slot < len(origin.outputs) and 0 <= place < len(target.inputs)) or origin is target:
        return
    output, taken = origin.outputs[slot], target.inputs[place]
    if not may_connect(output.type, taken.type):
        return
    target.connecting(place)
    if taken.link is not None:
        disconnect_input(target, place)
    link = Link(level.opening.new_link(), taken.type, origin.id, slot, target.id, place)
    level.links[link.id] = link
    output.links.append(link.id)
    taken.link = link.id
    target.connection_changed(place, True, link)


def disconnect_input(node: Node, index: int) -> None:
    """Remove the link of an input."""
    slot = node.inputs[index]
    held, slot.link = slot.link, None
    link = node.level.links.get(held) if node.level is not None and held is not None else None
    if node.level is None or link is None:
        return
    if link.from_border:
        node.level.cut_border_input(node, slot, link)
        return
    origin = node.level.by_id.get(link.origin_id)
    if origin is None or not 0 <= link.origin_slot < len(origin.outputs):
        return
    links = origin.outputs[link.origin_slot].links
    if link.id in links:
        links.remove(link.id)
    node.level.links.pop(link.id, None)
    node.connection_changed(index, False, link)


def remove_input(node: Node, index: int) -> None:
    """Remove an input and its link."""
    if node.level is not None:
        disconnect_input(node, index)
    del node.inputs[index]
    for slot in node.inputs[index:]:
        link = node.level.links.get(slot.link) if node.level is not None and slot.link else None
        if link is not None:
            link.target_slot -= 1


def remove_node(level: Level, node: Node) -> None:
    """Take a node and its links out."""
    for index in range(len(node.inputs)):
        disconnect_input(node, index)
    for output in node.outputs:
        for link in [level.links[held] for held in output.links if held in level.links]:
            target = level.by_id.get(link.target_id)
            if target is not None and 0 <= link.target_slot < len(target.inputs):
                disconnect_input(target, link.target_slot)
    level.nodes.remove(node)
    del level.by_id[node.id]


def rename_node(level: Level, node: Node, new_id: str) -> None:
    """Give a node another id, and tell its links."""
    for link in level.links.values():
        link.origin_id = new_id if link.origin_id == node.id else link.origin_id
        link.target_id = new_id if link.target_id == node.id else link.target_id
    del level.by_id[node.id]
    node.id = new_id
    level.by_id[new_id] = node
