"""One level of a workflow: nodes, and the level that holds them. They are in one file, as each is told by the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .opening import Opening
from .saved import read_inputs, read_outputs
from .slot import BorderSlot, InputSlot, Link, OutputSlot
from .widget import Cell, Widget

ALWAYS, NEVER, BYPASS = 0, 2, 4
NAME_PROPERTY = "Node name for S&R"
Listener = Callable[[int, bool, Link | None], None]


class Level:
    """The nodes of one level, by id and in the order of the file, and its links."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self.links: dict[int, Link] = {}
        self.nodes: list[Node] = []
        self.by_id: dict[str, Node] = {}

    def add(self, node: Node) -> None:
        """Take a node in; it gets a new id where its own is taken."""
        if node.id == "-1" or node.id in self.by_id:
            node.id = str(self.opening.new_node())
        elif node.id.isdigit():
            self.opening.last_node = max(self.opening.last_node, int(node.id))
        node.level = self
        for widget in node.own_widgets:
            node.register(widget)
        self.nodes.append(node)
        self.by_id[node.id] = node

    def all_nodes(self) -> Iterator[Node]:
        """Yield every node of this level and below, the inside of an instance before the instance."""
        for node in list(self.nodes):
            if node.inner is not None:
                yield from node.inner.all_nodes()
            yield node

    def find_widget(self, node: str, name: str) -> Widget | None:
        """Return a widget of the node that texts call so: by its property, else by its title."""
        nodes = list(self.all_nodes())
        known = [item for item in nodes if item.properties.get(NAME_PROPERTY) == node]
        known = known or [item for item in nodes if item.title == node]
        return known[0].widget(name) if known else None

    def border_input(self, index: int) -> BorderSlot | None:
        """Return an input of the subgraph that this is the inside of; the root has none."""
        return None

    def cut_border_input(self, node: Node, slot: InputSlot, link: Link) -> None:
        """Remove a link that comes in from outside of the subgraph."""


class Node:
    """A node of any kind. `id` is the text of its number; `widgets` are in the order of the file's values."""

    virtual = False
    base_title = ""

    def __init__(self, opening: Opening, kind: str, title: str = "") -> None:
        self.opening = opening
        self.type = kind
        self.title = title or self.base_title or kind
        self.id = "-1"
        self.mode = ALWAYS
        self.level: Level | None = None
        self.properties: dict[str, Any] = {}
        self.inputs: list[InputSlot] = []
        self.outputs: list[OutputSlot] = []
        self.own_widgets: list[Widget] = []
        self.values: Any = None
        self.cells: dict[str, Cell] = {}
        self.listeners: list[Listener] = []

    @property
    def inner(self) -> Level | None:
        """The level inside of it; an instance of a subgraph alone has one."""
        return None

    @property
    def widgets(self) -> list[Widget]:
        """The widgets now; an instance of a subgraph has those that its inputs stand for."""
        return self.own_widgets

    def widget(self, name: str) -> Widget | None:
        """Return the first widget of this name."""
        return next((widget for widget in self.widgets if widget.name == name), None)

    def widget_of(self, slot: InputSlot) -> Widget | None:
        """Return the widget that this input stands for."""
        return self.widget(slot.widget.name) if slot.widget is not None else None

    def slot_of(self, widget: Widget) -> InputSlot | None:
        """Return the input that stands for this widget."""
        return next((s for s in self.inputs if s.widget is not None and s.widget.name == widget.name), None)

    def add_widget(self, widget: Widget) -> Widget:
        """Add a widget at the end."""
        self.own_widgets.append(widget)
        if self.level is not None:
            self.register(widget)
        return widget

    def register(self, widget: Widget) -> None:
        """Let widgets of one name and kind share their value, once the node is in a level."""
        if widget.read is not None:
            return
        known = self.cells.get(widget.name)
        if known is not None and known.kind == widget.kind:
            widget.cell = known
        else:
            self.cells[widget.name] = widget.cell

    # Reading a file.

    def configure(self, info: Mapping[str, Any]) -> None:
        """Take over what the file says of this node."""
        self.read_properties(info)
        self.inputs[:] = list(read_inputs(info.get("inputs")))
        self.outputs[:] = list(read_outputs(info.get("outputs")))
        self.announce_inputs()
        self.read_values(self.values)

    def read_properties(self, info: Mapping[str, Any]) -> None:
        """Take over title, mode, properties and the raw values."""
        properties = info.get("properties")
        if isinstance(properties, dict):
            self.properties.update(properties)
        mode = info.get("mode")
        self.mode = mode if isinstance(mode, int) else self.mode
        self.title = str(info.get("title") or self.base_title)
        self.values = info.get("widgets_values")

    def announce_inputs(self) -> None:
        """Tell every input that its link is there; a group may grow while this goes on."""
        index = 0
        while index < len(self.inputs):
            held = self.inputs[index].link
            link = self.level.links.get(held) if self.level is not None and held is not None else None
            self.connection_changed(index, True, link)
            index += 1

    def read_values(self, values: Any) -> None:
        """Give the widgets their saved values: by place from a list, by name from an object.

        A widget that an assignment adds gets the next value. The editor itself reads lists only; files with objects
        come from node packs whose own code reads them by name.
        """
        if isinstance(values, dict):
            for name, value in values.items():
                widget = self.widget(str(name))
                if widget is not None and widget.kept:
                    widget.value = value
            return
        place = index = 0
        saved = values if isinstance(values, list) else []
        while index < len(self.widgets) and place < len(saved):
            widget = self.widgets[index]
            if widget.kept:
                widget.value = saved[place]
                place += 1
            index += 1

    def graph_configured(self) -> None:
        """The whole file has been read."""

    def after_graph_configured(self) -> None:
        """All nodes know that the whole file has been read."""

    def apply_to_graph(self) -> None:
        """Write this node's value where it leads, right before a prompt is made."""

    # Links.

    def connecting(self, index: int) -> None:
        """Hear that an input is about to be linked, before the link that it has goes."""

    def connection_changed(self, index: int, connected: bool, link: Link | None) -> None:
        """React to a link that came or went at this input."""
        for listener in list(self.listeners):
            listener(index, connected, link)

    def index_links(self) -> None:
        """Tell the links which place their input has now."""
        for index, slot in enumerate(self.inputs):
            link = self.level.links.get(slot.link) if self.level is not None and slot.link is not None else None
            if link is not None:
                link.target_slot = index

    def input_link(self, index: int) -> Link | None:
        """Return the link of an input, by its place."""
        if self.level is None or not 0 <= index < len(self.inputs):
            return None
        held = self.inputs[index].link
        return self.level.links.get(held) if held is not None else None
