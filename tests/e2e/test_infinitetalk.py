"""`speak` with the shipped InfiniteTalk graph and tiny weights, judged on the folder it leaves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hls.check import check_stream
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.e2e.decoded import decode_folder
from tests.measure.seams import measure_seams
from tests.tiny_models.files import OVERLAP_FRAMES, SETTINGS, SIDE, SIZES, WINDOW_FRAMES

pytestmark = pytest.mark.comfyui


def test_speak_makes_a_legal_stream_whose_windows_join(tiny_server: ComfyServer, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    settings = [word for setting in (*SETTINGS, *SIZES) for word in ("--set", setting)]
    done = subprocess.run(
        [sys.executable, "-m", "runner", "speak", "Hello there. How are you today?", "--hls", str(folder),
         "--workflow", "workflows/infinitetalk_live.json", "--comfyui", tiny_server.url,
         "--data", str(tmp_path / "data"),
         *settings],
        cwd=REPOSITORY, capture_output=True, text=True, check=False, timeout=400,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    report = check_stream(folder)
    assert report.clean, report.violations
    assert report.ended
    frames = decode_folder(folder, tmp_path).frames
    step = WINDOW_FRAMES - OVERLAP_FRAMES
    assert len(frames) > 2 * step
    assert len(frames) % 8 == 0
    assert frames.shape[1:] == (SIDE, SIDE, 3)
    assert np.ptp(frames[0]) > 20  # a picture, not a blank
    seams = measure_seams(frames, range(step, len(frames), step))
    assert seams.worst < 3 * seams.own_worst, seams
