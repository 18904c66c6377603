"""Where everything lies, and the settings install.py reads (the runner's are in runner/settings.py)."""

from __future__ import annotations

import difflib
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from installer.errors import BadUse

WINDOWS = sys.platform == "win32"
# All that there are, the runner's too: a slip of the pen is told before minutes of setup. A test holds them together.
SETTINGS = (
    "ALLOW_GENERATION", "FAKE_RUN",
    *(f"ONAIR_{name}" for name in (
        "ALSO", "AVATAR", "BEHIND_MS", "BY_CLAUSE", "CHILD", "COMFYUI", "COMFYUI_HEADERS", "COMFYUI_TOKEN",
        "COMFYUI_TOKEN_FILE", "COMFYUI_URL", "DATA", "EDITORS", "ENGINES", "HLS_JS", "HOST", "IDLE", "KEPT_MINUTES",
        "LEAD_MS", "LOG_JSON", "LOG_LEVEL", "MEMORY_PERCENT", "MODEL_HOST", "PASSAGE_MS", "PORT", "QUANT", "REHEARSAL",
        "SECOND_VOICE", "SESSIONS", "SILENCE_MS", "SPEED", "TOKEN", "TOKEN_FILE", "TORCH_INDEX", "UPLOADS", "VOICE",
        "WORKFLOW",
    )),
)  # fmt: skip
NEAR = 0.8  # of 1: the beginning that all names share must not make them near


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
    def wrapper(self) -> Path:
        """ComfyUI-WanVideoWrapper and its environment, where `download --with` brought them; the runner looks there."""
        return self.root / ".wanvideowrapper"

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


def refuse_unknown(root: Path) -> None:
    """Raises: BadUse for an ONAIR_ name in the environment or `.env` that nothing reads; it names the nearest."""
    for name in map(str.upper, (*os.environ, *_dotenv(root))):  # the runner takes either case
        if name.startswith("ONAIR_") and name not in SETTINGS and not name.startswith("ONAIR_TEST_"):
            near = difflib.get_close_matches(name, SETTINGS, n=1, cutoff=NEAR)
            raise BadUse(
                f"There is no setting {name} (environment or .env).",
                remedy=f"Did you mean {near[0]}?" if near else "Remove it; README.md and docs/settings.md list them.",
            )


def find_layout(script: Path, data: str = "") -> Layout:
    """The layout of the checkout that `script` (install.py) lies in; `data` is seen from the current folder."""
    root = script.resolve().parent
    if data:
        return Layout(root=root, data=Path(data).expanduser().resolve())
    return Layout(root=root, data=(root / Path(setting(root, "ONAIR_DATA", ".onair")).expanduser()).resolve())
