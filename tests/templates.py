"""The workflows that ComfyUI's template packages bring, where they are installed."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

PACKAGES = ("json", "core", "media_api", "media_image", "media_other", "media_video")


def template_files() -> list[Path]:
    """Return every file of the packages that is a workflow; [] where none is installed."""
    return sorted(path for path in all_files() if "nodes" in saved(path))


def all_files() -> list[Path]:
    """Return the packages' JSON files but their tables of contents."""
    found: list[Path] = []
    for name in PACKAGES:
        spec = importlib.util.find_spec(f"comfyui_workflow_templates_{name}")
        for folder in spec.submodule_search_locations or () if spec is not None else ():
            found += Path(folder, "templates").glob("*.json")
    return [path for path in found if not path.name.startswith("index")]


def saved(path: Path) -> dict[str, Any]:
    """Return what a file holds, {} where it is no object."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}
