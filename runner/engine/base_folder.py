"""The private base folder of our child: ComfyUI's own folders, links to our packs, links to the data folder."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

FOLDERS = ("models", "custom_nodes", "input", "output", "temp", "user")


def prepare_base(base: Path, data: Path, packs: Sequence[Path]) -> None:
    """Make the base folder whole; safe to call at every start.

    `input/onair` and `output/onair` are links to `data`, so a name is the path below `data`. Each pack is linked into
    `custom_nodes/`; links of earlier starts that are not wanted any more are removed, files of the user are not.
    """
    data.mkdir(parents=True, exist_ok=True)
    for name in FOLDERS:
        (base / name).mkdir(parents=True, exist_ok=True)
    for kind in ("input", "output"):
        _link(base / kind / "onair", data.resolve())
    wanted = {link_name(pack): pack.resolve() for pack in packs}
    for entry in (base / "custom_nodes").iterdir():
        if entry.is_symlink() and entry.name not in wanted:
            entry.unlink()
    for name, target in wanted.items():
        _link(base / "custom_nodes" / name, target)


def link_name(pack: Path) -> str:
    """Return the pack's folder name without dots: a dot breaks the editor's help pages."""
    return pack.resolve().name.replace(".", "_") or "onair"


def _link(link: Path, target: Path) -> None:
    if link.is_symlink():
        if link.resolve() == target:
            return
        link.unlink()
    # Two starts at once may race for the same link; the one that is there then is right.
    with contextlib.suppress(FileExistsError):
        link.symlink_to(target, target_is_directory=True)
