"""What lasts while a workflow is opened: the last ids given away, and what waits until the whole graph stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from runner.errors import WorkflowRefused


class StepBroken(WorkflowRefused):
    """Types that do not match met in one group of inputs: the editor gives this step up, half-way, and goes on."""

    code = "workflow.damaged"

    def __init__(self) -> None:
        super().__init__("inputs that must have one type are linked to several; correct the links in ComfyUI")


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
            with suppress(StepBroken):
                self.later.pop(0)()
