"""A widget: the value that a node shows and sends, and what happens when it is set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .javascript import UNDEFINED

TEXT_AREA = "customtext"


@dataclass(slots=True, eq=False)
class Cell:
    """Where a value lives. Two widgets of one node with the same name and kind share one, as in the editor."""

    kind: str
    value: Any


@dataclass(slots=True, kw_only=True)
class Limits:
    """What a number widget rounds and clamps to when it is changed by a callback."""

    min: float | None = None
    max: float | None = None
    step: float | None = None
    precision: int | None = None
    round: float | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What the text of a prompt may refer to: the time, and a widget by the name of its node and its own."""

    now: datetime
    find: Callable[[str, str], Widget | None]


@dataclass(slots=True, eq=False)
class Widget:
    """One widget.

    `kept`: it has a place in the file's list of values. `sent`: it is in the prompt. `read` replaces its value and
    makes it deaf; `on_set` runs after each assignment; `callback` runs when another node or a person changes it, that
    of a text area with each assignment, too;
    `text` turns its value into what is sent.
    """

    name: str
    kind: str
    cell: Cell
    kept: bool = True
    sent: bool = True
    choices: list[Any] | None = None
    limits: Callable[[], Limits] = field(default=Limits)
    read: Callable[[], Any] | None = None
    on_set: Callable[[Any], None] | None = None
    callback: Callable[[Any], None] | None = None
    dynamic_prompts: bool = False
    promoted: bool = False
    text: Callable[[Any, Moment], Any] | None = None

    @property
    def value(self) -> Any:
        """The value now. Given null, a text area holds the empty text, and a promoted widget nothing."""
        if self.read is not None:
            return self.read()
        held = self.cell.value
        if held is None and self.promoted:
            return UNDEFINED
        return "" if held is None and self.kind == TEXT_AREA else held

    @value.setter
    def value(self, value: Any) -> None:
        if self.read is not None:
            return
        self.cell.value = value
        if self.on_set is not None:
            self.on_set(value)
        if self.kind == TEXT_AREA and self.callback is not None:
            self.callback(value)

    def change(self, value: Any) -> None:
        """Set the value as a person would: rounding and followers included."""
        self.value = value
        if self.kind != TEXT_AREA and self.callback is not None:
            self.callback(value)

    def prompt_value(self, moment: Moment) -> Any:
        """Return what the prompt gets of it."""
        return self.value if self.text is None else self.text(self.value, moment)


def make_widget(name: str, kind: str, value: Any = UNDEFINED, **rest: Any) -> Widget:
    """Return a widget with a cell of its own."""
    return Widget(name, kind, Cell(kind, value), **rest)
