"""Inputs and outputs that take whatever type is connected, and then all have the same."""

from __future__ import annotations

from typing import Any

from runner.convert.graph.opening import StepBroken
from runner.convert.graph.slot import InputSlot, Link, OutputSlot
from runner.convert.graph.slot_type import WILDCARD, common_type, may_connect
from runner.convert.graph.wiring import disconnect_input
from runner.convert.widgets.definition import InputSpec

from .built_node import BuiltNode


def add_match_type(node: BuiltNode, spec: InputSpec) -> None:
    """Add one input of a group of matching ones; the group finds its type once the graph stands."""
    template: dict[str, Any] = dict(spec.options.get("template") or {})
    allowed, group = str(template.get("allowed_types", WILDCARD)), str(template.get("template_id", ""))
    node.add_spec(InputSpec(name=spec.name, type=allowed, optional=spec.optional, options=spec.options))
    if not node.matches:
        node.listeners.append(lambda index, connected, link: _changed(node, index, connected, link))
    node.matches.setdefault(group, {})[spec.name] = allowed
    index = len(node.inputs) - 1
    node.opening.later.append(lambda: _settle(node, index))


def _settle(node: BuiltNode, index: int) -> None:
    if index < len(node.inputs) and node.level is not None:
        held = node.inputs[index].link
        link = node.level.links.get(held) if held is not None else None
        node.connection_changed(index, bool(held), link)


def _changed(node: BuiltNode, index: int, connected: bool, link: Link | None) -> None:
    if node.level is None or node.opening.configuring or not 0 <= index < len(node.inputs):
        return
    name = node.inputs[index].name
    key, group = next(((k, g) for k, g in node.matches.items() if name in g), ("", None))
    if group is None:
        return
    slots = [slot for slot in node.inputs if slot.name in group]
    types = [_origin_type(node, slot) for slot in slots]
    for at, slot in enumerate(slots):
        combined = common_type(*types[:at], *types[at + 1 :], group[slot.name])
        if combined is None:
            raise StepBroken
        slot.type = combined
    shared = common_type(*types)
    if shared is None:
        raise StepBroken
    for at, output in enumerate(node.outputs):
        groups = node.definition.output_groups
        if at < len(groups) and groups[at] == key:
            _retype(node, output, shared)


def _origin_type(node: BuiltNode, slot: InputSlot) -> Any:
    link = node.level.links.get(slot.link) if node.level is not None and slot.link else None
    if node.level is None or link is None:
        return WILDCARD
    if link.from_border:
        border = node.level.border_input(link.origin_slot)
        return border.type if border is not None else WILDCARD
    origin = node.level.by_id.get(link.origin_id)
    known = origin is not None and 0 <= link.origin_slot < len(origin.outputs)
    return origin.outputs[link.origin_slot].type if origin is not None and known else WILDCARD


def _retype(node: BuiltNode, output: OutputSlot, shared: str) -> None:
    """Give an output its type; a link that can no longer carry it goes."""
    if output.type == shared or node.level is None:
        return
    output.type = shared
    # The list changes as links go; the editor then skips the one behind, and so does this.
    for link_id in output.links:
        link = node.level.links.get(link_id)
        target = node.level.by_id.get(link.target_id) if link is not None else None
        if link is None or target is None or not 0 <= link.target_slot < len(target.inputs):
            continue
        slot = link.target_slot
        keep = may_connect(shared, target.inputs[slot].type)
        if not keep:
            disconnect_input(target, slot)
        target.connection_changed(slot, keep, link)
