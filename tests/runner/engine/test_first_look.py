"""What is told of a workflow before any ComfyUI is up."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.engine.binding import bind
from runner.engine.comfy_place import ComfyPlace
from runner.engine.first_look import look_at_idle, look_at_talk
from runner.engine.known_nodes import FILE, recall, remember
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.engine.workflow import Workflow
from runner.errors import WorkflowRefused

ROOT = Path(__file__).resolve().parents[3]
TALK, IDLE = ROOT / "workflows" / "portrait_live.json", ROOT / "workflows" / "idle_portrait.json"


def refused(path: Path, *sets: str) -> WorkflowRefused:
    with pytest.raises(WorkflowRefused) as caught:
        look_at_talk(path, sets=sets)
    return caught.value


def test_the_shipped_graphs_show_their_size_and_that_a_face_is_needed() -> None:
    look = look_at_talk(TALK, sets=["OnAirWindow.width=640"])
    assert (look.width, look.height, look.needs_face) == (640, 512, True)
    assert not look_at_idle(IDLE).needs_face


@pytest.mark.parametrize(
    ("setting", "code", "told"),
    [
        ("Nobody.width=1", "workflow.set", "it has OnAirPortrait (3)"),
        ("OnAirWindow.size=1", "workflow.set", "take one of audio"),
        ("2.widht=64", "workflow.set", "width"),
        ("OnAirWindow.width=wide", "workflow.set", "is not of type INT"),
        ("width=64", "workflow.set", "node.input=value"),
        ("OnAirWindow.overlap_frames=0", "workflow.value", "it takes 1 to 256"),
        ("OnAirWindow.window_frames=46", "workflow.size", "multiple of 8"),
        ("OnAirWindow.overlap_frames=53", "workflow.size", "no less than window_frames"),
        ("OnAirPortrait.mouth_x=-1", "workflow.value", "it takes 0 to 8192"),
    ],
)
def test_a_setting_that_cannot_be_meant_is_told(setting: str, code: str, told: str) -> None:
    error = refused(TALK, setting)
    assert error.code == code
    assert told in str(error)


def saved(tmp_path: Path, graph: dict[str, Any]) -> Path:
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(graph), encoding="utf-8")
    return path


def test_what_only_comfyui_knows_is_left_to_it(tmp_path: Path) -> None:
    graph = {
        "1": {"class_type": "SomeNumber", "inputs": {"value": 640}},
        "2": {"class_type": "OnAirWindow", "inputs": {"width": ["1", 0]}},
        "3": {"class_type": "SomeModel", "inputs": {"window": ["2", 8]}},
        "4": {"class_type": "OnAirSegment", "inputs": {"images": ["3", 0], "window": ["2", 8]}},
    }
    look = look_at_talk(saved(tmp_path, graph), sets=["SomeModel.steps=4"])
    assert (look.width, look.needs_face) == (None, False)


@pytest.mark.parametrize(
    ("between", "needs_face"),
    [(["OnAirPortrait"], True), (["OnAirPortrait", "SomeModel"], True), ([], False), (["SomeModel"], False)],
    ids=["portrait", "portrait and another", "nothing", "another"],
)
def test_the_first_look_and_the_preparation_ask_for_the_same_face(
    tmp_path: Path, between: list[str], *, needs_face: bool
) -> None:
    graph: dict[str, Any] = {"1": {"class_type": "OnAirWindow", "inputs": {}}}
    images: list[Any] = ["1", 3]
    for number, kind in enumerate(between, start=2):
        inputs = {"image": ["1", 2], "audio": ["1", 0], "window": ["1", 8]} if kind == "OnAirPortrait" else {}
        graph[str(number)] = {"class_type": kind, "inputs": {**inputs, **({"images": images} if not inputs else {})}}
        images = [str(number), 0]
    graph["9"] = {"class_type": "OnAirSegment", "inputs": {"images": images, "window": ["1", 8]}}
    look = look_at_talk(saved(tmp_path, graph), sets=())
    model = {"input": {"required": {"images": ["IMAGE"]}}, "output": ["IMAGE"]}
    bound = bind(Workflow(name="mine", graph=graph), {**OBJECT_INFO, "SomeModel": model})
    assert (look.needs_face, bound.needs_face) == (needs_face, needs_face)


def test_a_graph_without_a_segment_is_refused(tmp_path: Path) -> None:
    graph = {"2": {"class_type": "OnAirWindow", "inputs": {}}, "3": {"class_type": "SaveImage", "inputs": {}}}
    assert refused(saved(tmp_path, graph)).code == "workflow.no_segment"


@pytest.fixture
def place(tmp_path: Path) -> ComfyPlace:
    root = tmp_path / "ComfyUI"
    (root / "custom_nodes" / "a_pack").mkdir(parents=True)
    (root / "custom_nodes" / "a_pack" / "nodes.py").write_text("A = 1\n")
    (root / "nodes.py").write_text("")
    return ComfyPlace(root=root, python=Path(sys.executable), base=tmp_path / "base", data=tmp_path, packs=(ROOT,))


def test_definitions_of_the_last_start_hold_until_a_pack_changes(place: ComfyPlace) -> None:
    assert recall(place) is None
    remember(place, {"OnAirWindow": {}})
    assert recall(place) == {"OnAirWindow": {}}
    other = place.root / "custom_nodes" / "another"
    other.mkdir()
    assert recall(place) is None
    other.rmdir()
    assert recall(place) == {"OnAirWindow": {}}
    (place.root / "custom_nodes" / "a_pack" / "more.py").write_text("B = 1\n")
    assert recall(place) is None


def test_definitions_that_the_disk_does_not_take_end_no_start(place: ComfyPlace) -> None:
    (place.base / FILE).mkdir(parents=True)
    remember(place, {"OnAirWindow": {}})
    assert recall(place) is None


def test_a_loop_drawn_in_the_editor_is_told(tmp_path: Path) -> None:
    graph = json.loads(TALK.read_text(encoding="utf-8"))
    graph["links"].append([8, 3, 0, 2, 0, "IMAGE"])  # the portrait's images as the picture that it needs
    by_id = {node["id"]: node for node in graph["nodes"]}
    next(entry for entry in by_id[2]["inputs"] if entry["name"] == "image")["link"] = 8
    by_id[3]["outputs"][0]["links"].append(8)
    error = refused(saved(tmp_path, graph))
    assert error.code == "workflow.loop"
    assert "OnAirWindow (2) > OnAirPortrait (3) > OnAirWindow (2)" in str(error)
