"""Node definitions from a file: what a ComfyUI's /object_info answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from runner.engine.workflow import read_content
from runner.errors import BadInput, WorkflowRefused

HOW = "save what http://127.0.0.1:8188/object_info answers, with the address of your ComfyUI"


def read_object_info(path: Path) -> dict[str, Any]:
    """Return the definitions by node class. Raises: BadInput where it is no such answer."""
    try:
        nodes = read_content(path)
    except WorkflowRefused as exc:
        raise BadInput(f"the node definitions cannot be read from {path}; {HOW}") from exc
    if not isinstance(nodes, dict) or not any(isinstance(told, dict) and "input" in told for told in nodes.values()):
        raise BadInput(f"{path} is not what /object_info answers; {HOW}")
    return nodes
