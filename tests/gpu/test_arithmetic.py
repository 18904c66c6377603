"""The operations and weights that the bench states, against torch's own counter on ComfyUI's networks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from custom_nodes.bench.sizes import FULL, SIZES, TINY
from runner.bench.gpu import arithmetic
from runner.bench.gpu.arithmetic import WindowShape
from tests.comfy_server import REPOSITORY, comfyui_tree
from tests.gpu.count import SHAPE

LARGE = WindowShape(width=832, height=480, frames=81, overlap_frames=9)


@pytest.mark.comfyui
def test_weights_and_operations_are_those_that_torch_counts() -> None:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("count.py")), str(REPOSITORY), str(comfyui_tree())],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    told = json.loads(done.stdout.decode().splitlines()[-1])
    for name, size in SIZES.items():
        weights = told["weights"][name]
        assert arithmetic.layer_weights(size) == weights["layers"]
        assert arithmetic.other_weights(size) == weights["others"]
        assert arithmetic.patch_weights(size) == weights["patch"]
        assert arithmetic.vae_weights(size) == pytest.approx(weights["vae"], rel=0.03)
    shape, counted = WindowShape(**SHAPE), told["operations"]
    assert arithmetic.model_operations(TINY, shape).total == pytest.approx(counted["model"], rel=1e-6)
    assert arithmetic.decode_operations(TINY, shape).total == pytest.approx(counted["decode"], rel=1e-6)
    assert arithmetic.encode_operations(TINY, shape, 5).total == pytest.approx(counted["encode"], rel=1e-6)


@pytest.mark.fast
def test_the_full_model_has_its_published_size() -> None:
    weights = arithmetic.layer_weights(FULL) + arithmetic.other_weights(FULL)
    assert weights == pytest.approx(16.4e9, rel=0.01)  # I2V 14B with its picture branch
    assert arithmetic.vae_weights(FULL) == pytest.approx(127e6, rel=0.01)


@pytest.mark.fast
def test_steps_cost_alike_and_attention_grows_with_the_square() -> None:
    one, four = (arithmetic.window_operations(FULL, LARGE, steps=steps) for steps in (1, 4))
    step = arithmetic.model_operations(FULL, LARGE)
    assert LARGE.tokens == 32_760
    assert four.total - one.total == pytest.approx(3 * step.total)
    assert step.total == pytest.approx(1.87e15, rel=0.02)
    half = WindowShape(width=832, height=240, frames=81, overlap_frames=9)
    smaller = arithmetic.model_operations(FULL, half)
    assert step.layers / smaller.layers == pytest.approx(2.0, rel=0.02)
    assert step.attention / smaller.attention > 3.8
