"""Node ids that no two subgraphs share: where files repeat one, the later node gets a new id."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from runner.convert.graph.opening import Opening


def make_unique(
    subgraphs: list[dict[str, Any]], nodes: list[Any], opening: Opening
) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return copies of the subgraphs and of the root's nodes, in which every inner id is unique."""
    subgraphs, nodes = copy.deepcopy(subgraphs), copy.deepcopy(nodes)
    used = {str(node["id"]) for node in nodes if isinstance(node, dict) and isinstance(node.get("id"), int)}
    renamed: dict[str, dict[str, int]] = {}
    for subgraph in subgraphs:
        new = _rename(_dicts(subgraph.get("nodes")), used, opening)
        if new:
            renamed[str(subgraph.get("id"))] = new
            for link in _dicts(subgraph.get("links")):
                for end in ("origin_id", "target_id"):
                    link[end] = new.get(str(link.get(end)), link.get(end))
    for level in ([node for subgraph in subgraphs for node in _dicts(subgraph.get("nodes"))], _dicts(nodes)):
        for node in level:
            _rename_proxies(node, renamed.get(str(node.get("type")), {}))
    return subgraphs, nodes


def _rename(nodes: Iterable[dict[str, Any]], used: set[str], opening: Opening) -> dict[str, int]:
    renamed: dict[str, int] = {}
    for node in nodes:
        held = str(node.get("id"))
        if held in used:
            new = opening.new_node()
            while str(new) in used:
                new = opening.new_node()
            renamed[held] = node["id"] = new
            used.add(str(new))
            continue
        used.add(held)
        if held.isdigit():
            opening.last_node = max(opening.last_node, int(held))
    return renamed


def _rename_proxies(node: dict[str, Any], renamed: dict[str, int]) -> None:
    properties = node.get("properties")
    proxies = properties.get("proxyWidgets") if isinstance(properties, dict) else None
    for entry in proxies if isinstance(proxies, list) else ():
        if isinstance(entry, list) and entry and str(entry[0]) in renamed:
            entry[0] = str(renamed[str(entry[0])])


def _dicts(items: Any) -> list[dict[str, Any]]:
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
