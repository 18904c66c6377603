"""What the past is worth: the encoder's features at a window's edge, with and without it, against the whole speech."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runner.engine.binding import CONTEXT_FRAMES, ENCODER_CONTEXT_FRAMES
from tests.comfy_server import REPOSITORY, comfyui_tree
from tests.tiny_models.air import speech
from tests.tiny_models.files import AUDIO, write_models

pytestmark = pytest.mark.comfyui


def test_a_window_that_hears_its_past_is_nearer_to_the_whole_speech(tmp_path: Path) -> None:
    weights = write_models(tmp_path / "models") / "audio_encoders" / AUDIO
    sound = tmp_path / "speech.s16le"
    sound.write_bytes(speech(12.0))
    done = subprocess.run(
        [sys.executable, str(REPOSITORY / "tests" / "tiny_models" / "hear.py"), str(weights), str(sound)],
        cwd=comfyui_tree(),
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told = json.loads(done.stdout.decode().splitlines()[-1])
    for context, figures in told.items():
        sys.stdout.write(
            f"{context:>3} frames of past: " + ", ".join(f"{k} {v:.3f}" for k, v in figures.items()) + "\n"
        )
    without, short, long = (told[str(frames)] for frames in (0, CONTEXT_FRAMES, ENCODER_CONTEXT_FRAMES))
    for part in ("edge", "inside"):
        assert long[part] < short[part] < without[part]
    assert long["edge"] < 0.25
    assert long["edge"] < 0.6 * without["edge"]
    # ComfyUI's node stretches a window's features over its frames: never by more than one frame (40 ms)
    assert max(figures["most_shifted_frames"] for figures in told.values()) <= 1.05
    # … and OnAir InfiniteTalk hands over features that it leaves where they are
    for figures in told.values():
        assert figures["in_time"] < 1e-5
        assert figures["as_we_hear"] < 0.7 * figures["as_comfyui_hears"]
