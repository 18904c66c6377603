"""A combo whose chosen option brings inputs of its own, named `combo.input`."""

from __future__ import annotations

from typing import Any

from runner.convert.graph.javascript import is_true
from runner.convert.graph.slot import InputSlot
from runner.convert.graph.widget import Widget, make_widget
from runner.convert.graph.wiring import remove_input
from runner.convert.widgets.definition import InputSpec, read_group, read_input

from .built_node import BuiltNode


def dynamic_combo(node: BuiltNode, spec: InputSpec) -> None:
    """Add the combo and the inputs of its first option; each assignment replaces the inputs."""
    options = {str(option["key"]): option.get("inputs") for option in spec.choices if "key" in option}
    keys = list(options)
    widget = make_widget(spec.name, "combo", next(iter(keys)) if keys else None, choices=list(keys))
    node.add_widget(widget)

    def choose(value: Any) -> None:
        inputs = options.get(value) if isinstance(value, str) and is_true(value) else None
        _replace(node, widget, inputs)

    widget.on_set = choose
    choose(widget.value)


def _replace(node: BuiltNode, combo: Widget, inputs: Any) -> None:
    removed = _take_group(node, combo.name + ".")
    if inputs is None:
        return
    first_widget, first_input = len(node.widgets), len(node.inputs)
    at = node.widgets.index(combo) + 1
    for key, raw, optional in read_group(inputs):
        node.add_spec(read_input(f"{combo.name}.{key}", raw, optional=optional))
    added = node.widgets[first_widget:]
    del node.widgets[first_widget:]
    node.widgets[at:at] = added
    place = next((index for index, slot in enumerate(node.inputs) if slot.name == combo.name), -1) + 1
    if place == 0:
        if not added and len(node.inputs) != first_input:
            node.unbuildable = True
        return
    _move_inputs(node, first_input, place)
    _restore_links(node, removed)


def _take_group(node: BuiltNode, prefix: str) -> list[InputSlot]:
    removed = [slot for slot in node.inputs if slot.name.startswith(prefix)]
    node.inputs[:] = [slot for slot in node.inputs if not slot.name.startswith(prefix)]
    for widget in [widget for widget in node.widgets if widget.name.startswith(prefix)]:
        node.widgets.remove(widget)
        node.cells.pop(widget.name, None)
    return removed


def _move_inputs(node: BuiltNode, start: int, place: int) -> None:
    """Move the inputs from `start` on to the place behind the combo's own; one that is there already stays the one."""
    added = node.inputs[start:]
    del node.inputs[start:]
    for index, slot in enumerate(added):
        known = next((other for other in node.inputs if other.name == slot.name), None)
        if known is not None:
            node.inputs.remove(known)
            added[index] = known
    node.inputs[place:place] = added
    node.index_links()


def _restore_links(node: BuiltNode, removed: list[InputSlot]) -> None:
    for old in removed:
        index = next((index for index, slot in enumerate(node.inputs) if slot.name == old.name), -1)
        if index == -1:
            node.inputs.append(old)
            remove_input(node, len(node.inputs) - 1)
            continue
        slot = node.inputs[index]
        slot.link = old.link
        link = node.level.links.get(old.link) if node.level is not None and old.link is not None else None
        if link is not None:
            link.target_slot = index
            node.connection_changed(index, True, link)
