"""What a node is joined by: links, input and output slots, and the slots on the border of a subgraph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .widget import Widget

BORDER_INPUT_ID = "-10"
BORDER_OUTPUT_ID = "-20"

# The type of an input and its options, as a node definition writes them.
Config = tuple[Any, dict[str, Any]]


@dataclass(slots=True, eq=False)
class Link:
    """One wire, from an output slot to an input slot of the same graph."""

    id: int
    type: Any
    origin_id: str
    origin_slot: int
    target_id: str
    target_slot: int

    @property
    def from_border(self) -> bool:
        """Whether it comes in from outside of the subgraph."""
        return self.origin_id == BORDER_INPUT_ID


@dataclass(slots=True, eq=False)
class WidgetReference:
    """An input slot's pointer to the widget of the same node that it can replace."""

    name: str
    config: Config | None = None
    merged: Config | None = None
    base: WidgetReference | None = None

    def own_config(self) -> Config | None:
        """Return the definition of the input, from the innermost node that a promoted input leads to."""
        if self.config is not None:
            return self.config
        return self.base.own_config() if self.base is not None else None

    def merged_config(self) -> Config | None:
        """Return the definition narrowed down by several targets of one source, where there is one."""
        if self.merged is not None:
            return self.merged
        return self.base.merged_config() if self.base is not None else None


@dataclass(slots=True, eq=False)
class InputSlot:
    """An input of a node. `border` and `host` are set on the inputs of a subgraph's instance only."""

    name: str
    type: Any
    link: int | None = None
    widget: WidgetReference | None = None
    label: str | None = None
    border: BorderSlot | None = None
    host: Widget | None = None


@dataclass(slots=True, eq=False)
class OutputSlot:
    """An output of a node."""

    name: str
    type: Any
    links: list[int] = field(default_factory=list)
    widget: WidgetReference | None = None


@dataclass(slots=True, eq=False)
class BorderSlot:
    """An input or output of a subgraph, as its inside sees it. `widget` is the first one connected by a repair."""

    id: str
    name: str
    type: Any
    label: str | None = None
    link_ids: list[int] = field(default_factory=list)
    widget: Widget | None = None
