"""Where everything lies, and the settings install.py reads (the runner's are in runner/settings.py)."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

WINDOWS = sys.platform == "win32"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The folders of one checkout. `root` holds install.py; `data` is $ONAIR_DATA, absolute."""

    root: Path
    data: Path

    @property
    def venv(self) -> Path:
        """Our own virtual environment; no other Python is ever changed."""
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        """The virtual environment's interpreter."""
        return self.venv / ("Scripts/python.exe" if WINDOWS else "bin/python")

    @property
    def stamps(self) -> Path:
        """What is finished; inside the environment, so that it goes when the environment goes."""
        return self.venv / ".onair"

    @property
    def lock(self) -> Path:
        """Held while something is installed or removed."""
        return self.root / ".venv.lock"

    @property
    def comfyui(self) -> Path:
        """The ComfyUI that setup fetched, where it had to."""
        return self.root / ".comfyui"

    @property
    def logs(self) -> Path:
        """Folder of setup.log and live.log."""
        return self.data / "logs"

    @property
    def setup_log(self) -> Path:
        """All that pip, git and npm said."""
        return self.logs / "setup.log"


def _dotenv(root: Path) -> dict[str, str]:
    """The `NAME=value` lines of `.env`, which the runner reads as well; quotes are dropped."""
    try:
        text = (root / ".env").read_text(encoding="utf-8")
    except OSError:
        return {}
    found = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and name.strip().isidentifier():
            found[name.strip()] = value.strip().strip("'\"")
    return found


def setting(root: Path, name: str, default: str = "") -> str:
    """A setting from the environment, else from `.env` at the root, else the default."""
    return os.environ.get(name) or _dotenv(root).get(name) or default


def find_layout(script: Path, data: str = "") -> Layout:
    """The layout of the checkout that `script` (install.py) lies in; `data` is seen from the current folder."""
    root = script.resolve().parent
    if data:
        return Layout(root=root, data=Path(data).expanduser().resolve())
    return Layout(root=root, data=(root / Path(setting(root, "ONAIR_DATA", ".onair")).expanduser()).resolve())
