"""Group nodes of older files: a node class that the file itself defines, as several nodes and the links among them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.convert.widgets.augment import with_editor_inputs
from runner.convert.widgets.constructors import SEEDS, WIDGET_TYPES
from runner.convert.widgets.definition import NodeDefinition, read_config, read_definition

PREFIX = "workflow>"
Ends = dict[int, dict[int, list[list[Any]]]]


@dataclass(slots=True)
class GroupTemplate:
    """What one kind of group node shows, and what each of its inputs, widgets and outputs is inside of it.

    `widgets[inner][input]` is the widget's name on the group, `inputs[inner][input]` the place of its slot, and
    `outputs` tells the inner node and slot of each output.
    """

    name: str
    data: Mapping[str, Any]
    widgets: dict[int, dict[str, str]] = field(default_factory=dict)
    inputs: dict[int, dict[str, int]] = field(default_factory=dict)
    outputs: list[tuple[int, int]] = field(default_factory=list)
    required: dict[str, Any] = field(default_factory=dict)
    output_types: list[Any] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    count: int = 0
    links_from: Ends = field(default_factory=dict)
    links_to: dict[int, dict[int, list[Any]]] = field(default_factory=dict)

    @property
    def nodes(self) -> list[dict[str, Any]]:
        """The inner nodes, as the file has them."""
        return [node for node in self.data.get("nodes") or () if isinstance(node, dict)]

    @property
    def links(self) -> list[list[Any]]:
        """The links among the inner nodes: node, slot, node, slot, by place."""
        held = self.data.get("links") or ()
        return [link for link in held if isinstance(link, list) and len(link) > 3 and None not in link[:4]]

    def definition(self, object_info: Mapping[str, Any]) -> NodeDefinition:
        """Return the class that a group node is an instance of."""
        for link in self.links:
            source, slot, target, place = (int(part) for part in link[:4])
            self.links_from.setdefault(source, {}).setdefault(slot, []).append(link)
            self.links_to.setdefault(target, {})[place] = link
        late: list[tuple[int, list[str], int]] = []
        for index, node in enumerate(self.nodes):
            info = self._inner_class(index, node, object_info)
            if info is not None:
                late.append(self._add_inputs(index, node, info))
                self._add_outputs(index, info)
        for index, names, first in late:
            self._add_converted(index, names, first, object_info)
        kinds = [kind if isinstance(kind, str) else "COMBO" for kind in self.output_types]
        told = {"input": {"required": self.required}, "output": kinds, "display_name": self.name}
        return read_definition(PREFIX + self.name, told)

    def _inner_class(self, index: int, node: dict[str, Any], object_info: Mapping[str, Any]) -> Any:
        kind = node.get("type")
        info = object_info.get(str(kind))
        if info is not None:
            return info
        out = self.links_from.get(index, {}).get(0)
        if kind == "PrimitiveNode" and out:
            type_ = out[0][5] if len(out[0]) > 5 else "*"
            return {"input": {"required": {"value": [type_, {}]}}, "output": [type_]}
        if kind == "Reroute":
            if out and index in self.links_to and not self._is_external(index, 0):
                return None
            type_ = self._bend_type(index, out)
            return {"input": {"required": {type_: [type_, {"forceInput": True}]}}, "output": [type_]}
        return None

    def _bend_type(self, index: int, out: list[list[Any]] | None) -> str:
        for link in out or ():
            slots = self.nodes[int(link[2])].get("inputs") or []
            if int(link[3]) < len(slots) and slots[int(link[3])].get("type"):
                return str(slots[int(link[3])]["type"])
        external = [ext[2] for ext in self.data.get("external") or () if ext[0] == index and len(ext) > 2]
        link = self.links_to.get(index, {}).get(0, [])
        return str(link[5]) if len(link) > 5 and link[5] else str(external[0]) if external else "*"

    def _is_external(self, index: int, slot: int) -> bool:
        return any(ext[0] == index and ext[1] == slot for ext in self.data.get("external") or () if len(ext) > 1)

    def _add_inputs(self, index: int, node: dict[str, Any], info: Mapping[str, Any]) -> tuple[int, list[str], int]:
        """Add widgets and sockets of an inner node; return what of it was saved as an input, which comes last."""
        slots: list[str] = []
        converted: dict[int, str] = {}
        saved = node.get("inputs") or []
        inputs = _inputs_of(str(node.get("type")), info)
        for name, raw in inputs.items():
            kind = read_config(raw)[0]
            if not (isinstance(kind, str) and kind in WIDGET_TYPES):
                slots.append(name)
                continue
            place = next((at for at, slot in enumerate(saved) if _stands_for(slot, name)), None)
            if place is not None:
                converted[place] = name
            else:
                shown = self._show(index, node, name, raw)
                self.widgets.setdefault(index, {})[name] = shown
        for place, name in enumerate(slots):
            link = self.links_to.get(index, {}).get(place)
            if link is not None:
                self._follow_primitive(link, inputs[name])
            else:
                visible = self._config(index, name).get("visible")
                shown = self._show(index, node, name, inputs[name], hidden=visible is False)
                if visible is not False:
                    self.inputs.setdefault(index, {})[name] = self.count
                    self.count += 1
        # The editor sorts these places as texts.
        return index, [converted[place] for place in sorted(converted, key=str)], len(slots)

    def _add_converted(self, index: int, names: list[str], first: int, object_info: Mapping[str, Any]) -> None:
        node = self.nodes[index]
        info = self._inner_class(index, node, object_info)
        inputs = _inputs_of(str(node.get("type")), info)
        for place, name in enumerate(names):
            link = self.links_to.get(index, {}).get(first + place)
            if link is not None:
                self._follow_primitive(link, inputs[name])
            else:
                self.widgets.setdefault(index, {})[name] = self._show(index, node, name, inputs[name])
                self.inputs.setdefault(index, {})[name] = self.count
                self.count += 1

    def _follow_primitive(self, link: list[Any], raw: Any) -> None:
        """Give the widget of an inner PrimitiveNode the form of what it leads to, and a control beside it."""
        shown = self.widgets.get(int(link[0]), {}).get("value")
        if shown is not None and self.nodes[int(link[0])].get("type") == "PrimitiveNode":
            control = {"control_after_generate": True, "control_prefix": shown.removesuffix(" value")}
            self.required[shown] = [self.required[shown][0], {**read_config(raw)[1], **control}]

    def _add_outputs(self, index: int, info: Mapping[str, Any]) -> None:
        for slot, kind in enumerate(info.get("output") or ()):
            linked = slot in self.links_from.get(index, {}) and not self._is_external(index, slot)
            visible = self._config(index, slot, "output").get("visible")
            if visible if visible is not None else not linked:
                self.outputs.append((index, slot))
                self.output_types.append(kind)

    def _show(self, index: int, node: dict[str, Any], name: str, raw: Any, *, hidden: bool = False) -> str:
        """Add an input to the group's own class, under a name that says which node it is from where it must."""
        labels = (slot.get("label") for slot in node.get("inputs") or () if slot.get("name") == name)
        shown = str(self._config(index, name).get("name") or next(labels, None) or name)
        key, prefix = shown, ""
        if (node.get("type") == "PrimitiveNode" and node.get("title")) or shown in self.seen:
            prefix = f"{node.get('title') or node.get('type')} "
            key = shown = prefix + name
            if shown in self.seen:
                shown = f"{prefix}{self.seen[shown]} {name}"
        self.seen[key] = self.seen.get(key, 1) + 1
        kind, options = read_config(raw)
        extra = {"control_after_generate": f"{prefix}control_after_generate"} if name in SEEDS else {}
        if not hidden:
            self.required[shown] = [kind, {**options, **extra}]
        return shown

    def _config(self, index: int, name: str | int, side: str = "input") -> Mapping[str, Any]:
        held: Any = (self.data.get("config") or {}).get(str(index)) or {}
        told = (held.get(side) or {}).get(str(name))
        return told if isinstance(told, Mapping) else {}


def _inputs_of(kind: str, info: Mapping[str, Any]) -> dict[str, Any]:
    groups = with_editor_inputs(kind, info)
    return {**groups["required"], **groups["optional"]}


def _stands_for(slot: Any, name: str) -> bool:
    widget = slot.get("widget") if isinstance(slot, dict) else None
    return isinstance(widget, dict) and slot.get("name") == name and widget.get("name") == name
