"""Names below `onair/` of ComfyUI's input or output folder → paths, and nothing outside of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Protocol

from .errors import PathRefused

FOLDER = "onair"


class ComfyFolders(Protocol):
    """What is needed of ComfyUI's module `folder_paths`; the nodes hand it over, because only they may import it."""

    def get_input_directory(self) -> str:
        """Return the input folder."""

    def get_output_directory(self) -> str:
        """Return the output folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnairFolders:
    """ComfyUI's input and output folders. `onair` in them may be a link; what it leads to is the fence."""

    input_folder: Path
    output_folder: Path

    @classmethod
    def of(cls, comfyui: ComfyFolders) -> OnairFolders:
        """Return the folders of a running ComfyUI."""
        return cls(input_folder=Path(comfyui.get_input_directory()), output_folder=Path(comfyui.get_output_directory()))

    def read(self, name: str) -> Path:
        """Return the file's path: output/onair first, then input/onair; the first one when neither has it.

        Raises: PathRefused when the name leads out of both.
        """
        written = _inside(self.output_folder, name)
        if written.exists():
            return written
        given = _inside(self.input_folder, name)
        return given if given.exists() else written

    def both(self, name: str) -> tuple[Path, Path]:
        """Return the name's places in the output and the input folder. Raises: PathRefused."""
        return _inside(self.output_folder, name), _inside(self.input_folder, name)

    def write(self, name: str) -> Path:
        """Return the path in output/onair, its folder made. Raises: PathRefused."""
        path = _inside(self.output_folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path


def _inside(root: Path, name: str) -> Path:
    relative = name.removeprefix(f"{FOLDER}/")
    if not relative or "\0" in relative or "\\" in relative or PureWindowsPath(relative).drive:
        raise PathRefused(f"{name!r} is no name below {FOLDER}/; give one like turns/a/b/window_00000.request.json")
    fence = (root / FOLDER).resolve()
    path = (fence / relative).resolve()
    if path == fence or not path.is_relative_to(fence):
        raise PathRefused(f"{name!r} leads out of the {FOLDER}/ folder; give a name below it, without '..'")
    return path
