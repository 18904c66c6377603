"""A node whose inputs are built from specifications, and may be built anew while a file is read."""

from __future__ import annotations

import re
from abc import abstractmethod
from dataclasses import dataclass

from runner.convert.graph.level import Node
from runner.convert.graph.opening import Opening
from runner.convert.widgets.definition import InputSpec, NodeDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """The template of one group of inputs that grows: what each step adds, and how it is named."""

    name: str
    specs: tuple[InputSpec, ...]
    min: int
    max: int
    prefix: str = ""
    names: tuple[str, ...] | None = None

    def label(self, ordinal: int, key: str) -> str:
        """Return the name of one input of one step."""
        if self.names is not None:
            return f"{self.name}.{self.names[ordinal] if 0 <= ordinal < len(self.names) else 'undefined'}"
        return f"{self.name}.{self.prefix if len(self.specs) == 1 else key}{ordinal}"

    def ordinal(self, label: str) -> int | None:
        """Return which step an input belongs to."""
        name = label[len(self.name) + 1 :]
        if self.names is not None:
            return self.names.index(name) if name in self.names else None
        found = re.search(r"\d+$", name)
        return int(found.group()) if found else None


class BuiltNode(Node):
    """A node with a definition. `matches`: by group of equal types, what each of its inputs allows."""

    def __init__(self, opening: Opening, definition: NodeDefinition, title: str = "") -> None:
        self.base_title = definition.title
        super().__init__(opening, definition.class_type, title)
        self.definition = definition
        self.growths: dict[str, Growth] = {}
        self.matches: dict[str, dict[str, str]] = {}
        # Until the next frame: the input that gets a new link, and whether that took the place of another.
        self.pending: int | None = None
        self.swapping = False
        # The editor fails to make a node of some definitions, and then treats their class as missing.
        self.unbuildable = False

    @abstractmethod
    def add_spec(self, spec: InputSpec) -> None:
        """Add an input: its slot, and its widget where its type has one."""

    def connecting(self, index: int) -> None:
        """Remember the input for this frame: groups that grow must not close the gap that a new link fills."""
        self.pending = index
        self.opening.later.append(self._connected)

    def _connected(self) -> None:
        self.pending, self.swapping = None, False
