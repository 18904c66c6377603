"""The inside of a subgraph, with the border that its instances show."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from runner.convert.graph.level import Level, Node
from runner.convert.graph.opening import Opening
from runner.convert.graph.saved import read_border_slot
from runner.convert.graph.slot import BORDER_INPUT_ID, BORDER_OUTPUT_ID, BorderSlot, InputSlot, Link
from runner.convert.graph.widget import Widget


class Instance(Protocol):
    """A node that shows a subgraph: it hears when the border changes."""

    def border_added(self, border: BorderSlot) -> None:
        """Add the input of a new slot on the border."""

    def border_connected(self, border: BorderSlot, widget: Widget | None, target: InputSlot) -> None:
        """Stand for the widget that a slot on the border has just been connected to."""

    def border_disconnected(self, border: BorderSlot) -> None:
        """Stand for another widget, or for none, after a slot on the border lost a link."""

    def border_removed(self, border: BorderSlot) -> None:
        """Remove the input of a slot that leaves the border."""


class Subgraph(Level):
    """The inside of a subgraph; all its instances share it, and hear when its border changes."""

    def __init__(self, opening: Opening, data: Mapping[str, Any]) -> None:
        super().__init__(opening)
        self.id = str(data.get("id"))
        self.name = str(data.get("name") or "Unnamed Subgraph")
        self.inputs: list[BorderSlot] = []
        self.outputs: list[BorderSlot] = []
        self.instances: list[Instance] = []
        self.read_border(data)

    def read_border(self, data: Mapping[str, Any]) -> None:
        """Read the inputs and outputs of the subgraph itself."""
        self.inputs[:] = [read_border_slot(item) for item in data.get("inputs") or () if isinstance(item, dict)]
        self.outputs[:] = [read_border_slot(item) for item in data.get("outputs") or () if isinstance(item, dict)]
        for index, slot in enumerate(self.inputs):
            slot.link_ids[:] = [self._known_link(held, index, inward=True) for held in slot.link_ids]
        for index, slot in enumerate(self.outputs):
            slot.link_ids[:] = [self._known_link(held, index, inward=False) for held in slot.link_ids]

    def border_input(self, index: int) -> BorderSlot | None:
        """Return an input of this subgraph, as its inside sees it."""
        return self.inputs[index] if 0 <= index < len(self.inputs) else None

    def cut_border_input(self, node: Node, slot: InputSlot, link: Link) -> None:
        """Remove a link that comes in from outside, and tell the instances."""
        slot.link = None
        self.links.pop(link.id, None)
        border = self.border_input(link.origin_slot)
        if border is None:
            return
        if link.id in border.link_ids:
            border.link_ids.remove(link.id)
        if not border.link_ids:
            border.widget = None
        for instance in self.instances:
            instance.border_disconnected(border)
        if slot in node.inputs:
            node.connection_changed(node.inputs.index(slot), False, link)

    def border_links(self, slot: BorderSlot) -> list[Link]:
        """Return the links of a slot on the border, those that exist."""
        return [self.links[held] for held in slot.link_ids if held in self.links]

    def _known_link(self, held: int, index: int, *, inward: bool) -> int:
        """Return the id of the link, or of another that leads to the same slot when the named one is gone."""
        if held in self.links:
            return held
        for link in self.links.values():
            end = (link.origin_id, link.origin_slot) if inward else (link.target_id, link.target_slot)
            if end == (BORDER_INPUT_ID if inward else BORDER_OUTPUT_ID, index):
                return link.id
        return held
