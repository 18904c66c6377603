"""What every benchmark says: on which machine, with which versions, and how a series is summed up."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("numpy", "av", "opencv-python-headless", "pillow", "espeakng-loader", "fastapi", "uvicorn")


def machine() -> dict[str, Any]:
    """Return the system, its processor and cores, and the versions that matter."""
    return {
        "machine": {
            "system": platform.platform(),
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count() or 0,
        },
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
    }


def spread(values: Sequence[float]) -> dict[str, float | int]:
    """Return median, 95th percentile and count of a series; only the count where it is empty."""
    if not values:
        return {"n": 0}
    p95 = sorted(values)[min(len(values) - 1, len(values) * 95 // 100)]
    return {"median": round(statistics.median(values), 3), "p95": round(p95, 3), "n": len(values)}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
