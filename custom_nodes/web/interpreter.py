"""Which Python runs the runner: OnAir's own, made by install.py, else the one that runs ComfyUI where it has all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .errors import RunnerMissing

PROBE = "import runner.cli.app"
PROBE_LIMIT_S = 120.0
SETUP = "python3 install.py setup"


def find_interpreter(root: Path) -> Path:
    """Return the interpreter for `-m runner` in this folder. Raises: RunnerMissing with the command that makes one."""
    own = root / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if own.exists():
        return own
    missing = _lacks(Path(sys.executable), root)
    if missing is None:
        return Path(sys.executable)
    raise RunnerMissing(
        f"OnAir's runner is not set up here ({missing}); run this once in {root}, then try again: {SETUP}"
    )


def _lacks(python: Path, root: Path) -> str | None:
    """Say what this interpreter lacks, None where it can run the runner."""
    try:
        done = subprocess.run(
            [python, "-c", PROBE], cwd=root, capture_output=True, text=True, timeout=PROBE_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as exc:
        return str(exc)
    return None if done.returncode == 0 else (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
