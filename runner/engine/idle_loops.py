"""Idle loops on disk: whether one is whole, and which stay. 93 MB each, one for every picture, graph, pack version."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Collection
from pathlib import Path

from custom_nodes.hls_segment.idle_loop import LONG_GOP_CLIP, LOOP_CLIP
from hls.access_unit import read_clip
from hls.errors import HlsError

KEPT = 8
"""Enough to go back and forth between some avatars without rendering their loops again."""
log = logging.getLogger(__name__)


def is_whole(folder: Path) -> bool:
    """Tell whether all of a loop is there: loop.json (written last), clips of its frames, all entry states or none."""
    try:
        told = json.loads((folder / "loop.json").read_text(encoding="utf-8"))
        clip = read_clip(folder / LOOP_CLIP)
        long_gops = read_clip(folder / LONG_GOP_CLIP) if (folder / LONG_GOP_CLIP).exists() else clip
        entries = [(folder / f"entry_{frame}.safetensors").exists() for frame in told["entry_points"]]
    except (OSError, ValueError, KeyError, TypeError, HlsError):
        return False
    same = (len(clip.units), clip.width, clip.height) == (told.get("frames"), told.get("width"), told.get("height"))
    return same and len(long_gops.units) == len(clip.units) and (all(entries) or not any(entries))


def keep_newest(used: Path, *, kept: int = KEPT, spare: Collection[str] = ()) -> None:
    """Mark the loop in the folder `used`, and remove its neighbours but for those that were used last, and `spare`.

    What cannot be marked or removed stays: that is a question of room, not of going on air.
    """
    try:
        os.utime(used)
        others = sorted((one for one in used.parent.iterdir() if one.is_dir() and one != used), key=_used_ns)
    except OSError as exc:
        log.warning("old idle loops were not looked for", extra={"folder": str(used.parent), "reason": str(exc)})
        return
    for folder in others[: max(0, len(others) + 1 - kept)]:
        if folder.name in spare:
            continue
        shutil.rmtree(folder, ignore_errors=True)
        log.info("the idle loop that was used least lately was removed", extra={"folder": folder.name, "kept": kept})


def _used_ns(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:  # gone meanwhile
        return 0
