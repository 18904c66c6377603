"""Changing the border of a subgraph after it was read: new inputs, and where they lead."""

from __future__ import annotations

import uuid

from runner.convert.graph.level import Node
from runner.convert.graph.slot import BORDER_INPUT_ID, BorderSlot, InputSlot, Link
from runner.convert.graph.widget import Widget

from .subgraph import Subgraph


def new_border_input(subgraph: Subgraph, name: str, kind: str) -> BorderSlot:
    """Add an input to a subgraph and all its instances, under a name that it does not have yet."""
    taken = {slot.name for slot in subgraph.inputs}
    border = BorderSlot(id=str(uuid.uuid4()), name=_free_name(name, taken), type=kind)
    subgraph.inputs.append(border)
    for instance in subgraph.instances:
        instance.border_added(border)
    return border


def remove_border_input(subgraph: Subgraph, border: BorderSlot) -> None:
    """Remove an input from a subgraph and all its instances."""
    for instance in subgraph.instances:
        instance.border_removed(border)
    subgraph.inputs.remove(border)


def connect_border(subgraph: Subgraph, border: BorderSlot, node: Node, slot: InputSlot) -> bool:
    """Link an input of a subgraph to a slot inside; False where the widget there is unlike the one already linked."""
    held = subgraph.links.get(slot.link) if slot.link is not None else None
    if held is not None:
        subgraph.cut_border_input(node, slot, held)
    widget = node.widget_of(slot)
    if widget is not None:
        if border.widget is not None and not _alike(border.widget, widget):
            return False
        border.widget = widget
    for instance in subgraph.instances:
        instance.border_connected(border, widget, slot)
    place = (subgraph.inputs.index(border), node.id, node.inputs.index(slot))
    link = Link(subgraph.opening.new_link(), slot.type, BORDER_INPUT_ID, place[0], place[1], place[2])
    subgraph.links[link.id] = link
    border.link_ids.append(link.id)
    slot.link = link.id
    node.connection_changed(place[2], True, link)
    return True


def _alike(one: Widget, other: Widget) -> bool:
    first, second = one.limits(), other.limits()
    return one.kind == other.kind and (first.min, first.max, first.step, first.precision) == (
        second.min,
        second.max,
        second.step,
        second.precision,
    )


def _free_name(name: str, taken: set[str]) -> str:
    free, number = name, 0
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
