"""What lasts while a workflow is opened: the last ids given away, and what waits until the whole graph stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Opening:
    """One opening of one workflow; all its nodes share it. `now` is the time that texts may tell."""

    now: datetime
    last_node: int = 0
    last_link: int = 0
    later: list[Callable[[], None]] = field(default_factory=list)
    _reading: int = 0

    @property
    def configuring(self) -> bool:
        """Whether a file is being read, when slots must not react as to a person."""
        return self._reading > 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold what must not react, while one level is read."""
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1

    def new_node(self) -> int:
        """Give away the next id of a node."""
        self.last_node += 1
        return self.last_node

    def new_link(self) -> int:
        """Give away the next id of a link."""
        self.last_link += 1
        return self.last_link

    def settle(self) -> None:
        """Run what waits for the next frame, and what that brings."""
        while self.later:
            self.later.pop(0)()
