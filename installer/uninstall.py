"""Remove what setup made, and nothing else."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from installer import comfyui_fetch, daemon, face_mesh, lock
from installer.errors import BadUse
from installer.layout import Layout
from installer.live_options import refuse_words
from installer.progress import megabytes, say


def _size_bytes(path: Path) -> int:
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def targets(layout: Layout, *, data: bool) -> list[Path]:
    """What would be removed: a `.comfyui` that a user put there stays, and so does any data folder but ours."""
    found = [layout.venv, layout.wrapper, face_mesh.folder(layout), layout.root / ".comfyui.new"]
    if (layout.comfyui / comfyui_fetch.MARKER).exists():
        found.append(layout.comfyui)
    if data:
        found.append(layout.data)
    return [path for path in found if path.exists() or path.is_symlink()]


def _confirmed(arguments: list[str]) -> bool:
    """Whether the user wants it. Raises: BadUse where nobody can be asked."""
    if "--yes" in arguments:
        return True
    if not sys.stdin.isatty():
        raise BadUse("uninstall asks before it removes.", remedy="Add --yes to answer beforehand.")
    return input("Remove these? [y/N] ").strip().lower() in ("y", "yes")


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)


def run_uninstall(layout: Layout, arguments: list[str]) -> int:
    """Remove them after a question (`--yes` answers it). Raises: BadUse."""
    refuse_words("uninstall", arguments, ("--yes", "--everything"))
    going = targets(layout, data="--everything" in arguments)
    if layout.data in going and (layout.data in layout.root.parents or layout.data in (layout.root, Path.home())):
        raise BadUse(f"ONAIR_DATA is {layout.data}: that holds more than OnAir's data.", remedy="Remove it by hand.")
    if not going:
        say("There is nothing to remove.")
        return 0
    for path in going:
        say(f"  {path}  {'(a link)' if path.is_symlink() else megabytes(_size_bytes(path))}")
    if not _confirmed(arguments):
        say("Nothing was removed.")
        return 0
    daemon.stop(layout)
    with lock.hold(layout.lock, tell=say):
        for path in going:
            _remove(path)
        layout.lock.unlink(missing_ok=True)
    left = [str(path) for path in going if path.exists()]
    if left:
        raise BadUse(f"Could not be removed: {', '.join(left)}.", remedy="Remove by hand; another user may own it.")
    say(
        "Removed."
        if "--everything" in arguments
        else f"Removed. What was rendered and logged is still in {layout.data}."
    )
    return 0
