"""Standing: how far a job is, read from the files that its windows have left."""

from __future__ import annotations

import json
from pathlib import Path

from custom_nodes.hls_segment.errors import SegmentError, StateMissing
from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.sidecar import sidecar_name
from custom_nodes.hls_segment.state import check_state, read_state
from hls.access_unit import read_clip
from hls.errors import HlsError
from runner.engine.binding import LiveGraph
from runner.errors import BadInput
from runner.jobs.names import JobNames


def whole_windows(data: Path, names: JobNames, graph: LiveGraph, *, windows: int) -> int:
    """Return how many windows are whole, from the first on. Blocking: every clip is read.

    A sidecar is written last, so a killed process leaves clip, state and sidecar, or no sidecar. A machine that lost
    its power may leave names without their bytes: those do not count.
    """
    start_frame = 0
    for index in range(windows):
        new_frames = _new_frames(data / names.clip(index), graph, index=index, start_frame=start_frame)
        if not new_frames:
            return index
        start_frame += new_frames
    return windows


def back_to_a_state(data: Path, names: JobNames, index: int) -> int:
    """Return the first window at or before `index` whose state is there: those from it on are rendered (again)."""
    while index > 0 and not (data / names.state(index - 1)).is_file():
        index -= 1
    return index


def refuse_foreign_state(data: Path, request: WindowRequest) -> None:
    """Refuse what `request` cannot go on from, before the engine is asked. Raises: BadInput `state.foreign`."""
    if not request.state_in:
        return
    path = data / request.state_in
    try:
        check_state(read_state(path), request)
    except StateMissing:
        return  # it may lie on an engine elsewhere, which says so then
    except SegmentError as exc:
        raise BadInput(
            f"window {request.index} cannot go on from {path.name}: {exc.args[0]}; remove {path.parent}, and "
            "the job begins anew",
            code=exc.code,
        ) from exc


def _new_frames(clip: Path, graph: LiveGraph, *, index: int, start_frame: int) -> int:
    """Return the frames of a whole window, 0 where it is none, or another graph's."""
    try:
        told = json.loads(Path(sidecar_name(str(clip))).read_text(encoding="utf-8"))
        expected = (graph.workflow_sha256, index, start_frame)
        if (told["workflow_sha256"], told["index"], told["start_frame"]) != expected:
            return 0
        new_frames = int(told["new_frames"])
        return new_frames if len(read_clip(clip).units) == new_frames else 0
    except (OSError, ValueError, TypeError, KeyError, HlsError):
        return 0
