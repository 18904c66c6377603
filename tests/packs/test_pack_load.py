"""The pack inside the real ComfyUI: it loads, shows its ports, and renders windows through HTTP."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.hls_segment.state import ENTRY_INDEX, State, read_state, write_state
from hls.access_unit import read_clip
from tests.comfy_server import REPOSITORY, ComfyServer, end_comfyui, start_comfyui

pytestmark = pytest.mark.comfyui
SIZE = 64
INPUTS = {
    "OnAirWindow": "image audio audio_2 events index window_frames overlap_frames fps width height seed image_path "
    "request_path loudness",
    "OnAirSegment": "images window preview attempt",
    "OnAirPortrait": "image audio window mouth_x mouth_y mouth_width mouth_height landmarks",
    "OnAirIdle": "image frames images window landmarks",
    "OnAirTextToSpeech": "text provider voice speed",
    "OnAirReference": "image width height image_path",
    "OnAirInfiniteTalk": "model model_patch audio_encoder vae positive negative window image motion_frames audio "
    "audio_2 mask_1 mask_2 audio_scale exact_timing",
    "OnAirColourLock": "images image window strength",
    "OnAirCutPast": "multitalk_embeds window",
    "OnAirVideoReference": "video window",
}
OUTPUTS = {
    "OnAirWindow": "audio audio_2 image motion_frames frames overlap context_frames seed window",
    "OnAirSegment": "window",
    "OnAirPortrait": "images",
    "OnAirIdle": "images",
    "OnAirTextToSpeech": "audio events",
    "OnAirReference": "image",
    "OnAirInfiniteTalk": "model positive negative latent",
    "OnAirColourLock": "images",
    "OnAirCutPast": "multitalk_embeds",
    "OnAirVideoReference": "image",
}
# Stock nodes between Window and Segment: none needs a model. Node 1 is the Window; the last one returns 13 images.
STOCK_GRAPHS: dict[str, dict[str, dict[str, Any]]] = {
    "the picture repeated": {
        "2": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 2], "amount": ["1", 4]}},
    },
    "inverted": {
        "3": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 2], "amount": ["1", 4]}},
        "2": {"class_type": "ImageInvert", "inputs": {"image": ["3", 0]}},
    },
    "motion frames, then the picture": {
        "3": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 2], "amount": 8}},
        "2": {"class_type": "ImageBatch", "inputs": {"image1": ["1", 3], "image2": ["3", 0]}},
    },
    "scaled down and up": {
        "3": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 2], "amount": ["1", 4]}},
        "4": {
            "class_type": "ImageScale",
            "inputs": {"image": ["3", 0], "upscale_method": "area", "width": 16, "height": 16, "crop": "disabled"},
        },
        "2": {
            "class_type": "ImageScale",
            "inputs": {
                "image": ["4", 0],
                "upscale_method": "nearest-exact",
                "width": SIZE,
                "height": SIZE,
                "crop": "disabled",
            },
        },
    },
}


def prompt(request_path: str, between: dict[str, Any], *, attempt: str = "0") -> dict[str, Any]:
    window = {"index": 0, "window_frames": 13, "overlap_frames": 5, "fps": 25, "width": SIZE, "height": SIZE, "seed": 1}
    return {
        "1": {"class_type": "OnAirWindow", "inputs": {**window, "image_path": "", "request_path": request_path}},
        **between,
        "9": {
            "class_type": "OnAirSegment",
            "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": False, "attempt": attempt},
        },
    }


def give_window(server: ComfyServer, folder: str, **changes: Any) -> WindowRequest:
    """Write request, sound and entry state of a small first window below `folder`."""
    request = WindowRequest(
        workflow_sha256="w",
        channel="c",
        turn="t",
        index=0,
        attempt=0,
        start_frame=0,
        new_frames=8,
        overlap_frames=5,
        context_samples=0,
        fps=25,
        width=SIZE,
        height=SIZE,
        seed=1,
        loop_frames=48,
        audio=f"{folder}/window_00000.wav",
        image="",
        state_in=f"{folder}/entry_16.safetensors",
        clip_out=f"{folder}/window_00000.mp4",
        state_out=f"{folder}/state_00000.safetensors",
    )
    request = dataclasses.replace(request, **changes)
    (server.data / folder).mkdir(parents=True, exist_ok=True)
    (server.data / folder / "request.json").write_text(request.to_json(), encoding="utf-8")
    with wave.open(str(server.data / folder / "window_00000.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\0\1" * 640 * 17)
    state = State(
        motion_frames=np.full((5, SIZE, SIZE, 3), 90, np.uint8),
        colour_reference=np.zeros((2, 3), np.float32),
        frame_index=16,
        workflow_sha256="",
        index=ENTRY_INDEX,
    )
    write_state(server.data / folder / "entry_16.safetensors", state)
    return request


def copy(custom_nodes: Path) -> None:
    for name in ("__init__.py", "pyproject.toml", "hls", "custom_nodes"):
        source, target = REPOSITORY / name, custom_nodes / "On-Air.with-dashes".replace(".", "-") / name
        target.parent.mkdir(exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copy(source, target)


def assert_loaded_cleanly(server: ComfyServer, folder: str) -> None:
    log = re.sub(r"\x1b\[[0-9;]*m", "", server.log)
    assert re.search(rf"\d+\.\d+ seconds: .*custom_nodes/{folder}\n", log), log[-2000:]
    assert "IMPORT FAILED" not in log
    assert "cannot be loaded" not in log
    ours = [line for line in log.splitlines() if re.search(r"onair|on-air", line, re.IGNORECASE)]
    assert not [line for line in ours if re.search(r"WARNING|ERROR|Traceback", line)]


def test_linked_pack_loads_without_error_or_warning(comfyui_server: ComfyServer) -> None:
    assert_loaded_cleanly(comfyui_server, "onair")


def test_copied_pack_loads_under_a_folder_name_with_dashes(tmp_path: Path) -> None:
    server, process = start_comfyui(tmp_path / "base", copy)
    try:
        assert_loaded_cleanly(server, "On-Air-with-dashes")
        assert "OnAirSegment" in server.get("/object_info/OnAirSegment")
    finally:
        end_comfyui(process)


@pytest.mark.parametrize("node", list(INPUTS))
def test_ports_are_those_of_the_contract_and_explain_themselves(comfyui_server: ComfyServer, node: str) -> None:
    told = comfyui_server.get(f"/object_info/{node}")[node]
    inputs = {**told["input"].get("required", {}), **told["input"].get("optional", {})}
    assert set(inputs) == set(INPUTS[node].split())
    assert told["output_name"] == OUTPUTS[node].split()
    assert told["category"] == "OnAir"
    for name, (kind, options) in inputs.items():
        assert options.get("tooltip"), name
        assert kind != "INT" or "max" in options, name
        assert name not in ("audio", "audio_2", "events") or node != "OnAirWindow" or options["lazy"]


@pytest.mark.parametrize("node", list(INPUTS))
def test_every_node_has_a_help_page(comfyui_server: ComfyServer, node: str) -> None:
    import urllib.request

    with urllib.request.urlopen(f"{comfyui_server.url}/extensions/onair/docs/{node}.md", timeout=30) as page:
        assert page.read().startswith(b"# OnAir")


@pytest.mark.parametrize("graph", list(STOCK_GRAPHS))
def test_graph_of_stock_nodes_writes_clip_state_and_sidecar(comfyui_server: ComfyServer, graph: str) -> None:
    folder = f"turns/stock/{re.sub(r'[^a-z]', '_', graph)}"
    request = give_window(comfyui_server, folder)
    job = comfyui_server.run(prompt(f"{folder}/request.json", STOCK_GRAPHS[graph]))
    assert job["status"] == "completed", job["execution_error"]
    sidecar = json.loads((comfyui_server.data / folder / "window_00000.json").read_text())
    assert job["outputs"]["9"]["onair"] == [sidecar]
    assert {key: sidecar[key] for key in ("turn", "index", "clip_out")} == {
        "turn": "t",
        "index": 0,
        "clip_out": request.clip_out,
    }
    assert sidecar["frames"] == 8
    assert sidecar["encode"]["codec"].startswith("avc1.")
    clip = read_clip(comfyui_server.data / request.clip_out)
    assert (len(clip.units), clip.width, clip.height, clip.units[0].is_idr) == (8, SIZE, SIZE, True)
    state = read_state(comfyui_server.data / request.state_out)
    assert (state.index, state.frame_index, state.workflow_sha256) == (0, 24, "w")
    assert state.motion_frames.shape == (5, SIZE, SIZE, 3)


def test_next_window_goes_on_from_the_state_and_a_new_attempt_writes_again(comfyui_server: ComfyServer) -> None:
    folder = "turns/chain/t"
    first = give_window(comfyui_server, folder)
    between = STOCK_GRAPHS["motion frames, then the picture"]
    assert comfyui_server.run(prompt(f"{folder}/request.json", between))["status"] == "completed"
    second = give_window(
        comfyui_server,
        folder,
        index=1,
        start_frame=8,
        state_in=first.state_out,
        clip_out=f"{folder}/window_00001.mp4",
        state_out=f"{folder}/state_00001.safetensors",
    )
    assert comfyui_server.run(prompt(f"{folder}/request.json", between, attempt="1"))["status"] == "completed"
    clip, state = comfyui_server.data / second.clip_out, comfyui_server.data / second.state_out
    before = (clip.read_bytes(), read_state(state).motion_frames.tobytes())
    assert read_state(state).frame_index == 32
    clip.unlink()
    comfyui_server.run(prompt(f"{folder}/request.json", between, attempt="1"))
    assert not clip.exists()  # ComfyUI answers a repeated prompt from its cache: why `attempt` is there
    comfyui_server.run(prompt(f"{folder}/request.json", between, attempt="2"))
    assert (clip.read_bytes(), read_state(state).motion_frames.tobytes()) == before


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"state_in": "turns/bad/none.safetensors"}, "state.missing"),
        ({"overlap_frames": 6, "new_frames": 7}, "state.foreign"),
        ({"width": 80}, "state.foreign"),
        ({"new_frames": 16}, "segment.frames"),
        ({"state_in": "../../etc/passwd"}, "path.refused"),
        ({"clip_out": "../outside.mp4"}, "path.refused"),
        ({"audio": "turns/bad/none.wav"}, "sound.unreadable"),
        ({"version": 9}, "request.unreadable"),
    ],
)
def test_a_bad_window_fails_with_its_code(comfyui_server: ComfyServer, changes: dict[str, Any], code: str) -> None:
    folder = "turns/bad/t"
    give_window(comfyui_server, folder, **changes)
    graph = STOCK_GRAPHS["motion frames, then the picture"]
    job = comfyui_server.run(prompt(f"{folder}/request.json", graph, attempt=repr(changes)))
    assert job["status"] == "failed"
    assert job["execution_error"]["exception_message"].strip().startswith(f"[{code}] ")


def test_images_of_another_size_are_refused(comfyui_server: ComfyServer) -> None:
    folder = "turns/size/t"
    give_window(comfyui_server, folder)
    graph = {
        "3": {"class_type": "RepeatImageBatch", "inputs": {"image": ["1", 2], "amount": ["1", 4]}},
        "2": {
            "class_type": "ImageScale",
            "inputs": {"image": ["3", 0], "upscale_method": "area", "width": 96, "height": 96, "crop": "disabled"},
        },
    }
    job = comfyui_server.run(prompt(f"{folder}/request.json", graph))
    assert job["execution_error"]["exception_message"].strip().startswith("[media.parameters] ")
