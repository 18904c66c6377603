"""A node of a class that the server knows, and the stand-in for one that it does not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from runner.convert.graph.level import Node
from runner.convert.graph.opening import Opening
from runner.convert.graph.saved import read_inputs, read_outputs
from runner.convert.graph.slot import InputSlot, OutputSlot, WidgetReference
from runner.convert.graph.wiring import remove_input
from runner.convert.widgets.class_rules import created
from runner.convert.widgets.constructors import CONSTRUCTORS, WIDGET_TYPES
from runner.convert.widgets.definition import AUTOGROW, DYNAMIC_COMBO, MATCH_TYPE, InputSpec, NodeDefinition, spec_of

from .autogrow import add_autogrow
from .built_node import BuiltNode
from .dynamic_combo import dynamic_combo
from .match_type import add_match_type


class DefinedNode(BuiltNode):
    """A node made from its definition: what the file says is fitted to it."""

    def __init__(self, opening: Opening, definition: NodeDefinition, title: str = "") -> None:
        super().__init__(opening, definition, title)
        for spec in definition.inputs:
            self.add_socket(spec)
        for spec in definition.inputs:
            self.add_spec_widget(spec)
        self.outputs += [OutputSlot(name, kind) for name, kind in definition.outputs]
        created(self)

    def add_spec(self, spec: InputSpec) -> None:
        """Add an input: its slot, and its widget where its type has one."""
        self.add_socket(spec)
        self.add_spec_widget(spec)

    def add_socket(self, spec: InputSpec) -> None:
        """Add the slot of an input that has no widget, or the group of slots that its type stands for."""
        if spec.widget_type in WIDGET_TYPES and not spec.forced:
            return
        if spec.type == AUTOGROW:
            add_autogrow(self, spec)
        elif spec.type == MATCH_TYPE:
            add_match_type(self, spec)
        else:
            self.inputs.append(InputSlot(spec.name, spec.type))

    def add_spec_widget(self, spec: InputSpec) -> None:
        """Add the widget of an input, and the slot that can replace it."""
        if spec.widget_type not in WIDGET_TYPES or spec.forced:
            return
        if spec.widget_type == DYNAMIC_COMBO:
            dynamic_combo(self, spec)
        else:
            CONSTRUCTORS[spec.widget_type](self, spec)
        self.inputs.append(InputSlot(spec.name, spec.type, widget=WidgetReference(spec.name, spec.config())))

    def configure(self, info: Mapping[str, Any]) -> None:
        """Take over what the file says; names, types and widgets stay those of the definition."""
        self.read_properties(info)
        self.inputs[:] = fitted_inputs(self.inputs, info.get("inputs"))
        self.outputs[:] = fitted_outputs(self.outputs, info.get("outputs"))
        self.values = self._without_forced(self.values)
        self.announce_inputs()
        self.read_values(self.values)

    def graph_configured(self) -> None:
        """Drop inputs that stand for a widget which is not there."""
        for slot in list(self.inputs):
            if slot.widget is None:
                continue
            if slot.widget.config is None:
                slot.widget.config = self.definition.configs.get(slot.widget.name)
            if self.widget(slot.widget.name) is None:
                remove_input(self, self.inputs.index(slot))

    def _without_forced(self, values: Any) -> Any:
        """Drop values of inputs that were widgets when the file was saved and are sockets now."""
        if not isinstance(values, list):
            return values
        names = {widget.name for widget in self.widgets}
        places: list[bool] = []
        for spec in self.definition.inputs:
            if spec.name in names or spec.forced:
                places.append(spec.forced)
                if spec.options.get("control_after_generate"):
                    places.append(False)
        if len(places) != len(values):
            return values
        return [value for value, forced in zip(values, places, strict=True) if not forced]


class MissingNode(Node):
    """A node whose class nobody knows: its links stay, its values get names that say so."""

    def configure(self, info: Mapping[str, Any]) -> None:
        """Take over what the file says, and keep its values."""
        super().configure(info)
        for value in self.values if isinstance(self.values, list) else ():
            name = f"UNKNOWN_{len(self.widgets)}" if self.widgets else "UNKNOWN"
            plain = isinstance(value, str | int | float)
            kind = "BOOLEAN" if isinstance(value, bool) else "STRING" if isinstance(value, str) else "FLOAT"
            text = value if plain else json.dumps(value, separators=(",", ":"), ensure_ascii=False)
            CONSTRUCTORS[kind if plain else "STRING"](self, spec_of(name, kind, {}, optional=False))
            self.widgets[-1].value = text


def fitted_inputs(own: list[InputSlot], saved: Any) -> list[InputSlot]:
    """Return the inputs of the definition with the links of the file, then those that only the file has."""
    held = list(read_inputs(saved))
    by_name = {slot.name: slot for slot in held}
    fitted = []
    for slot in own:
        known = by_name.get(slot.name)
        link, label = (known.link, known.label) if known is not None else (slot.link, slot.label)
        fitted.append(InputSlot(slot.name, slot.type, link, _bare(slot), label))
    names = {slot.name for slot in own}
    return fitted + [slot for slot in held if slot.name not in names]


def fitted_outputs(own: list[OutputSlot], saved: Any) -> list[OutputSlot]:
    """Return the outputs of the definition, by place, with the links of the file."""
    held = list(read_outputs(saved))
    fitted = [
        OutputSlot(slot.name, slot.type, held[index].links if index < len(held) else slot.links)
        for index, slot in enumerate(own)
    ]
    return fitted + held[len(own) :]


def _bare(slot: InputSlot) -> Any:
    """Return the slot's pointer to its widget without the definition: that is looked up again afterwards."""
    return type(slot.widget)(slot.widget.name) if slot.widget is not None else None
