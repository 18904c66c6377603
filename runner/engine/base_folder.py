"""The private base folder of our child: ComfyUI's own folders, links to packs, links to the data folder.

The user's ComfyUI is only read: its custom nodes are linked, its models named in a file for ComfyUI's
`--extra-model-paths-config`, the input files of a graph copied (ComfyUI refuses links that leave its folder).
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.errors import EngineError
from runner.ports import ApiGraph

from .files import copy_file, write_file

FOLDERS = ("models", "custom_nodes", "input", "output", "temp", "user")
MODELS = "extra_model_paths.yaml"
OWN_MARK = Path("custom_nodes", "rolling_wav", "rolling_wav.py")
"""What only a copy of this repository has. Of two copies the one that is loaded last would win, silently."""
MANAGER = "comfyui-manager"
"""Installs and looks for updates at every start, which a child of ours must not do in the user's ComfyUI."""


def prepare_base(base: Path, data: Path, packs: Sequence[Path], root: Path) -> None:
    """Make the base folder whole; safe to call at every start.

    `input/onair` and `output/onair` are links to `data`, so a name is the path below `data`. Each pack, and each
    custom node of the ComfyUI at `root`, is linked into `custom_nodes/`. Links of earlier starts that are not wanted
    any more are removed, files of the user are not. Raises: EngineError.
    """
    try:
        _make_whole(base, data, packs, root)
    except OSError as exc:
        raise EngineError(
            f"ComfyUI's folder {base} cannot be made: {exc.strerror}; look at the room and the rights there",
            code="engine.disk",
            retryable=True,
        ) from exc


def _make_whole(base: Path, data: Path, packs: Sequence[Path], root: Path) -> None:
    data.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        (base / name).mkdir(parents=True, exist_ok=True)
    for name in ("input", "output"):
        _link(base / name / "onair", data.resolve())
    ours = {link_name(pack): pack.resolve() for pack in packs}
    taken = {name.lower() for name in ours}  # of two copies of a pack the one that is loaded last would win
    theirs = {entry.name: entry.resolve() for entry in users_nodes(root) if entry.name.lower() not in taken}
    theirs = {name: path for name, path in theirs.items() if path not in ours.values()}
    for entry in (base / "custom_nodes").iterdir():
        if entry.is_symlink() and entry.name not in {**theirs, **ours}:
            entry.unlink()
    for name, target in {**theirs, **ours}.items():
        _link(base / "custom_nodes" / name, target)
    write_file(models_file(base), json.dumps({"comfyui": users_models(root)}).encode())  # JSON is YAML


def lend_inputs(base: Path, root: Path, graph: ApiGraph) -> None:
    """Copy the files of the user's input folder that a graph names, where they are new or have changed.

    Raises: EngineError.
    """
    theirs, ours = (root / "input").resolve(), (base / "input").resolve()
    for node in graph.values():
        for value in node["inputs"].values():
            name = value.removesuffix(" [input]") if isinstance(value, str) else ""
            if name and _holds(theirs, name) and not _same(theirs / name, ours / name):
                copy_file(theirs / name, ours / name)


def models_file(base: Path) -> Path:
    """Return the file that names the user's model folders."""
    return base / MODELS


def users_models(root: Path) -> dict[str, str]:
    """Return the model folders of the ComfyUI at `root`, by ComfyUI's names (older names are its to map)."""
    return {entry.name: str(entry.resolve()) for entry in _entries(root / "models") if entry.is_dir()}


def users_nodes(root: Path) -> Iterator[Path]:
    """Yield the custom nodes of the ComfyUI at `root` that it would load, without copies of our own and the manager."""
    for entry in _entries(root / "custom_nodes"):
        loads = entry.suffix != ".disabled" and (entry.is_dir() or entry.suffix == ".py")
        if loads and entry.name.lower() != MANAGER and not (entry / OWN_MARK).is_file():
            yield entry


def link_name(pack: Path) -> str:
    """Return the pack's folder name without dots: a dot breaks the editor's help pages."""
    return pack.resolve().name.replace(".", "_") or "onair"


def _holds(folder: Path, name: str) -> bool:
    try:
        path = (folder / name).resolve()
        # A name that climbs could lead elsewhere from our folder than from theirs.
        return ".." not in Path(name).parts and folder in path.parents and path.is_file()
    except (OSError, ValueError):  # a text, too long or too odd for a name
        return False


def _same(source: Path, target: Path) -> bool:
    if not target.is_file():
        return False
    one, other = source.stat(), target.stat()
    return one.st_size == other.st_size and one.st_mtime_ns <= other.st_mtime_ns


def _entries(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith((".", "__")))


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        if link.resolve() == target:
            return
        link.unlink()
    # Two starts at once may race for the same link; the one that is there then is right.
    with contextlib.suppress(FileExistsError):
        link.symlink_to(target, target_is_directory=True)
