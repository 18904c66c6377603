"""The wait for a clip that is encoded after its prompt: it ends when the clip is there, and when it cannot come."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custom_nodes.hls_segment.request import WindowRequest
from runner.clock import SystemClock
from runner.engine.clip_beside import ClipBeside
from runner.engine.simulated import SimulatedEngine
from runner.errors import ComfyLost, PromptFailed

pytestmark = pytest.mark.fast


async def waited(data: Path, files: dict[str, dict[str, Any]], *, closed: bool = False) -> None:
    engine = SimulatedEngine(SystemClock(), data=data)
    await engine.start()
    if closed:
        await engine.close()
    for name, told in files.items():
        (data / name).write_text(json.dumps(told))
    request = WindowRequest(
        workflow_sha256="", channel="c", turn="t", index=3, attempt=1, start_frame=0, new_frames=40,
        overlap_frames=5, context_samples=0, fps=25, width=64, height=64, seed=0, loop_frames=0,
        audio="", image="", state_in="", clip_out="window_00003.mp4", state_out="",
    )  # fmt: skip
    await ClipBeside(engine, data, limit_ns=60_000_000).wait(request)


async def test_the_sidecar_of_this_attempt_ends_it_and_an_older_one_does_not(tmp_path: Path) -> None:
    await waited(tmp_path, {"window_00003.json": {"attempt": 1}})
    with pytest.raises(PromptFailed, match="window 3 was not written") as late:
        await waited(tmp_path, {"window_00003.json": {"attempt": 0}})
    assert (late.value.code, late.value.retryable) == ("clip.late", True)


async def test_a_failure_is_raised_as_the_node_would_have_and_a_dead_engine_is_lost(tmp_path: Path) -> None:
    note = {"kind": "DiskFull", "message": "[disk.full] no room for window_00003.mp4; free some"}
    with pytest.raises(PromptFailed, match=r"^no room") as failed:
        await waited(tmp_path, {"window_00003.failed.json": note})
    assert failed.value.code == "disk.full"
    (tmp_path / "window_00003.failed.json").unlink()
    with pytest.raises(ComfyLost):
        await waited(tmp_path, {}, closed=True)
