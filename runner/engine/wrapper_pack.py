"""ComfyUI-WanVideoWrapper, where `install.py download --with` brought it: a pack to link, a Python it works in."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

FOLDER, RECORD = ".wanvideowrapper", "pack.json"  # as installer/layout.py and installer/wrapper_pack.py name them


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapperPack:
    """The pack's folder, and the interpreter of its environment: ours with a few older packages in front."""

    path: Path
    python: Path


def wrapper_pack(repository: Path) -> WrapperPack | None:
    """Return it, None where it was not brought or is not whole any more."""
    folder = repository / FOLDER
    python = folder / "venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    try:
        path = Path(json.loads((folder / RECORD).read_text(encoding="utf-8"))["path"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    whole = os.path.isfile(path / "__init__.py") and os.access(python, os.X_OK)
    return WrapperPack(path=path, python=python) if whole else None
