"""Groups of inputs that grow by one when the last is connected: `group.prefix0`, `group.prefix1` and so on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from runner.convert.graph.slot import InputSlot, Link, WidgetReference
from runner.convert.graph.widget import make_widget
from runner.convert.widgets.definition import InputSpec, read_group, read_input

from .built_node import BuiltNode, Growth


def add_autogrow(node: BuiltNode, spec: InputSpec) -> None:
    """Add the group's first inputs: one more than it needs."""
    template: dict[str, Any] = dict(spec.options.get("template") or {})
    names = tuple(template["names"]) if isinstance(template.get("names"), list) else None
    group = Growth(
        name=spec.name,
        specs=tuple(read_input(key, raw, optional=opt) for key, raw, opt in read_group(template.get("input"))),
        min=int(_or(template.get("min"), 1)),
        max=len(names) if names else int(_or(template.get("max"), 100)),
        prefix=str(_or(template.get("prefix"), "")),
        names=names,
    )
    if not node.growths:
        node.listeners.append(lambda index, connected, link: _changed(node, index, connected, link))
    node.growths[group.name] = group
    for ordinal in range(max(1, group.min + 1)):
        _add_step(node, group, ordinal)


def _add_step(node: BuiltNode, group: Growth, ordinal: int) -> None:
    if ordinal >= group.max or not group.specs:
        return
    new: list[InputSlot] = []
    for spec in group.specs:
        optional = ordinal >= group.min or spec.optional
        node.add_spec(replace(spec, name=group.label(ordinal, spec.name), optional=optional))
        slot = node.inputs.pop()
        if len(group.specs) != 1:
            _ensure_widget(node, slot)
        new.append(slot)
    for slot in new:
        for known in [other for other in node.inputs if other.name == slot.name]:
            node.inputs.remove(known)
            slot.link = known.link if slot.link is None else slot.link
    before = group.label(ordinal - 1, group.specs[-1].name)
    last = max((index for index, slot in enumerate(node.inputs) if slot.name.startswith(before)), default=-1)
    place = len(node.inputs) if last == -1 else last + 1
    node.inputs[place:place] = new
    node.index_links()


def _ensure_widget(node: BuiltNode, slot: InputSlot) -> None:
    """Give a slot without a widget one that holds nothing, so that the rows of the group stand in line."""
    if slot.widget is not None and any(widget.name == slot.widget.name for widget in node.widgets):
        return
    node.widgets.append(make_widget(slot.name, "shim", kept=False))
    slot.widget = WidgetReference(slot.name)


def _changed(node: BuiltNode, index: int, connected: bool, link: Link | None) -> None:
    if not 0 <= index < len(node.inputs):
        return
    slot = node.inputs[index]
    group = node.growths.get(slot.name.rpartition(".")[0])
    if group is None:
        return
    if node.opening.configuring and slot.widget is not None:
        _ensure_widget(node, slot)
    if not connected and node.pending == index:
        node.swapping = True
    elif not connected:
        node.opening.later.append(lambda: _close_gap(node, index))
    if not connected or node.swapping or link is None:
        return
    last = [other for other in node.inputs if other.name.startswith(group.name + ".")][-1]
    ordinal = group.ordinal(slot.name)
    if ordinal is not None and (node.opening.configuring or ordinal == group.ordinal(last.name)):
        _add_step(node, group, ordinal + 1)


def _close_gap(node: BuiltNode, index: int) -> None:
    """Move the links behind an input without one up by a step, and drop the steps that are then too many."""
    slot = node.inputs[index] if 0 <= index < len(node.inputs) else None
    group = node.growths.get(slot.name.rpartition(".")[0]) if slot is not None else None
    ordinal = group.ordinal(slot.name) if slot is not None and group is not None else None
    if group is None or ordinal is None or ordinal + 1 < group.min:
        return
    stride = len(group.specs)
    held = [other for other in node.inputs if other.name.rpartition(".")[0] == group.name]
    if stride + index >= len(node.inputs) or len(held) % stride:
        return
    for column in range(stride):
        for at in range(ordinal * stride + column, len(held) - stride, stride):
            moved = held[at].link = held[at + stride].link
            link = node.level.links.get(moved) if node.level is not None and moved is not None else None
            if link is not None:
                link.target_slot = node.inputs.index(held[at])
                node.connection_changed(link.target_slot, True, link)
        held[column - stride].link = None
        node.connection_changed(len(node.inputs) + column - stride, False, None)
    _drop_steps(node, held[group.min * stride :], stride)


def _drop_steps(node: BuiltNode, extra: list[InputSlot], stride: int) -> None:
    """Keep one step behind the last that is linked."""
    last = len(extra) - stride
    while last >= 0 and not any(slot.link for slot in extra[last : last + stride]):
        last -= stride
    for slot in extra[last + 2 * stride :]:
        if slot in node.inputs:
            node.inputs.remove(slot)
        name = slot.widget.name if slot.widget is not None else None
        for widget in [widget for widget in node.widgets if widget.name == name]:
            node.widgets.remove(widget)


def _or(value: Any, fallback: Any) -> Any:
    return fallback if value is None else value
