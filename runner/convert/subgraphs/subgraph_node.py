"""An instance of a subgraph: its inputs are the subgraph's, and some of them stand for widgets inside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.convert.graph.javascript import UNDEFINED
from runner.convert.graph.level import Node
from runner.convert.graph.opening import Opening
from runner.convert.graph.slot import BorderSlot, InputSlot, OutputSlot, WidgetReference
from runner.convert.graph.widget import Cell, Widget
from runner.convert.graph.wiring import remove_input
from runner.convert.nodes.defined_node import fitted_inputs, fitted_outputs

from .promotion import concrete_widget, input_target, quarantined_values
from .subgraph import Subgraph


class SubgraphNode(Node):
    """A node that holds a graph. A promoted widget has a value of its own here, which wins over the one inside."""

    virtual = True

    def __init__(self, opening: Opening, subgraph: Subgraph, title: str = "") -> None:
        self.base_title = subgraph.name
        super().__init__(opening, subgraph.id, title)
        self.subgraph = subgraph
        self.inputs += [InputSlot(slot.name, slot.type, label=slot.label) for slot in subgraph.inputs]
        self.outputs += [OutputSlot(slot.name, slot.type) for slot in subgraph.outputs]
        subgraph.instances.append(self)

    @property
    def inner(self) -> Subgraph:
        """The level inside of it."""
        return self.subgraph

    @property
    def widgets(self) -> list[Widget]:
        """The widgets that inputs of this instance stand for."""
        return [slot.host for slot in self.inputs if slot.host is not None]

    def widget_of(self, slot: InputSlot) -> Widget | None:
        """Return the widget that this input stands for."""
        return slot.host if slot.host is not None else super().widget_of(slot)

    def configure(self, info: Mapping[str, Any]) -> None:
        """Take over what the file says; the inputs are those that the subgraph has now."""
        self.read_properties(info)
        self.inputs[:] = fitted_inputs(self.inputs, info.get("inputs"))
        self.outputs[:] = fitted_outputs(self.outputs, info.get("outputs"))
        self.announce_inputs()
        self._bind_border()
        for slot in self.inputs:
            slot.widget = slot.host = None
            self.resolve_widget(slot)
        self._read_promoted(info.get("widgets_values"))

    def resolve_widget(self, slot: InputSlot) -> None:
        """Find the widget inside that this input leads to, and stand for it."""
        if slot.border is None:
            return
        for link in self.subgraph.border_links(slot.border):
            inner = self.subgraph.by_id.get(link.target_id)
            target = next((s for s in inner.inputs if s.link == link.id), None) if inner is not None else None
            if inner is None or target is None:
                continue
            widget = inner.widget_of(target) or self._nested_widget(inner, target)
            if widget is not None:
                self.promote(slot, slot.border, widget, target.widget)
                return

    def promote(self, slot: InputSlot, border: BorderSlot, widget: Widget, reference: WidgetReference | None) -> None:
        """Let an input stand for a widget inside: same form, a value of its own that starts as the inner one."""
        slot.widget = WidgetReference(border.name, base=reference)
        known = self.cells.get(border.name)
        if known is None or known.kind != widget.kind:
            known = self.cells[border.name] = Cell(widget.kind, widget.value)
        choices = list(widget.choices) if widget.choices is not None else None
        slot.host = Widget(border.name, widget.kind, known, choices=choices, limits=widget.limits, promoted=True)

    def border_added(self, border: BorderSlot) -> None:
        """Add the input of a new slot on the subgraph's border."""
        self.inputs.append(InputSlot(border.name, border.type, border=border))

    def border_connected(self, border: BorderSlot, widget: Widget | None, target: InputSlot) -> None:
        """Stand for the widget that a slot on the border has just been connected to."""
        slot = self._slot_of_border(border)
        if slot is not None and widget is not None:
            self.promote(slot, border, widget, target.widget)

    def border_disconnected(self, border: BorderSlot) -> None:
        """Stand for another widget, or for none, after a slot on the border lost a link."""
        slot = self._slot_of_border(border)
        if slot is None:
            return
        if any(self._has_widget(link.target_id, link.id) for link in self.subgraph.border_links(border)):
            self.resolve_widget(slot)
            return
        if slot.host is not None:
            self.cells.pop(slot.host.name, None)
        slot.widget = slot.host = None

    def border_removed(self, border: BorderSlot) -> None:
        """Remove the input of a slot that leaves the subgraph's border."""
        slot = self._slot_of_border(border)
        if slot is not None:
            remove_input(self, self.inputs.index(slot))

    def set_hosted(self, slot: InputSlot, value: Any) -> bool:
        """Set the value of the widget that an input stands for; False where it stands for none."""
        if slot.host is None:
            return False
        slot.host.cell.value = value
        return True

    def _slot_of_border(self, border: BorderSlot) -> InputSlot | None:
        return next((slot for slot in self.inputs if slot.border is border), None)

    def _has_widget(self, node_id: str, link_id: int) -> bool:
        inner = self.subgraph.by_id.get(node_id)
        target = next((s for s in inner.inputs if s.link == link_id), None) if inner is not None else None
        return inner is not None and target is not None and inner.widget_of(target) is not None

    def _bind_border(self) -> None:
        """Find the subgraph's slot of each input, by name and type, else by name; the rest of the inputs go."""
        free = list(self.subgraph.inputs)
        for slot in self.inputs:
            exact = (b for b in free if (b.name, str(b.type)) == (slot.name, str(slot.type)))
            slot.border = next(exact, None) or next((b for b in free if b.name == slot.name), None)
            if slot.border is not None:
                free.remove(slot.border)
        self.inputs[:] = [slot for slot in self.inputs if slot.border is not None]

    def _nested_widget(self, inner: Node, target: InputSlot) -> Widget | None:
        if not isinstance(inner, SubgraphNode):
            return None
        found = input_target(inner.subgraph, target.name)
        return concrete_widget(inner.subgraph, *found) if found is not None else None

    def _read_promoted(self, values: Any) -> None:
        """Give the promoted widgets their saved values, by place; what an earlier repair set aside comes first."""
        aside = quarantined_values(self.properties.get("proxyWidgetErrorQuarantine"))
        saved = values if isinstance(values, list) else []
        by_name = values if isinstance(values, dict) else {}
        for place, slot in enumerate(slot for slot in self.inputs if slot.host is not None):
            listed = saved[place] if place < len(saved) else by_name.get(slot.name, UNDEFINED)
            value = aside.get(slot.name, listed)
            if value is not UNDEFINED:
                self.set_hosted(slot, value)
