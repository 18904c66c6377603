"""Reading a level of a workflow from a file: the subgraphs that it defines, its links, its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .graph.level import Level, Node
from .graph.opening import Opening
from .graph.saved import read_link
from .graph.slot import Link
from .node_classes import NodeClasses
from .subgraphs.proxy_repair import repair_proxies
from .subgraphs.subgraph import Subgraph
from .subgraphs.subgraph_node import SubgraphNode
from .subgraphs.unique_ids import make_unique


class LevelReader:
    """Reads the levels of one workflow."""

    def __init__(self, opening: Opening, classes: NodeClasses) -> None:
        self._opening = opening
        self._classes = classes

    def read_root(self, root: Level, workflow: Mapping[str, Any]) -> None:
        """Read a whole workflow, then let links and nodes settle."""
        with self._opening.reading():
            self._read_links(root, workflow)
            told, nodes = _subgraphs_of(workflow), workflow.get("nodes")
            if told:
                told, nodes = make_unique(told, nodes if isinstance(nodes, list) else [], self._opening)
            self._read_subgraphs(told)
            self._read_nodes(root, nodes)
            _index_all_links(root)
            for node in root.all_nodes():
                node.graph_configured()
            for node in root.all_nodes():
                node.after_graph_configured()

    def _read_inside(self, subgraph: Subgraph, data: Mapping[str, Any]) -> None:
        with self._opening.reading():
            self._read_links(subgraph, data)
            self._read_subgraphs(_subgraphs_of(data))
            self._read_nodes(subgraph, data.get("nodes"))
        subgraph.read_border(data)

    def _read_subgraphs(self, told: list[dict[str, Any]]) -> None:
        """Read the subgraphs that a level defines, the innermost first."""
        for item in told:
            self._classes.subgraphs[str(item.get("id"))] = Subgraph(self._opening, item)
        for item in _leaves_first(told):
            self._read_inside(self._classes.subgraphs[str(item.get("id"))], item)

    def _read_links(self, level: Level, data: Mapping[str, Any]) -> None:
        held = data.get("links")
        for item in held if isinstance(held, list) else ():
            link = read_link(item)
            if link is not None:
                level.links[link.id] = link
        state, opening = data.get("state"), self._opening
        if isinstance(state, Mapping):
            opening.last_node = max(opening.last_node, _whole(state.get("lastNodeId")))
            opening.last_link = max(opening.last_link, _whole(state.get("lastLinkId")))
        opening.last_node = _whole(data.get("last_node_id"), opening.last_node)
        opening.last_link = _whole(data.get("last_link_id"), opening.last_link)

    def _read_nodes(self, level: Level, held: Any) -> None:
        """Make all nodes, then let each take over what the file says of it."""
        told: list[tuple[Node, Mapping[str, Any]]] = []
        for info in held if isinstance(held, list) else ():
            if not isinstance(info, Mapping) or "id" not in info:
                continue
            node = self._classes.make(str(info.get("type")), str(info.get("title") or ""))
            node.id = str(info["id"])
            level.add(node)
            told.append((node, info))
        for node, info in told:
            node.configure(info)
        _drop_doubled_links(level)
        for node, info in told:
            if isinstance(node, SubgraphNode):
                repair_proxies(node, info.get("widgets_values"))


def _subgraphs_of(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    definitions = data.get("definitions")
    held = definitions.get("subgraphs") if isinstance(definitions, Mapping) else None
    return [item for item in held if isinstance(item, dict)] if isinstance(held, list) else []


def _leaves_first(subgraphs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Order subgraphs so that each comes after those it holds; as they are where they hold each other."""
    by_id = {str(item.get("id")): item for item in subgraphs}
    inside = {
        key: {str(n.get("type")) for n in item.get("nodes") or () if isinstance(n, dict)} & set(by_id)
        for key, item in by_id.items()
    }
    done: list[str] = []
    while len(done) < len(by_id):
        ready = [key for key in by_id if key not in done and inside[key] <= set(done)]
        if not ready:
            return subgraphs
        done += ready
    return [by_id[key] for key in done]


def _drop_doubled_links(level: Level) -> None:
    """Keep one of several links between the same two slots: the one that the input names."""
    groups: dict[tuple[Any, ...], list[Link]] = {}
    for link in level.links.values():
        ends = (link.origin_id, link.origin_slot, link.target_id, link.target_slot)
        groups.setdefault(ends, []).append(link)
    for links in groups.values():
        if len(links) > 1:
            _keep_one(level, [link.id for link in links], level.by_id.get(links[0].target_id))


def _keep_one(level: Level, ids: list[int], target: Node | None) -> None:
    slots = target.inputs if target is not None else []
    keep = next((slot.link for slot in slots if slot.link in ids), ids[0])
    for doubled in [link_id for link_id in ids if link_id != keep]:
        link = level.links.pop(doubled)
        origin = level.by_id.get(link.origin_id)
        if origin is not None and 0 <= link.origin_slot < len(origin.outputs):
            links = origin.outputs[link.origin_slot].links
            links[:] = [link_id for link_id in links if link_id != doubled]
    for slot in slots:
        slot.link = keep if slot.link in ids else slot.link


def _index_all_links(level: Level) -> None:
    """Tell every link which place its input has: files of older editors count otherwise."""
    for node in level.nodes:
        node.index_links()
        if node.inner is not None:
            _index_all_links(node.inner)


def _whole(value: Any, fallback: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else fallback
