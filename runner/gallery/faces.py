"""Which faces a gallery shows: picture files, all pictures of folders, or the avatars that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from custom_nodes.portrait.drawn import AVATARS
from runner.errors import BadInput

PICTURES = (".jpg", ".jpeg", ".png", ".webp")
OVERVIEW, MOVING = "overview", "moving"
"""What the sheets of all faces are called; a face's own would take their place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """`avatar` is what `--avatar` takes."""

    name: str
    avatar: Path


def find_faces(named: Sequence[Path]) -> list[Face]:
    """Return the faces of files and folders, folders in the order of names; of none, the drawn avatars.

    Raises: BadInput `gallery.no_faces`.
    """
    if not named:
        return [Face(name=name, avatar=Path(name)) for name in AVATARS]
    paths = [path for one in named for path in (_inside(one) if one.is_dir() else [one])]
    faces = [Face(name=path.stem, avatar=path) for path in paths]
    names = [face.name for face in faces]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise BadInput(f"two pictures are called {twice[0]}; rename one of them", code="gallery.no_faces")
    for name in names:
        if name in (OVERVIEW, MOVING):
            raise BadInput(f"{name} is what a sheet of all is called; rename that picture", code="gallery.no_faces")
    return faces


def _inside(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
    if not found:
        kinds = ", ".join(PICTURES)
        raise BadInput(f"{folder} holds no picture ({kinds}); name a folder that does", code="gallery.no_faces")
    return found
