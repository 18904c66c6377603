"""Where a ComfyUI child runs, and the command that starts it. Flags and environment: measured on ComfyUI 0.30."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from .base_folder import models_file


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyPlace:
    """Where a child runs: ComfyUI's tree, its interpreter, our base folder, the data folder, packs to link.

    `environment`: `NAME=value` for the child alone.
    """

    root: Path
    python: Path
    base: Path
    data: Path
    packs: tuple[Path, ...] = ()
    port: int = 0
    cpu: bool | None = None
    arguments: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    start_timeout_s: float = 300.0


def has_gpu() -> bool:
    """Tell whether a GPU that torch could use is visible; without one ComfyUI needs `--cpu` to start at all."""
    return sys.platform == "darwin" or any(Path(name).exists() for name in ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))


def command(place: ComfyPlace, port: int) -> list[str]:
    """Return the child's command line."""
    cpu = not has_gpu() if place.cpu is None else place.cpu
    # Our pack then freezes the heap: a GC pause is 0.4 s every 10 s otherwise.
    environment = ["ONAIR_CHILD=1", *place.environment]
    if cpu:
        # Spinning OpenMP barriers on a busy 2-core machine were 30-50 times slower.
        environment += ["OMP_WAIT_POLICY=passive", "OMP_NUM_THREADS=1"]
    # `env` replaces itself with the interpreter, so the pid stays the group's leader.
    words = [shutil.which("env") or "env", *environment, str(place.python), "main.py"]
    words += ["--base-directory", str(place.base), "--listen", "127.0.0.1", "--port", str(port)]
    words += ["--extra-model-paths-config", str(models_file(place.base))]
    words += ["--disable-api-nodes", "--disable-auto-launch", "--disable-metadata"]
    words += ["--database-url", "sqlite:///:memory:", "--preview-method", "none"]
    return words + (["--cpu"] if cpu else []) + list(place.arguments)
