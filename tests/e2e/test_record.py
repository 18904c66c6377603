"""Text in, finished stream out, through real ComfyUI; judged on what the folder holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_nodes.portrait.face import find_landmarks
from hls.check import check_stream
from runner.errors import PictureRefused, WorkflowRefused
from runner.gallery.lips import MouthPlace, follow_lips
from runner.gallery.lipsync import best_lag, loudness
from tests.e2e.conftest import Recorder
from tests.e2e.decoded import decode_folder
from tests.measure.seams import measure_seams

pytestmark = pytest.mark.comfyui

TEXT = "Hello there. My name is Robin, and I am a big fan of public radio. Are you ready to begin?"
WINDOW = {"window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 256, "height": 256, "seed": 3}


def test_a_recording_is_a_legal_stream_with_lips_in_sync_and_no_jump_at_window_seams(
    recorder: Recorder, tmp_path: Path
) -> None:
    folder = tmp_path / "hls"
    recorder(TEXT, folder)

    report = check_stream(folder)
    assert report.clean, report.violations
    assert report.ended
    decoded = decode_folder(folder, tmp_path)
    mouth = find_landmarks(decoded.frames[0]).mouth
    # The last frame is the idle picture, lips shut. Dark pixels would not do: teeth fill a mouth that is a little open.
    place = MouthPlace(x=mouth.x, y=mouth.y, half_width=mouth.half_width)
    lips = follow_lips(decoded.frames, shut=decoded.frames[-1], mouth=place)
    sync = best_lag(lips.opening, loudness(decoded.pcm, frames=len(decoded.frames)))
    # ITU-R BT.1359: 45 ms ahead to 125 ms behind is not noticed; one frame is 40 ms.
    assert abs(sync.lag_frames) <= 1, sync
    assert sync.correlation > 0.5, sync
    seams = measure_seams(decoded.frames, range(40, len(decoded.frames), 40))
    assert not seams.visible, seams


def stock_graph(kind: str) -> dict[str, Any]:
    """Return a graph of ComfyUI's own nodes between Window and Segment; no model is needed."""
    graph: dict[str, Any] = {
        "win": {"class_type": "OnAirWindow", "inputs": {"index": 0, "request_path": "", "image_path": "", **WINDOW}},
        "seg": {"class_type": "OnAirSegment", "inputs": {"images": None, "window": ["win", 8], "preview": False}},
        "rep": {"class_type": "RepeatImageBatch", "inputs": {"image": ["win", 2], "amount": 45}},
    }
    last: list[Any] = ["rep", 0]
    if kind == "invert":
        graph["x"] = {"class_type": "ImageInvert", "inputs": {"image": last}}
    elif kind == "blend":
        graph["inv"] = {"class_type": "ImageInvert", "inputs": {"image": last}}
        graph["x"] = {
            "class_type": "ImageBlend",
            "inputs": {"image1": last, "image2": ["inv", 0], "blend_factor": 0.3, "blend_mode": "normal"},
        }
    elif kind == "scale":
        size = {"width": 128, "height": 128, "upscale_method": "bilinear", "crop": "disabled"}
        graph["small"] = {"class_type": "ImageScale", "inputs": {"image": last, **size}}
        graph["x"] = {
            "class_type": "ImageScale",
            "inputs": {"image": ["small", 0], **size, "width": 256, "height": 256},
        }
    elif kind == "blur":
        graph["x"] = {"class_type": "ImageBlur", "inputs": {"image": last, "blur_radius": 2, "sigma": 1.0}}
    graph["seg"]["inputs"]["images"] = ["x", 0] if "x" in graph else last
    return graph


def saved(tmp_path: Path, graph: dict[str, Any]) -> Path:
    path = tmp_path / "graph.json"
    path.write_text(json.dumps(graph), encoding="utf-8")
    return path


def small_idle(tmp_path: Path) -> Path:
    """Return the shipped idle graph at the stock graphs' size."""
    root = Path(__file__).resolve().parents[2]
    workflow = json.loads((root / "workflows" / "idle_portrait.json").read_text(encoding="utf-8"))
    window = next(node for node in workflow["nodes"] if node["type"] == "OnAirWindow")
    window["widgets_values"] = [256 if value == 512 else value for value in window["widgets_values"]]
    path = tmp_path / "idle_small.json"
    path.write_text(json.dumps(workflow), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", ["invert", "blend", "scale", "blur"])
def test_a_graph_of_stock_nodes_goes_on_air(kind: str, recorder: Recorder, tmp_path: Path) -> None:
    folder = tmp_path / "hls"
    recorder("Any graph.", folder, workflow=saved(tmp_path, stock_graph(kind)), idle=small_idle(tmp_path))

    assert check_stream(folder).clean
    frames = decode_folder(folder, tmp_path).frames
    assert frames.shape[1:] == (256, 256, 3)
    assert np.ptp(frames[0]) > 20  # a picture, not a blank


def test_a_graph_that_only_saves_a_file_is_refused(recorder: Recorder, tmp_path: Path) -> None:
    graph = stock_graph("invert")
    graph["seg"] = {"class_type": "SaveImage", "inputs": {"images": ["x", 0], "filename_prefix": "x"}}
    with pytest.raises(WorkflowRefused) as refused:
        recorder("No.", tmp_path / "hls", workflow=saved(tmp_path, graph), idle=small_idle(tmp_path))
    assert refused.value.code == "workflow.no_segment"


def test_an_idle_graph_of_another_size_is_refused(recorder: Recorder, tmp_path: Path) -> None:
    with pytest.raises(WorkflowRefused) as refused:
        recorder("No.", tmp_path / "hls", workflow=saved(tmp_path, stock_graph("blur")))
    assert refused.value.code == "workflow.size"
    assert "256x256" in str(refused.value)


def test_a_picture_without_a_face_is_refused_before_anything_is_rendered(recorder: Recorder, tmp_path: Path) -> None:
    from custom_nodes.portrait.picture import png_bytes

    picture = tmp_path / "wall.png"
    picture.write_bytes(png_bytes(np.full((400, 400, 3), 128, np.uint8)))
    with pytest.raises(PictureRefused) as refused:
        recorder("No.", tmp_path / "hls", avatar=picture)
    assert refused.value.code == "picture.no_face"
