"""Nodes that live in the editor only: notes, and the Reroute, a bend in a wire."""

from __future__ import annotations

from typing import Any

from runner.convert.graph.level import Node
from runner.convert.graph.opening import Opening
from runner.convert.graph.slot import InputSlot, OutputSlot, WidgetReference
from runner.convert.graph.slot_type import WILDCARD, may_connect
from runner.convert.graph.widget import make_widget
from runner.convert.graph.wiring import disconnect_input


class NoteNode(Node):
    """A note. Its text can be named in a file name."""

    virtual = True
    base_title = "Note"

    def __init__(self, opening: Opening, kind: str, title: str = "") -> None:
        super().__init__(opening, kind, title)
        self.add_widget(make_widget("text", "customtext", ""))


class MarkdownNoteNode(NoteNode):
    """A note in Markdown."""

    base_title = "Markdown Note"


class RerouteNode(Node):
    """A bend: once the graph stands, it takes the type that comes in and drops what cannot take that."""

    virtual = True
    base_title = "Reroute"

    def __init__(self, opening: Opening, kind: str, title: str = "") -> None:
        super().__init__(opening, kind, title)
        self.inputs.append(InputSlot("", WILDCARD))
        self.outputs.append(OutputSlot("", WILDCARD))

    def after_graph_configured(self) -> None:
        """Find the type later, when every node has its own."""
        self.opening.later.append(self.settle)

    def settle(self) -> None:
        """Give the whole chain of bends the type of its source."""
        chain, source_type = self._upstream()
        kept_type = self._keep_fitting(chain, source_type)
        for node in chain:
            node.outputs[0].type = source_type or WILDCARD
            fed = kept_type is not None and self._widget_ahead(node)
            node.inputs[0].widget = WidgetReference("value", (source_type or WILDCARD, {})) if fed else None

    def _upstream(self) -> tuple[list[RerouteNode], Any]:
        chain: list[RerouteNode] = [self]
        while True:
            link = chain[0].input_link(0)
            origin = self.level.by_id.get(link.origin_id) if self.level is not None and link is not None else None
            if link is None or origin is None or origin in chain:
                return chain, None
            if not isinstance(origin, RerouteNode):
                known = 0 <= link.origin_slot < len(origin.outputs)
                return chain, origin.outputs[link.origin_slot].type if known else None
            chain.insert(0, origin)

    def _keep_fitting(self, chain: list[RerouteNode], source_type: Any) -> Any:
        """Cut the links behind this bend that the type does not fit; return the type of one that is kept."""
        kept = None
        waiting: list[RerouteNode] = [self]
        while waiting and self.level is not None:
            node = waiting.pop()
            # As with matching types, the link behind one that goes is skipped.
            for link_id in node.outputs[0].links if node.outputs else ():
                link = self.level.links.get(link_id)
                target = self.level.by_id.get(link.target_id) if link is not None else None
                if link is None or target is None or not 0 <= link.target_slot < len(target.inputs):
                    continue
                if isinstance(target, RerouteNode):
                    if target not in chain:
                        waiting.append(target)
                        chain.append(target)
                    continue
                wanted = target.inputs[link.target_slot].type
                if source_type and wanted and not may_connect(source_type, wanted):
                    disconnect_input(target, link.target_slot)
                    continue
                target.connection_changed(link.target_slot, True, link)
                kept = wanted
        return kept

    def _widget_ahead(self, node: RerouteNode) -> bool:
        return any(slot.widget is not None for slot in node.fed_inputs())

    def fed_inputs(self) -> list[InputSlot]:
        """Return the inputs right behind this bend."""
        fed = []
        for link_id in self.outputs[0].links if self.level is not None and self.outputs else ():
            link = self.level.links.get(link_id) if self.level is not None else None
            target = self.level.by_id.get(link.target_id) if self.level is not None and link is not None else None
            if link is not None and target is not None and 0 <= link.target_slot < len(target.inputs):
                fed.append(target.inputs[link.target_slot])
        return fed
