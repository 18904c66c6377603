"""Which widget inside a subgraph an input of its instance stands for, through any depth."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from runner.convert.graph.javascript import UNDEFINED, is_widget_value
from runner.convert.graph.slot import BorderSlot, InputSlot
from runner.convert.graph.widget import Widget

from .subgraph import Subgraph

Source = tuple[str, str]
MAX_DEPTH = 100
OWN_INPUT = "-1"


def input_target(subgraph: Subgraph, name: str) -> Source | None:
    """Return node and widget inside that an input, by name, leads to."""
    border = next((slot for slot in subgraph.inputs if slot.name == name), None)
    return border_target(subgraph, border) if border is not None else None


def border_target(subgraph: Subgraph, border: BorderSlot) -> Source | None:
    """Return node and widget inside that a slot on the border leads to first."""
    for link in subgraph.border_links(border):
        inner = subgraph.by_id.get(link.target_id)
        target = next((s for s in inner.inputs if s.link == link.id), None) if inner is not None else None
        if inner is None or target is None:
            continue
        if inner.inner is not None:
            return inner.id, target.name
        widget = inner.widget_of(target)
        if widget is not None:
            return inner.id, widget.name
    return None


def promoted_input(subgraph: Subgraph, inputs: Iterable[InputSlot], node_id: str, name: str) -> InputSlot | None:
    """Return the input of an instance that stands for a widget inside."""
    for slot in inputs:
        if slot.border is not None and border_target(subgraph, slot.border) == (node_id, name):
            return slot
    return None


def concrete_widget(subgraph: Subgraph, node_id: str, name: str) -> Widget | None:
    """Return the innermost widget that a promoted one comes from."""
    for _ in range(MAX_DEPTH):
        node = subgraph.by_id.get(node_id)
        if node is None:
            return None
        if not isinstance(node.inner, Subgraph):
            return node.widget(name)
        subgraph, target = node.inner, input_target(node.inner, name)
        if target is None:
            return None
        node_id, name = target
    return None


def read_proxies(raw: Any) -> list[tuple[str, ...]]:
    """Return the older list of promoted widgets: node id, widget and sometimes the inner node; [] when malformed."""
    if isinstance(raw, str):
        try:
            raw = json.loads(raw)
        except ValueError:
            return []
    if not isinstance(raw, list):
        return []
    fits = all(
        isinstance(item, list) and len(item) in (2, 3) and all(isinstance(part, str) for part in item) for item in raw
    )
    return [tuple(item) for item in raw] if fits else []


def quarantined_values(raw: Any) -> dict[str, Any]:
    """Return the values, by input, that an earlier repair could not place; the first of a name counts."""
    values: dict[str, Any] = {}
    for item in raw if isinstance(raw, list) else ():
        entry = item.get("originalEntry") if isinstance(item, dict) else None
        if not (isinstance(entry, list) and len(entry) >= 2 and entry[0] == OWN_INPUT):
            continue
        value = item.get("hostValue", UNDEFINED)
        if value is not UNDEFINED and is_widget_value(value):
            values.setdefault(str(entry[1]), value)
    return values
