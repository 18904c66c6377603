"""Windows through prompts and states on disk against the same windows in one process, and a window that was killed."""

from __future__ import annotations

import asyncio
import copy
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray
from safetensors import safe_open

from runner.engine.api_graph import link_of, needed_by
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_process import ComfyPlace
from runner.errors import ComfyLost
from runner.ports import PromptJob
from tests.comfy_server import REPOSITORY, comfyui_tree
from tests.tiny_models.air import SILENCE_NS, STEP_FRAMES, Turn, Watched, shipped, speech
from tests.tiny_models.files import OVERLAP_FRAMES, write_models

pytestmark = [pytest.mark.comfyui, pytest.mark.asyncio(loop_scope="module")]

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


async def frames_of(engine: Watched, data: Path, graph: dict[str, Any], node: str) -> NDArray[np.float32]:
    """Run a prompt; return the frames that it saved, in -1..1."""
    told = (
        await engine.run(PromptJob(prompt_id=str(uuid.uuid4()), graph=graph, silence_timeout_ns=SILENCE_NS))
    ).outputs[node]["latents"][0]
    path = data / "comfyui" / "output" / told["subfolder"] / told["filename"]
    with safe_open(str(path), framework="numpy") as file:
        frames: NDArray[np.float32] = file.get_tensor("latent_tensor")
    return frames


def in_one_process(turn: Turn, *, rounded: bool) -> dict[str, Any]:
    """Windows 0 and 1 in one prompt: the second takes the first one's images from memory, not from a state.

    rounded: to fp16, as the state and the published clip have them.
    """
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
                    changed["inputs"][name] = ["half" if rounded else "end", 0]
                elif link is not None and link[0] in own:
                    changed["inputs"][name] = [prefix + link[0], link[1]]
            joined[prefix + node_id if node_id in own else node_id] = changed
    joined["end"] = {
        "class_type": "ImageFromBatch",
        "inputs": {"image": [f"first_{images[0]}", images[1]], "batch_index": STEP_FRAMES, "length": OVERLAP_FRAMES},
    }
    joined["half"] = {"class_type": "ProbeHalf", "inputs": {"images": ["end", 0]}}
    return joined


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Watched, Path]]:
    """Yield a ComfyUI of our own, which may be killed, and its data folder."""
    data = tmp_path_factory.mktemp("tiny")
    base = data / "comfyui"
    write_models(base / "models")
    packs = (REPOSITORY / "tests" / "data" / "probe_pack", REPOSITORY)
    place = ComfyPlace(root=comfyui_tree(), python=Path(sys.executable), base=base, data=data, packs=packs, cpu=True)
    engine = Watched(ComfyEngine(place=place))
    await engine.start()
    yield engine, data
    await engine.close()


async def test_windows_through_prompts_are_those_of_one_process(own: tuple[Watched, Path]) -> None:
    engine, data = own
    turn = Turn(shipped(LIVE, await engine.object_info()), data, speech(1.7))
    await turn.render(engine, 0)
    alone = await frames_of(engine, data, prompt_of(turn, 1), "frames")
    exact = await frames_of(engine, data, in_one_process(turn, rounded=True), "second_frames")
    in_memory = await frames_of(engine, data, in_one_process(turn, rounded=False), "second_frames")
    other = await frames_of(engine, data, prompt_of(turn, 0), "frames")
    worst, unrounded, unlike = (float(np.abs(alone - frames).max()) / 2 for frames in (exact, in_memory, other))
    sys.stdout.write(
        f"largest difference {worst:.1e}; to frames never rounded {unrounded:.1e}; to another {unlike:.2f}\n"
    )
    assert worst <= 1 / 255
    # random weights blow the rounding of the motion frames up; it must stay small beside what a window changes
    assert unrounded < 0.05 * unlike


async def test_a_killed_window_rendered_again_is_bit_equal(own: tuple[Watched, Path]) -> None:
    engine, data = own
    graph = shipped(LIVE, await engine.object_info())
    undisturbed, killed = Turn(graph, data, speech()), Turn(graph, data, speech())
    for index in range(3):
        await undisturbed.render(engine, index)
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
    assert [killed.made(index) for index in range(3)] == [undisturbed.made(index) for index in range(3)]
