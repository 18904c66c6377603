"""The node definitions of the last start, kept so that a graph is judged before ComfyUI is up again.

Taken only while nothing has changed that decides them: ComfyUI, our pack, the custom nodes, the installed packages.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runner.errors import EngineError

from .base_folder import OWN_MARK
from .comfy_place import ComfyPlace
from .files import write_file
from .pack_version import pack_version

FILE = "object_info.json"
log = logging.getLogger(__name__)


def recall(place: ComfyPlace) -> dict[str, Any] | None:
    """Return the definitions of the last start; None when there are none that certainly still hold."""
    try:
        told = json.loads((place.base / FILE).read_text(encoding="utf-8"))
        return dict(told["nodes"]) if told["state"] == _state(place) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(place: ComfyPlace, nodes: dict[str, Any]) -> None:
    """Keep the definitions for the next start; a disk that does not take them is only logged, they are asked again."""
    try:
        write_file(place.base / FILE, json.dumps({"state": _state(place), "nodes": nodes}).encode())
    except EngineError as exc:
        log.warning("the node definitions were not kept", extra={"code": exc.code, "reason": str(exc)})


def _state(place: ComfyPlace) -> str:
    told = [str(place.root), str(place.python), pack_version()]
    installed = Path(sysconfig.get_paths()["purelib"])
    told += [_mark(path) for path in (place.root / "nodes.py", place.root / "comfyui_version.py", installed)]
    ours = {pack.resolve() for pack in place.packs if (pack / OWN_MARK).is_file()}
    for folder in (place.root / "custom_nodes", place.base / "custom_nodes"):
        for pack in sorted(folder.glob("*")):
            if pack.resolve() not in ours:  # those are in the pack's version
                told += [str(pack), *(_mark(path) for path in sorted(_sources(pack)))]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def _sources(pack: Path) -> Iterator[Path]:
    """Yield the Python files of a pack, two folders deep: deeper ones change with others when a pack is updated."""
    if pack.suffix == ".py":
        yield pack
    for pattern in ("*.py", "*/*.py", "*/*/*.py"):
        yield from pack.glob(pattern)


def _mark(path: Path) -> str:
    try:
        return f"{path} {path.stat().st_mtime_ns}"
    except OSError:
        return f"{path} -"
