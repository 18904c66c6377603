"""The PrimitiveNode: a widget on a node of its own, which has the form of the first input that it is connected to."""

from __future__ import annotations

from typing import Any

from runner.convert.graph.javascript import is_nullish, is_number, is_true
from runner.convert.graph.level import Node
from runner.convert.graph.opening import Opening
from runner.convert.graph.slot import Config, InputSlot, OutputSlot, WidgetReference
from runner.convert.graph.widget import Moment, make_widget
from runner.convert.widgets.constructors import CONSTRUCTORS, WIDGET_TYPES, add_control
from runner.convert.widgets.definition import spec_of
from runner.convert.widgets.merge import NUMBERS, merge_configs
from runner.convert.widgets.text import replace_names

from .spread import spread

REPLACE_PROPERTY = "Run widget replace on values"
NO_FORM = ("IMAGEUPLOAD", "AUDIOUPLOAD")


class PrimitiveNode(Node):
    """It sends nothing itself: right before a prompt is made, its value is written into its targets."""

    virtual = True
    base_title = "Primitive"

    def __init__(self, opening: Opening, kind: str, title: str = "") -> None:
        super().__init__(opening, kind, title)
        self.outputs.append(OutputSlot("connect to widget input", "*"))
        self.properties[REPLACE_PROPERTY] = False

    def after_graph_configured(self) -> None:
        """Take the form of the first target, then the saved value, then what all targets together allow."""
        if not self.outputs or not self.outputs[0].links or self.widgets:
            return
        self._take_form()
        saved = self.values if isinstance(self.values, list) else []
        for widget, value in zip(self.widgets, saved, strict=False):
            widget.value = value
        self._merge_targets()

    def apply_to_graph(self) -> None:
        """Write the value into every target."""
        if not self.widgets or self.level is None:
            return
        value = self.widgets[0].value
        if is_true(value) and self.properties.get(REPLACE_PROPERTY) and isinstance(value, str):
            value = replace_names(value, Moment(self.opening.now, self.level.find_widget))
        spread(self, value)

    def _target(self, link_id: int) -> tuple[Node, InputSlot] | None:
        link = self.level.links.get(link_id) if self.level is not None else None
        target = self.level.by_id.get(link.target_id) if self.level is not None and link is not None else None
        if link is None or target is None or not 0 <= link.target_slot < len(target.inputs):
            return None
        return target, target.inputs[link.target_slot]

    def _take_form(self) -> None:
        found = self._target(self.outputs[0].links[0])
        if found is None:
            return
        target, slot = found
        reference = slot.widget
        if reference is None:
            if slot.type not in WIDGET_TYPES:
                return
            reference = WidgetReference(slot.name, (slot.type, {}))
        config = reference.own_config()
        if config is None:
            return
        kind = "COMBO" if isinstance(config[0], list) else str(config[0])
        self.outputs[0].type = self.outputs[0].name = kind
        self.outputs[0].widget = reference
        self._make_widget(reference.merged_config() or config, target, reference.name)

    def _make_widget(self, config: Config, target: Node, name: str) -> None:
        # An input of a dynamic combo's option brings its name along, and the widget is then called so.
        spec = spec_of(str(config[1].get("name", "value")), config[0], config[1], optional=False)
        if spec.type in CONSTRUCTORS and spec.type not in NO_FORM:
            CONSTRUCTORS[spec.type](self, spec)
        else:
            self.add_widget(make_widget("value", spec.type.lower(), None))
        widget = self.widgets[0]
        theirs = target.widget(name)
        if theirs is not None:
            widget.value = theirs.value
        if not config[1].get("control_after_generate") and widget.kind in ("number", "combo"):
            saved = self.values if isinstance(self.values, list) else []
            control = saved[1] if len(saved) > 1 and is_true(saved[1]) else "fixed"
            add_control(self, widget, None, control, filtered=True)
        rounder = widget.callback

        def follow(value: Any) -> None:
            if rounder is not None:
                rounder(value)
            self.apply_to_graph()

        widget.callback = follow

    def _merge_targets(self) -> None:
        """Narrow a number down to what every target allows, and clamp the value to that."""
        reference = self.outputs[0].widget
        own = reference.own_config() if reference is not None else None
        if reference is None or own is None or own[0] not in NUMBERS:
            return
        for link_id in list(self.outputs[0].links):
            found = self._target(link_id)
            theirs = found[1].widget.own_config() if found is not None and found[1].widget is not None else None
            merged = merge_configs(reference.merged_config() or own, theirs) if theirs is not None else None
            if merged is not None:
                reference.merged = merged
                self._remake_widget()

    def _remake_widget(self) -> None:
        values = [widget.value for widget in self.widgets]
        self.own_widgets.clear()
        self._take_form()
        for widget, value in zip(self.widgets, values, strict=False):
            widget.value = value
        if not self.widgets:
            return
        widget = self.widgets[0]
        limits = widget.limits()
        if is_number(widget.value) and not is_nullish(limits.min) and widget.value < limits.min:
            widget.value = limits.min
        if is_number(widget.value) and not is_nullish(limits.max) and widget.value > limits.max:
            widget.value = limits.max
        if widget.callback is not None:
            widget.callback(widget.value)
