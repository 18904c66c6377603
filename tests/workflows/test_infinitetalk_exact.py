"""Windows through prompts and states on disk against the same windows in one process, and a window that was killed."""

from __future__ import annotations

import asyncio
import copy
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors import safe_open

from runner.engine.api_graph import link_of, needed_by
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_process import ComfyPlace
from runner.errors import ComfyLost
from tests.comfy_server import REPOSITORY, ComfyServer, comfyui_tree
from tests.tiny_models.air import STEP_FRAMES, Turn, Watched, shipped, speech
from tests.tiny_models.files import OVERLAP_FRAMES, write_models

pytestmark = pytest.mark.comfyui

LIVE = "infinitetalk_live.json"
MOTION_OUTPUT = 3


def prompt_of(turn: Turn, index: int) -> dict[str, Any]:
    """The window's prompt without its Segment; its images are saved without any loss as `frames`."""
    request = turn.request(index)
    name = f"{request.clip_out.removesuffix('.mp4')}.observed.json"
    (turn.data / name).write_text(request.to_json(), encoding="utf-8")
    graph = turn.graph.prompt(request_path=name, attempt=name)
    images = graph.pop(turn.graph.segment_id)["inputs"]["images"]
    return {
        **graph,
        "exact": {"class_type": "VAELoader", "inputs": {"vae_name": "pixel_space"}},
        "pixels": {"class_type": "VAEEncode", "inputs": {"pixels": images, "vae": ["exact", 0]}},
        "frames": {"class_type": "SaveLatent", "inputs": {"samples": ["pixels", 0], "filename_prefix": turn.folder}},
    }


def frames_of(server: ComfyServer, graph: dict[str, Any], node: str) -> NDArray[np.float32]:
    job = server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    told = job["outputs"][node]["latents"][0]
    with safe_open(str(server.base / "output" / told["subfolder"] / told["filename"]), framework="numpy") as file:
        frames: NDArray[np.float32] = file.get_tensor("latent_tensor")
    return frames


def in_one_process(turn: Turn) -> dict[str, Any]:
    """Windows 0 and 1 in one prompt: the second takes the first one's images from memory, not from a state."""
    graph = turn.graph
    images = next(node["inputs"]["images"] for node in graph.graph.values() if node["class_type"] == "OnAirSegment")
    joined: dict[str, Any] = {}
    for index, prefix in enumerate(("first_", "second_")):
        prompt = prompt_of(turn, index)
        # what does not depend on the window is there once: the loaders, the text, the picture
        own = {node for node in prompt if graph.window_id in needed_by(prompt, node)}
        for node_id, node in prompt.items():
            changed = copy.deepcopy(node)
            for name, value in node["inputs"].items():
                link = link_of(value)
                if link == (graph.window_id, MOTION_OUTPUT) and index:
                    changed["inputs"][name] = ["end", 0]
                elif link is not None and link[0] in own:
                    changed["inputs"][name] = [prefix + link[0], link[1]]
            joined[prefix + node_id if node_id in own else node_id] = changed
    joined["end"] = {
        "class_type": "ImageFromBatch",
        "inputs": {"image": [f"first_{images[0]}", images[1]], "batch_index": STEP_FRAMES, "length": OVERLAP_FRAMES},
    }
    return joined


async def test_windows_through_prompts_are_those_of_one_process(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    turn = Turn(shipped(LIVE, await tiny_engine.object_info()), tiny_server.data, speech(1.7))
    await turn.render(tiny_engine, 0)
    alone = frames_of(tiny_server, prompt_of(turn, 1), "frames")
    together = frames_of(tiny_server, in_one_process(turn), "second_frames")
    other = frames_of(tiny_server, prompt_of(turn, 0), "frames")
    worst = float(np.abs(alone - together).max())
    sys.stdout.write(f"largest difference {worst:.1e}; between two windows {np.abs(alone - other).max():.2f}\n")
    assert worst <= 1 / 255
    assert np.abs(alone - other).max() > 10 / 255  # frames that can differ


async def test_a_killed_window_rendered_again_is_bit_equal(
    tiny_engine: Watched, tiny_server: ComfyServer, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    place = ComfyPlace(
        root=comfyui_tree(),
        python=Path(sys.executable),
        base=data / "comfyui",
        data=data,
        packs=(REPOSITORY,),
        cpu=True,
    )
    write_models(data / "comfyui" / "models")
    engine = Watched(ComfyEngine(place=place))
    await engine.start()
    try:
        graph = shipped(LIVE, await engine.object_info())
        killed = Turn(graph, data, speech())
        await killed.render(engine, 0)

        def kill(_: object) -> None:
            pid = engine.status().pid
            assert pid is not None
            engine.at_progress = lambda _: None
            os.killpg(pid, signal.SIGKILL)

        engine.at_progress = kill
        with pytest.raises(ComfyLost) as caught:
            await asyncio.wait_for(killed.render(engine, 1), 120)
        assert caught.value.retryable
        assert not (data / killed.state(1)).exists()
        for index in (1, 2):
            await killed.render(engine, index, attempt=1)
        assert engine.status().restarts == 1
    finally:
        await engine.close()
    undisturbed = Turn(graph, tiny_server.data, speech())
    for index in range(3):
        await undisturbed.render(tiny_engine, index)
    assert [killed.made(index) for index in range(3)] == [undisturbed.made(index) for index in range(3)]
