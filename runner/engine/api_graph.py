"""Pure operations on a graph in ComfyUI's API format: links, what needs what, `--set`, its hash.

Long by its nature: one function a question.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

T = TypeVar("T")
OWN = "OnAir"  # how the ids of our own nodes begin


def link_of(value: Any) -> tuple[str, int] | None:
    """Return (node id, output) when an input's value is a link, else None."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int) and not isinstance(value[1], bool):
        return str(value[0]), value[1]
    return None


def sources(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of the nodes that this one reads from."""
    for value in node["inputs"].values():
        link = link_of(value)
        if link is not None:
            yield link[0]


def of_class(graph: ApiGraph, kind: str) -> list[str]:
    """Return the ids of all nodes of a class."""
    return [node_id for node_id, node in graph.items() if node["class_type"] == kind]


def needed_by(graph: ApiGraph, node_id: str) -> set[str]:
    """Return the node and everything that it needs."""
    needed: set[str] = set()
    waiting = [node_id]
    while waiting:
        current = waiting.pop()
        if current in needed or current not in graph:
            continue
        needed.add(current)
        waiting.extend(sources(graph[current]))
    return needed


def fed_by(graph: ApiGraph, node_ids: Collection[str]) -> set[str]:
    """Return these nodes and everything that needs one of them, in one pass over the graph."""
    readers: dict[str, list[str]] = {}
    for node_id, node in graph.items():
        for source in sources(node):
            readers.setdefault(source, []).append(node_id)
    fed: set[str] = set()
    waiting = [node_id for node_id in node_ids if node_id in graph]
    while waiting:
        current = waiting.pop()
        if current not in fed:
            fed.add(current)
            waiting.extend(readers.get(current, []))
    return fed


def keep(graph: ApiGraph, node_ids: Collection[str]) -> ApiGraph:
    """Return a copy with these nodes only: ComfyUI refuses a prompt that names an unknown class anywhere."""
    return {node_id: copy.deepcopy(node) for node_id, node in graph.items() if node_id in node_ids}


def number(graph: ApiGraph, node_id: str, name: str, default: int) -> int:
    """Read an integer input, also through a link to a node that only holds a value (a primitive).

    Raises: WorkflowRefused `workflow.size`.
    """
    return _read(graph, node_id, name, default, int)


def decimal(graph: ApiGraph, node_id: str, name: str, default: float) -> float:
    """Read a float input as `number` reads an integer. Raises: WorkflowRefused `workflow.size`."""
    return _read(graph, node_id, name, default, float)


def _read(graph: ApiGraph, node_id: str, name: str, default: float, kind: Callable[[Any], T]) -> T:
    value = graph[node_id]["inputs"].get(name, default)
    link = link_of(value)
    if link is not None:
        value = graph.get(link[0], {"inputs": {}})["inputs"].get("value")
    try:
        return kind(value)
    except (TypeError, ValueError):
        class_type = graph[node_id]["class_type"]
        raise WorkflowRefused(
            f"{name} of {class_type} is worked out by a node; set a plain number, or link a node that only holds one",
            code="workflow.size",
        ) from None


def apply_setting(graph: ApiGraph, setting: str, object_info: Mapping[str, Any]) -> None:
    """Apply one `--set node.input=value` in place; the node by id, title or class.

    An input that is linked to a node which only holds a value (a primitive) is set there, as in the editor: what else
    reads it goes along. Raises: WorkflowRefused `workflow.set`, which names what there is.
    """
    target, equals, text = setting.partition("=")
    name, dot, input_name = target.rpartition(".")
    if not (equals and dot and name and input_name):
        raise WorkflowRefused(
            f"--set {setting!r} is not of the form node.input=value; write it like OnAirWindow.width=640",
            code="workflow.set",
        )
    node_id = find_node(graph, name.strip())
    node = graph[node_id]
    spec = input_spec(object_info.get(node["class_type"], {}), input_name)
    # What a class that is not known here takes is only known to ComfyUI.
    if spec is None and input_name not in node["inputs"] and node["class_type"] in object_info:
        known = sorted(_input_names(object_info.get(node["class_type"], {})) or node["inputs"])
        raise WorkflowRefused(
            f"{node['class_type']} has no input {input_name!r}; take one of {', '.join(known)}", code="workflow.set"
        )
    value = _value(text, spec, setting)
    link = link_of(node["inputs"].get(input_name))
    held = graph[link[0]]["inputs"] if link is not None and link[0] in graph else {}
    if set(held) == {"value"} and link_of(held["value"]) is None:
        held["value"] = value
    else:
        node["inputs"][input_name] = value


def shared_settings(graph: ApiGraph, settings: Sequence[str], object_info: Mapping[str, Any]) -> list[str]:
    """Return the settings of another graph that fit this one too: by title or class, never by id.

    A talk graph and its idle graph share their sizes and models, but a node's id says nothing across files.
    """
    fitting = []
    for setting in settings:
        name = setting.partition("=")[0].rpartition(".")[0].strip()
        try:
            if name not in graph:
                apply_setting(keep(graph, graph), setting, object_info)
                fitting.append(setting)
        except WorkflowRefused:
            continue
    return fitting


def refuse_bad_values(graph: ApiGraph, object_info: Mapping[str, Any], name: str) -> None:
    """Refuse numbers outside the ranges of OnAir's own nodes, which ComfyUI would refuse with the first prompt.

    Raises: WorkflowRefused `workflow.value`.
    """
    for node_id, node in graph.items():
        if not node["class_type"].startswith(OWN):
            continue
        for input_name, value in node["inputs"].items():
            spec = input_spec(object_info.get(node["class_type"], {}), input_name)
            limits = spec[1] if isinstance(spec, (list, tuple)) and len(spec) > 1 and isinstance(spec[1], dict) else {}
            low, high = limits.get("min"), limits.get("max")
            if isinstance(value, bool) or not isinstance(value, (int, float)) or low is None or high is None:
                continue
            if not low <= value <= high:
                what = f"{input_name} of {node['class_type']} (node {node_id})"
                raise WorkflowRefused(
                    f"{name}: {what} is {value}; change it, it takes {low} to {high}", code="workflow.value"
                )


def workflow_hash(graph: ApiGraph, without: Mapping[str, Collection[str]]) -> str:
    """SHA-256 of the API form, without titles and without the inputs (per node id) that the runner sets."""
    plain = {
        node_id: {
            "class_type": node["class_type"],
            "inputs": {key: value for key, value in node["inputs"].items() if key not in without.get(node_id, ())},
        }
        for node_id, node in graph.items()
    }
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()  # half a surrogate is no text


def find_node(graph: ApiGraph, name: str) -> str:
    """Return the id of the node of this id, title or class. Raises: WorkflowRefused `workflow.set`."""
    if name in graph:
        return name
    titled = [node_id for node_id, node in graph.items() if (node.get("_meta") or {}).get("title") == name]
    found = titled or of_class(graph, name)
    if len(found) == 1:
        return found[0]
    if found:
        sentence = f"--set: {name!r} are several nodes ({', '.join(found)}); use the id of one"
    else:
        known = sorted({f"{node['class_type']} ({node_id})" for node_id, node in graph.items()})
        sentence = f"--set: the workflow has no node {name!r}; it has {', '.join(known)}"
    raise WorkflowRefused(sentence, code="workflow.set")


def _groups(info: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for group in ("required", "optional"):
        yield (info.get("input") or {}).get(group) or {}


def _input_names(info: Mapping[str, Any]) -> list[str]:
    return [name for group in _groups(info) for name in group]


def input_spec(info: Mapping[str, Any], name: str) -> Any:
    """Return what `/object_info` of a class says of an input; None where it does not know it."""
    return next((group[name] for group in _groups(info) if name in group), None)


def _value(text: str, spec: Any, setting: str) -> Any:
    """Read the text as the input's type; without a known type as JSON, else as a string."""
    kind = spec[0] if isinstance(spec, (list, tuple)) and spec else None
    try:
        if kind == "INT":
            return int(text)
        if kind == "FLOAT":
            return float(text)
        if kind == "BOOLEAN":
            return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}[text.lower()]
    except (ValueError, KeyError):
        raise WorkflowRefused(
            f"--set {setting!r}: {text!r} is not of type {kind}; give a value that is", code="workflow.set"
        ) from None
    if kind is not None:
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return {"__value__": value} if isinstance(value, list) else value  # a bare list would be taken for a link
