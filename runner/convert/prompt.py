"""From the nodes as they stand in the editor to the prompt that is sent."""

from __future__ import annotations

import copy
from typing import Any

from .executable import ExecutableNode, flatten
from .graph.javascript import UNDEFINED
from .graph.level import Level
from .graph.widget import Moment

Prompt = dict[str, dict[str, Any]]


def make_prompt(root: Level, moment: Moment) -> Prompt:
    """Return the prompt: values of widgets, then links, which win over the widgets that they stand for."""
    for node in root.all_nodes():
        if node.virtual:
            node.apply_to_graph()
    prompt: Prompt = {}
    for found in flatten(root).values():
        if found.runs:
            prompt[found.id] = {
                "inputs": {**_widgets(found, moment), **_links(found)},
                "class_type": found.node.type,
                "_meta": {"title": found.node.title},
            }
    for told in prompt.values():
        told["inputs"] = {name: value for name, value in told["inputs"].items() if _is_told(value, prompt)}
    return prompt


def _widgets(found: ExecutableNode, moment: Moment) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for widget in found.node.widgets:
        if widget.name and widget.sent:
            told[widget.name] = _wrapped(widget.prompt_value(moment), curve=widget.kind == "curve")
    return told


def _links(found: ExecutableNode) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for index, slot in enumerate(found.node.inputs):
        origin = found.resolve_input(index, set())
        if origin is None:
            continue
        told[slot.name] = _wrapped(origin.value) if origin.is_value else [origin.node_id, origin.slot]
    return told


def _wrapped(value: Any, *, curve: bool = False) -> Any:
    """Keep a value that is a list from being taken for a link."""
    if not isinstance(value, list):
        return copy.deepcopy(value)
    kind = {"__type__": "CURVE"} if curve else {}
    return {**kind, "__value__": copy.deepcopy(value)}


def _is_told(value: Any, prompt: Prompt) -> bool:
    """Return whether an input has a value, and one that leads to a node of the prompt where it is a link."""
    return value is not UNDEFINED and not (isinstance(value, list) and len(value) == 2 and value[0] not in prompt)
