"""Inputs that another version of a pack has under another name: the link follows, where only one place can be meant.

ComfyUI-WanVideoWrapper's `WanVideoEncode` calls its pictures `image` or `driving_video`, by its version; a graph saved
with the one is refused by the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.ports import ApiGraph

from .api_graph import link_of


def follow_renamed(graph: ApiGraph, object_info: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Move links from inputs that a class does not have to its one required input of their type, in place.

    Nothing is moved where two could be meant, to an input that is given, or where a class is not known. Returns what
    was moved: (node id, old name, new name).
    """
    moved = []
    for node_id, node in graph.items():
        groups = (object_info.get(node["class_type"]) or {}).get("input") or {}
        known = {name for group in groups.values() if isinstance(group, Mapping) for name in group}
        strange = [name for name in node["inputs"] if known and "." not in name and name not in known]
        for old in strange:
            kind = _kind_of(graph, object_info, node["inputs"][old])
            free = [name for name in _required(groups, kind) if name not in node["inputs"]] if kind else []
            rivals = [name for name in strange if _kind_of(graph, object_info, node["inputs"].get(name)) == kind]
            if len(free) == len(rivals) == 1:
                node["inputs"][free[0]] = node["inputs"].pop(old)
                moved.append((node_id, old, free[0]))
    return moved


def _kind_of(graph: ApiGraph, object_info: Mapping[str, Any], value: Any) -> str:
    """Return the type that a link carries; "" for what is no link, or comes from a class that is not known."""
    link = link_of(value)
    source = object_info.get(graph[link[0]]["class_type"]) if link is not None and link[0] in graph else None
    outputs = (source or {}).get("output") or ()
    return str(outputs[link[1]]) if link is not None and link[1] < len(outputs) else ""


def _required(groups: Mapping[str, Any], kind: str) -> Iterator[str]:
    for name, spec in (groups.get("required") or {}).items():
        if isinstance(spec, (list, tuple)) and spec and spec[0] == kind:
            yield name
