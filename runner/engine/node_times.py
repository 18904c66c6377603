"""NodeTimes: how long each node of a prompt took, by when the engine told that it began."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable

from hls.ticks import NS_PER_MS
from runner.ports import PromptProgress


class NodeTimes:
    """Listens to one prompt's progress and passes it on. A node whose result was kept never begins."""

    def __init__(self, on_progress: Callable[[PromptProgress], None] | None) -> None:
        self._on_progress = on_progress
        self._begun: list[tuple[str, int]] = []

    def hear(self, told: PromptProgress) -> None:
        """Take what the engine tells."""
        if not told.maximum and not told.preview and told.node:
            self._begun.append((told.node, time.monotonic_ns()))
        if self._on_progress is not None:
            self._on_progress(told)

    def until_end(self, render_ns: int) -> dict[str, int]:
        """Return milliseconds by node; the last one's end is that of the prompt, which took `render_ns`."""
        if not self._begun or not render_ns:
            return {}
        took: Counter[str] = Counter()
        ends = [at for _, at in self._begun[1:]] + [self._begun[0][1] + render_ns]
        for (node, at), end in zip(self._begun, ends, strict=True):
            took[node] += max(0, end - at)
        return {node: round(ns / NS_PER_MS) for node, ns in took.items()}
