"""One level of a workflow, read from a file: its nodes and links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .node import Node
from .saved import read_link
from .slot import BorderSlot, InputSlot, Link
from .subgraph_node import SubgraphNode

if TYPE_CHECKING:
    from .editor import Editor


@dataclass(slots=True)
class Counters:
    """The last ids that were given away, one pair for a whole workflow."""

    node: int = 0
    link: int = 0


class Graph:
    """The nodes of one level, by id and in the order of the file."""

    def __init__(self, editor: Editor) -> None:
        self.editor = editor
        self.links: dict[int, Link] = {}
        self.nodes: list[Node] = []
        self.by_id: dict[str, Node] = {}

    def configure(self, data: Mapping[str, Any]) -> None:
        """Read the links, then make all nodes, then let each take over what the file says of it."""
        self.editor.configuring += 1
        try:
            self._read_links(data)
            told = self._make_nodes(self.prepare(data))
            for node, info in told:
                node.configure(info)
            self._drop_doubled_links()
            for node, info in told:
                if isinstance(node, SubgraphNode):
                    node.repair_promotions(info)
            self.configured()
        finally:
            self.editor.configuring -= 1

    def prepare(self, data: Mapping[str, Any]) -> Any:
        """Read the subgraphs that this level defines; return the nodes to make."""
        return self.editor.read_subgraphs(data, is_root=False)

    def configured(self) -> None:
        """Everything of this level has been read."""

    def add(self, node: Node) -> None:
        """Take a node in; it gets a new id where its own is taken."""
        counters = self.editor.counters
        if node.id == "-1" or node.id in self.by_id:
            counters.node += 1
            node.id = str(counters.node)
        elif node.id.isdigit():
            counters.node = max(counters.node, int(node.id))
        node.graph = self
        for widget in node.own_widgets:
            node.register(widget)
        self.nodes.append(node)
        self.by_id[node.id] = node

    def all_nodes(self) -> Iterator[Node]:
        """Yield every node of this level and below, the inside of an instance before the instance."""
        for node in list(self.nodes):
            if isinstance(node, SubgraphNode):
                yield from node.subgraph.all_nodes()
            yield node

    def border_input(self, index: int) -> BorderSlot | None:
        """Return an input of the subgraph that this is the inside of; the root has none."""
        return None

    def cut_border_input(self, node: Node, slot: InputSlot, link: Link) -> None:
        """Remove a link that comes in from outside of the subgraph."""

    def _read_links(self, data: Mapping[str, Any]) -> None:
        counters = self.editor.counters
        held = data.get("links")
        for item in held if isinstance(held, list) else ():
            link = read_link(item)
            if link is not None:
                self.links[link.id] = link
        state = data.get("state")
        if isinstance(state, Mapping):
            counters.node = max(counters.node, _whole(state.get("lastNodeId")))
            counters.link = max(counters.link, _whole(state.get("lastLinkId")))
        counters.node = _whole(data.get("last_node_id"), counters.node)
        counters.link = _whole(data.get("last_link_id"), counters.link)

    def _make_nodes(self, held: Any) -> list[tuple[Node, Mapping[str, Any]]]:
        told: list[tuple[Node, Mapping[str, Any]]] = []
        for info in held if isinstance(held, list) else ():
            if not isinstance(info, Mapping) or "id" not in info:
                continue
            node = self.editor.make_node(str(info.get("type")), str(info.get("title") or ""))
            node.id = str(info["id"])
            self.add(node)
            told.append((node, info))
        return told

    def _drop_doubled_links(self) -> None:
        """Keep one of several links between the same two slots: the one that the input names."""
        groups: dict[tuple[Any, ...], list[Link]] = {}
        for link in self.links.values():
            ends = (link.origin_id, link.origin_slot, link.target_id, link.target_slot)
            groups.setdefault(ends, []).append(link)
        for links in groups.values():
            if len(links) > 1:
                self._keep_one([link.id for link in links], self.by_id.get(links[0].target_id))

    def _keep_one(self, ids: list[int], target: Node | None) -> None:
        slots = target.inputs if target is not None else []
        keep = next((slot.link for slot in slots if slot.link in ids), ids[0])
        for doubled in [link_id for link_id in ids if link_id != keep]:
            link = self.links.pop(doubled)
            origin = self.by_id.get(link.origin_id)
            if origin is not None and 0 <= link.origin_slot < len(origin.outputs):
                links = origin.outputs[link.origin_slot].links
                links[:] = [link_id for link_id in links if link_id != doubled]
        for slot in slots:
            slot.link = keep if slot.link in ids else slot.link


def _whole(value: Any, fallback: int = 0) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else fallback
