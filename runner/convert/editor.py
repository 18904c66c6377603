"""The editor without a screen: it reads a workflow into nodes, and lets them settle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .graph.level import Level
from .graph.opening import Opening
from .groups.group_node import open_groups
from .level_reader import LevelReader
from .node_classes import NodeClasses

SAMPLERS = ("KSampler", "KSamplerAdvanced")


def open_workflow(workflow: Mapping[str, Any], object_info: Mapping[str, Any], opening: Opening) -> Level:
    """Return the outermost level of a workflow, its nodes as they stand in the editor."""
    classes = NodeClasses(opening, object_info, workflow)
    root = Level(opening)
    LevelReader(opening, classes).read_root(root, workflow)
    _mend_values(root)
    open_groups(root, classes.make)
    opening.settle()
    return root


def _mend_values(root: Level) -> None:
    """Give an empty combo its first value, and drop a prefix that old files have."""
    for node in list(root.all_nodes()):
        for widget in list(node.widgets):
            value = widget.value
            if node.type in SAMPLERS and widget.name == "sampler_name" and isinstance(value, str):
                widget.value = value.removeprefix("sample_")
            if widget.kind == "combo" and widget.choices and not isinstance(value, str | int | float | list | dict):
                widget.value = widget.choices[0]
