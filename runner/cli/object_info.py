"""Node definitions from a file: what a ComfyUI's /object_info answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.engine.workflow import read_content
from runner.errors import BadInput


def read_object_info(path: Path) -> dict[str, Any]:
    """Return the definitions by node class. Raises: BadInput, WorkflowRefused where it is no JSON."""
    nodes = read_content(path)
    if not isinstance(nodes, dict):
        raise BadInput(f"{path} is not what /object_info answers: save that answer as it is")
    return nodes
