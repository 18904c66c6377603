"""The sidecar: a window's JSON for the runner, written last, so that its presence says that all is there."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import DiskFull
from .oklab import to_oklab
from .request import WindowRequest

TO_COME = "to_come"
"""In the place of a sidecar: the name of the one that is still to come."""


def sidecar(
    request: WindowRequest,
    *,
    encode: dict[str, str],
    frames: int,
    render_ns: int,
    colour: NDArray[np.float32],
    colour_reference: NDArray[np.float32],
    notes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the request plus encode {codec, profile, sps_sha256, pps_sha256}, frames, render_ns, colour statistics.

    colour: what was published, means and deviations in 0..1; `drift` is the distance of the mean colours in OKLab.
    `notes`, what other nodes measured, stand beside it by name.
    """
    drift = float(np.linalg.norm(to_oklab(colour[0]) - to_oklab(colour_reference[0])))
    return {
        **dataclasses.asdict(request),
        "encode": encode,
        "frames": frames,
        "render_ns": render_ns,
        "colour": {
            "mean": [round(float(value), 5) for value in colour[0]],
            "deviation": [round(float(value), 5) for value in colour[1]],
            "reference_mean": [round(float(value), 5) for value in colour_reference[0]],
            "drift": round(drift, 5),
            **(notes or {}),
        },
    }


def sidecar_name(clip_name: str) -> str:
    """`…/window_00000.mp4` → `…/window_00000.json`."""
    return clip_name.rsplit(".", 1)[0] + ".json"


def failure_name(clip_name: str) -> str:
    """`…/window_00000.mp4` → `…/window_00000.failed.json`: why a clip that was encoded beside will not come."""
    return clip_name.rsplit(".", 1)[0] + ".failed.json"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write whole or not at all (temp + rename). Raises: DiskFull."""
    # Text, not Path: pathlib interns every new name (and Python 3.12 keeps it for ever).
    temporary = os.path.join(path.parent, f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(json.dumps(content, ensure_ascii=False))
        os.replace(temporary, path)
    except OSError as exc:
        raise DiskFull.of(path, exc) from exc
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
