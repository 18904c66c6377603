"""What every benchmark says: on which machine, with which versions, and how a series is summed up."""

from __future__ import annotations

import os
import platform
import re
import statistics
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = ("numpy", "av", "opencv-python-headless", "pillow", "espeakng-loader", "fastapi", "uvicorn")
CPU_INFO = Path("/proc/cpuinfo")


def machine(*, comfyui: Path | None = None) -> dict[str, Any]:
    """Return the system, its processor and cores, and the versions that matter; ComfyUI's too where its folder is."""
    versions = {
        "python": platform.python_version(),
        **{name: package_version(name) or "not installed" for name in PACKAGES},
    }
    if comfyui is not None:
        versions["comfyui"] = comfyui_version(comfyui)
    return {
        "machine": {"system": platform.platform(), "processor": _processor(), "cores": os.cpu_count() or 0},
        "versions": versions,
    }


def spread(values: Sequence[float]) -> dict[str, float | int]:
    """Return median, 95th percentile and count of a series; only the count where it is empty."""
    if not values:
        return {"n": 0}
    p95 = sorted(values)[min(len(values) - 1, len(values) * 95 // 100)]
    return {"median": round(statistics.median(values), 3), "p95": round(p95, 3), "n": len(values)}


def comfyui_version(root: Path) -> str:
    """Return what ComfyUI's own folder says; "unknown" where there is none, as with a server elsewhere."""
    try:
        told = re.search(r'__version__ = "([^"]+)"', (root / "comfyui_version.py").read_text(encoding="utf-8"))
    except OSError:
        told = None
    return told[1] if told else "unknown"


def resident_bytes(pid: int | None = None) -> int:
    """Return a process's resident memory (this one's by default), counted page by page. Linux only.

    The quick figure of `statm` may be wrong by 128 kB a core, and stands still meanwhile.
    """
    rollup = Path(f"/proc/{pid or 'self'}/smaps_rollup").read_text(encoding="ascii")
    return next(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Rss:"))


def _processor() -> str:
    """Return the processor's own name where Linux tells it."""
    try:
        named = re.search(r"^model name\s*:\s*(.+)$", CPU_INFO.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        named = None
    return named[1] if named else platform.processor() or platform.machine()


def package_version(name: str) -> str:
    """Return an installed package's version, "" where there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
