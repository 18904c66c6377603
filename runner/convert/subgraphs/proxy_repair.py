"""Files of older editors list the promoted widgets of an instance by node and name; here they become inputs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from runner.convert.graph.javascript import UNDEFINED, is_widget_value
from runner.convert.graph.level import Node
from runner.convert.graph.slot import InputSlot
from runner.convert.graph.widget import Widget
from runner.convert.graph.wiring import disconnect_input

from .border import connect_border, new_border_input, remove_border_input
from .promotion import OWN_INPUT, concrete_widget, input_target, promoted_input, read_proxies
from .subgraph import Subgraph
from .subgraph_node import SubgraphNode

PREFIX = re.compile(r"^\s*(\d+)\s*:\s*(.+)$")
BYPASSED = "proxyBypassedToSubgraphInput"
PREVIEWS = {"preview", "video", "audioUI"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One promoted widget of the older list. `value` is UNDEFINED where the file has none for it."""

    node_id: str
    name: str
    inner: str | None
    value: Any


def repair_proxies(host: SubgraphNode, values: Any) -> None:
    """Make inputs of the older list, and give each its value."""
    proxies = read_proxies(host.properties.pop("proxyWidgets", None))
    entries = [_entry(host, proxy, place, values) for place, proxy in enumerate(proxies)]
    planned = [(entry, _plan(host, entry, entries)) for entry in entries]
    lost: list[Entry] = []
    primitives: dict[str, list[Entry]] = {}
    for entry, plan in planned:
        if plan == "primitive":
            primitives.setdefault(entry.node_id, []).append(entry)
        elif not _repair(host, entry, plan):
            lost.append(entry)
    for cohort in primitives.values():
        if not _repair_primitive(host, cohort):
            lost += cohort
    for entry in lost:
        slot = next((s for s in host.inputs if s.name == entry.name), None)
        if entry.node_id == OWN_INPUT and slot is not None and entry.value is not UNDEFINED:
            host.set_hosted(slot, entry.value)


def _entry(host: SubgraphNode, proxy: tuple[str, ...], place: int, values: Any) -> Entry:
    node_id, name = proxy[0], proxy[1]
    inner = proxy[2] if len(proxy) > 2 else None
    held = values[place] if isinstance(values, list) and place < len(values) else UNDEFINED
    value = held if is_widget_value(held) else UNDEFINED
    if concrete_widget(host.subgraph, node_id, name) is None:
        while found := PREFIX.match(name):
            inner, name = found.group(1), found.group(2)
    return Entry(node_id=node_id, name=name, inner=inner, value=value)


def _plan(host: SubgraphNode, entry: Entry, entries: list[Entry]) -> str:
    linked = promoted_input(host.subgraph, host.inputs, entry.node_id, entry.name)
    if linked is not None:
        return "linked:" + linked.name
    source = host.subgraph.by_id.get(entry.node_id)
    if source is not None and source.type == "PrimitiveNode":
        return _plan_primitive(host, source, entry, entries)
    widget = _source_widget(source, entry) if source is not None else None
    if source is None or (widget is None and not entry.name.startswith("$$")):
        return "lost"
    shown_only = widget is None or (not (widget.kept and widget.sent) and widget.kind in PREVIEWS)
    return "preview" if shown_only else "create"


def _plan_primitive(host: SubgraphNode, source: Node, entry: Entry, entries: list[Entry]) -> str:
    bypassed = source.properties.get(BYPASSED)
    if isinstance(bypassed, str) and any(slot.name == bypassed for slot in host.inputs):
        return "linked:" + bypassed
    doubled = sum(other.node_id == entry.node_id for other in entries) > 1
    return "primitive" if _targets(host, source) or doubled else "lost"


def _repair(host: SubgraphNode, entry: Entry, plan: str) -> bool:
    if plan.startswith("linked:"):
        slots = [slot for slot in host.inputs if slot.name == plan[len("linked:") :]]
        return len(slots) == 1 and _apply(host, slots[0], entry.value)
    if plan == "create":
        return _create(host, entry)
    return plan == "preview"


def _apply(host: SubgraphNode, slot: InputSlot, value: Any) -> bool:
    if slot.host is None or value is UNDEFINED:
        return slot.host is not None
    return host.set_hosted(slot, value)


def _create(host: SubgraphNode, entry: Entry) -> bool:
    source = host.subgraph.by_id.get(entry.node_id)
    widget = _source_widget(source, entry) if source is not None else None
    slot = _slot_of(source, widget) if source is not None and widget is not None else None
    if source is None or slot is None:
        return False
    border = new_border_input(host.subgraph, entry.name, str(slot.type or "*"))
    border.label = slot.label
    if not connect_border(host.subgraph, border, source, slot):
        remove_border_input(host.subgraph, border)
        return False
    own = next((s for s in host.inputs if s.name == border.name), None)
    if own is not None:
        _apply(host, own, entry.value)
    return True


def _repair_primitive(host: SubgraphNode, cohort: list[Entry]) -> bool:
    """Put an input in the place of a PrimitiveNode: what it led to, the new input leads to."""
    first = cohort[0]
    source = host.subgraph.by_id.get(first.node_id)
    if source is None or not source.outputs or any(entry.name != first.name for entry in cohort):
        return False
    targets = _targets(host, source)
    kind = str(source.outputs[0].type or "*")
    if not targets or any(str(slot.type) != kind and "*" not in (str(slot.type), kind) for _, slot in targets):
        return False
    base = source.title if source.title and source.title != "PrimitiveNode" else first.name
    held = source.widget(first.name)
    border = new_border_input(host.subgraph, base, kind)
    for node, slot in targets:
        disconnect_input(node, node.inputs.index(slot))
    for node, slot in targets:
        if not connect_border(host.subgraph, border, node, slot):
            return False
    own = next((s for s in host.inputs if s.name == border.name), None)
    value = next((entry.value for entry in cohort if entry.value is not UNDEFINED), UNDEFINED)
    if value is UNDEFINED and held is not None:
        value = held.value
    if own is not None:
        _apply(host, own, value)
    source.properties[BYPASSED] = border.name
    return True


def _targets(host: SubgraphNode, source: Node) -> list[tuple[Node, InputSlot]]:
    targets = []
    for link_id in source.outputs[0].links if source.outputs else ():
        link = host.subgraph.links.get(link_id)
        node = host.subgraph.by_id.get(link.target_id) if link is not None else None
        if link is not None and node is not None and 0 <= link.target_slot < len(node.inputs):
            targets.append((node, node.inputs[link.target_slot]))
    return targets


def _source_widget(source: Node, entry: Entry) -> Widget | None:
    nested = source.inner
    if not isinstance(nested, Subgraph):
        return source.widget(entry.name)
    for slot in source.inputs:
        target = input_target(nested, slot.name)
        if entry.inner is not None:
            fits = target == (entry.inner, entry.name)
        else:
            fits = slot.name == entry.name or (target is not None and target[1] == entry.name)
        if fits:
            return slot.host if slot.host is not None else source.widget(entry.name)
    return source.widget(entry.name)


def _slot_of(source: Node, widget: Widget) -> InputSlot | None:
    hosted = next((slot for slot in source.inputs if slot.host is widget), None)
    return hosted if hosted is not None else source.slot_of(widget)
