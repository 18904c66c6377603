"""Our own virtual environment: made, probed by running it, mended after a killed pip."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from pathlib import Path

from installer.errors import BadUse, CommandFailed, InstallError
from installer.layout import WINDOWS, Layout
from installer.pip import diagnose
from installer.progress import answers, child_environment, run, say

_PROBE = "import pip, sys; print('%d.%d' % sys.version_info[:2])"


def works(layout: Layout) -> bool:
    """Whether the environment's Python starts, is the one we were started with, and has all of pip.

    A pip that was killed while it was unpacked can be imported, and fails at the first command.
    """
    if answers([layout.python, "-c", _PROBE]) != f"{sys.version_info[0]}.{sys.version_info[1]}":
        return False
    return any(_is_whole(info) for info in site_packages(layout).glob("pip-*.dist-info"))


def runs(layout: Layout) -> bool:
    """Whether the environment's Python starts at all; cheap, asked at every start."""
    return answers([layout.python, "-c", "pass"]) is not None


def create(layout: Layout, lock_fd: int) -> None:
    """Make the environment, or keep one that works. Raises: BadUse when this Python cannot make one."""
    if works(layout):
        return
    if layout.venv.is_symlink():
        raise BadUse(
            f"The virtual environment {layout.venv} is a link to one that does not run.",
            remedy="Remove the link, then run the same command again.",
        )
    for child in layout.venv.iterdir() if layout.venv.is_dir() else ():
        if child != layout.stamps:
            shutil.rmtree(child) if child.is_dir() and not child.is_symlink() else child.unlink()
    try:
        run([sys.executable, "-m", "venv", layout.venv], label="virtual environment", log=layout.setup_log,
            lock_fd=lock_fd)  # fmt: skip
    except CommandFailed as exc:
        _create_without_ensurepip(layout, exc)
    if not works(layout):
        raise InstallError(
            f"The virtual environment {layout.venv} was made, but its Python does not run.",
            remedy=f"See {layout.setup_log}; try another Python: python3.12 install.py ...",
        )


def _create_without_ensurepip(layout: Layout, first: CommandFailed) -> None:
    """Debian's python3 comes without ensurepip: its own pip can still put one into an environment."""
    plain = subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", str(layout.venv)],
        capture_output=True, check=False, env=child_environment(),
    )  # fmt: skip
    if plain.returncode == 0:
        command: list[str | Path] = [sys.executable, "-m", "pip", "--python", layout.python, "install", "pip"]
        try:
            run(command, label="pip", log=layout.setup_log)
        except CommandFailed:
            pass
        else:
            return
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    raise BadUse(
        f"{sys.executable} cannot make a virtual environment with pip in it.",
        why=first.tail,
        remedy=f"Install the missing part (Debian, Ubuntu: apt install python{version}-venv), or start install.py "
        "with another Python.",
    ) from first


def site_packages(layout: Layout) -> Path:
    """The folder pip installs into."""
    if WINDOWS:
        return layout.venv / "Lib" / "site-packages"
    return layout.venv / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _is_whole(info: Path) -> bool:
    """Whether every file that the package's RECORD lists is there in the size it says. RECORD is written last."""
    try:
        with (info / "RECORD").open(newline="", encoding="utf-8") as file:
            rows = [row for row in csv.reader(file) if len(row) >= 3]
    except OSError:
        return False
    for name, _, size in rows:
        try:
            if size and (info.parent / name).stat().st_size != int(size):
                return False
        except (OSError, ValueError):
            return False
    return bool(rows)


def mend(layout: Layout) -> list[str]:
    """Forget packages that a killed pip left half-written, so that pip installs them again; returns their names.

    Without this pip takes a package for installed whose metadata folder exists, whatever else is missing.
    """
    forgotten = []
    folder = site_packages(layout)
    for info in sorted(folder.glob("*.dist-info")):
        if not _is_whole(info):
            forgotten.append(info.name.partition("-")[0])
            shutil.rmtree(info)
    for left in folder.glob("~*"):  # pip's own half-removed folders
        shutil.rmtree(left, ignore_errors=True)
    if forgotten:
        say(f"    an earlier try was cut short; installing again: {', '.join(forgotten)}")
        if "pip" in forgotten:
            _restore_pip(layout)
    return forgotten


def _restore_pip(layout: Layout) -> None:
    try:
        run([layout.python, "-m", "ensurepip", "--upgrade"], label="pip", log=layout.setup_log)
    except CommandFailed as exc:
        raise InstallError("pip could not be put back.", why=exc.tail, remedy=diagnose(exc.tail)) from exc
