"""Writing the value of a source's first widget into every widget that its output leads to."""

from __future__ import annotations

from typing import Any

from runner.convert.graph.level import Node


def spread(node: Node, value: Any) -> None:
    """Change the widgets that the first output of `node` leads to, as if a person had typed the value there."""
    if node.level is None or not node.outputs:
        return
    for link_id in list(node.outputs[0].links):
        link = node.level.links.get(link_id)
        target = node.level.by_id.get(link.target_id) if link is not None else None
        if link is None or target is None or not 0 <= link.target_slot < len(target.inputs):
            continue
        widget = target.widget_of(target.inputs[link.target_slot])
        if widget is not None:
            widget.change(value)
