"""Which ComfyUI: the one that was named, the one around us, or the one that setup fetches."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from installer.errors import BadUse
from installer.layout import Layout

VERSION = "0.30.0"
_PARTS = (
    "main.py",
    "server.py",
    "execution.py",
    "nodes.py",
    "folder_paths.py",
    "requirements.txt",
    "comfy",
    "comfy_api",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfySource:
    """Where ComfyUI is: `url` of a running one, or `tree`; `ours` says that setup fetched (or is to fetch) it."""

    url: str = ""
    tree: Path | None = None
    ours: bool = False

    @property
    def setting(self) -> str:
        """What the runner gets as ONAIR_COMFYUI."""
        return self.url or str(self.tree)


def missing_parts(tree: Path) -> list[str]:
    """What a ComfyUI has and this folder lacks; empty for a whole one."""
    return [name for name in _PARTS if not (tree / name).exists()]


def version_of(tree: Path) -> str:
    """The version the tree says it has, or ""."""
    try:
        text = (tree / "comfyui_version.py").read_text(encoding="utf-8")
    except OSError:
        return ""
    found = re.search(r'__version__\s*=\s*"([^"]+)"', text)
    return found.group(1) if found else ""


def find(layout: Layout, named: str, *, script: Path) -> ComfySource:
    """The ComfyUI to use, without fetching anything. `script` is install.py as it was called, links kept.

    Raises: BadUse when `named` is neither a URL nor a ComfyUI folder.
    """
    if re.match(r"https?://", named):
        return ComfySource(url=named.rstrip("/"))
    if named:
        tree = Path(named).expanduser().resolve()
        lacking = missing_parts(tree)
        if lacking:
            raise BadUse(
                f"{tree} is not a ComfyUI folder.",
                why=f"it has no {', no '.join(lacking)}" if tree.is_dir() else "there is no such folder",
                remedy="Name the folder that holds ComfyUI's main.py, or the URL of a running ComfyUI "
                "(http://HOST:8188), or leave --comfyui out.",
            )
        return ComfySource(tree=tree)
    for folder in (Path(os.path.abspath(script)).parent, layout.root):
        if folder.parent.name == "custom_nodes" and not missing_parts(folder.parents[1]):
            return ComfySource(tree=folder.parents[1])
    return ComfySource(tree=layout.comfyui, ours=True)
