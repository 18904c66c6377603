"""A node as the editor holds it while a file is open: slots, widgets, links. Its kinds are in modules of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from .autogrow import Group, add_autogrow
from .constructors import CONSTRUCTORS
from .definition import MATCH_TYPE, InputSpec, NodeDefinition
from .match_type import add_match_type
from .saved import read_inputs, read_outputs, read_values
from .slot import InputSlot, Link, OutputSlot, WidgetReference
from .widget import Cell, Widget

if TYPE_CHECKING:
    from .editor import Editor
    from .graph import Graph

AUTOGROW = "COMFY_AUTOGROW_V3"
ALWAYS, NEVER, BYPASS = 0, 2, 4
Listener = Callable[[int, bool, Link | None], None]


class Node:
    """A node of any kind. `id` is the text of its number; `widgets` are in the order of the file's values."""

    virtual = False
    base_title = ""

    def __init__(self, editor: Editor, kind: str, title: str = "") -> None:
        self.editor = editor
        self.type = kind
        self.title = title or self.base_title or kind
        self.id = "-1"
        self.mode = ALWAYS
        self.graph: Graph | None = None
        self.definition: NodeDefinition | None = None
        self.properties: dict[str, Any] = {}
        self.inputs: list[InputSlot] = []
        self.outputs: list[OutputSlot] = []
        self.own_widgets: list[Widget] = []
        self.values: Any = None
        self.cells: dict[str, Cell] = {}
        self.groups: dict[str, Group] = {}
        self.matches: dict[str, dict[str, str]] = {}
        self.listeners: list[Listener] = []
        # The editor fails to make a node of some definitions, and then treats their class as missing.
        self.unbuildable = False

    @property
    def widgets(self) -> list[Widget]:
        """The widgets now; an instance of a subgraph has those that its inputs stand for."""
        return self.own_widgets

    @property
    def configuring(self) -> bool:
        """Whether a file is being read, when slots must not react as to a person."""
        return self.editor.configuring > 0

    def widget(self, name: str) -> Widget | None:
        """Return the first widget of this name."""
        return next((widget for widget in self.widgets if widget.name == name), None)

    def widget_of(self, slot: InputSlot) -> Widget | None:
        """Return the widget that this input stands for."""
        return self.widget(slot.widget.name) if slot.widget is not None else None

    def slot_of(self, widget: Widget) -> InputSlot | None:
        """Return the input that stands for this widget."""
        return next((s for s in self.inputs if s.widget is not None and s.widget.name == widget.name), None)

    # Building, by the definition's inputs or by an extension.

    def add_widget(self, widget: Widget) -> Widget:
        """Add a widget at the end."""
        self.own_widgets.append(widget)
        if self.graph is not None:
            self.register(widget)
        return widget

    def register(self, widget: Widget) -> None:
        """Let widgets of one name and kind share their value, once the node is in a graph."""
        if widget.read is not None:
            return
        known = self.cells.get(widget.name)
        if known is not None and known.kind == widget.kind:
            widget.cell = known
        else:
            self.cells[widget.name] = widget.cell

    def add_spec(self, spec: InputSpec) -> None:
        """Add an input: its slot, and its widget where its type has one."""
        self.add_socket(spec)
        self.add_spec_widget(spec)

    def add_socket(self, spec: InputSpec) -> None:
        """Add the slot of an input that has no widget, or the group of slots that its type stands for."""
        if spec.widget_type in CONSTRUCTORS and not spec.forced:
            return
        if spec.type == AUTOGROW:
            add_autogrow(self, spec)
        elif spec.type == MATCH_TYPE:
            add_match_type(self, spec)
        else:
            self.inputs.append(InputSlot(spec.name, spec.type))

    def add_spec_widget(self, spec: InputSpec) -> None:
        """Add the widget of an input, and the slot that can replace it."""
        constructor = CONSTRUCTORS.get(spec.widget_type)
        if constructor is None or spec.forced:
            return
        constructor(self, spec)
        self.inputs.append(InputSlot(spec.name, spec.type, widget=WidgetReference(spec.name, spec.config())))

    # Reading a file.

    def configure(self, info: Mapping[str, Any]) -> None:
        """Take over what the file says of this node."""
        self.read_properties(info)
        self.inputs[:] = list(read_inputs(info.get("inputs")))
        self.outputs[:] = list(read_outputs(info.get("outputs")))
        self.announce_inputs()
        read_values(self, self.values)

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
            link = self.graph.links.get(held) if self.graph is not None and held is not None else None
            self.connection_changed(index, True, link)
            index += 1

    def graph_configured(self) -> None:
        """The whole file has been read."""

    def after_graph_configured(self) -> None:
        """All nodes know that the whole file has been read."""

    def apply_to_graph(self) -> None:
        """Write this node's value where it leads, right before a prompt is made."""

    # Links.

    def connection_changed(self, index: int, connected: bool, link: Link | None) -> None:
        """React to a link that came or went at this input."""
        for listener in list(self.listeners):
            listener(index, connected, link)

    def index_links(self) -> None:
        """Tell the links which place their input has now."""
        for index, slot in enumerate(self.inputs):
            link = self.graph.links.get(slot.link) if self.graph is not None and slot.link is not None else None
            if link is not None:
                link.target_slot = index

    def input_link(self, index: int) -> Link | None:
        """Return the link of an input, by its place."""
        if self.graph is None or not 0 <= index < len(self.inputs):
            return None
        held = self.inputs[index].link
        return self.graph.links.get(held) if held is not None else None
