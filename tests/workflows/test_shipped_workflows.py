"""The shipped graphs: the editor's form, converted, run by the real ComfyUI as they are."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from runner.convert import convert
from runner.engine.cut_graph import set_all
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.tiny_models.files import fitting

FILES = sorted((REPOSITORY / "workflows").glob("*.json"))
TALK = [path for path in FILES if "OnAirSegment" in path.read_text(encoding="utf-8")]
CORE = [path for path in FILES if "wanvideowrapper" not in path.stem]
"""Those of no other pack; the others are held in test_wanvideowrapper.py."""
TITLE = 30
"""Pixels that the editor's title bar takes."""


def read(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


@pytest.mark.fast
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_links_and_slots_agree(path: Path) -> None:
    workflow = read(path)
    nodes = {node["id"]: node for node in workflow["nodes"]}
    assert workflow["last_node_id"] == max(nodes)
    assert workflow["last_link_id"] == max(link[0] for link in workflow["links"])
    for link_id, source, slot, target, target_slot, kind in workflow["links"]:
        output, given = nodes[source]["outputs"][slot], nodes[target]["inputs"][target_slot]
        assert link_id in output["links"]
        assert given["link"] == link_id
        assert output["type"] == given["type"] == kind
    named = {link[0] for link in workflow["links"]}
    assert {given["link"] for node in nodes.values() for given in node["inputs"]} - {None} == named
    assert {link for node in nodes.values() for output in node["outputs"] for link in output["links"]} == named


@pytest.mark.fast
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_on_the_canvas_covers_anything_else(path: Path) -> None:
    boxes = [(node["type"], *node["pos"], *node["size"]) for node in read(path)["nodes"]]
    for (one, x, y, width, height), (two, left, top, wide, high) in itertools.combinations(boxes, 2):
        # A node's title stands above its position.
        apart = x + width <= left or left + wide <= x or y + height <= top - TITLE or top + high <= y - TITLE
        assert apart, f"{one} and {two}"


@pytest.mark.fast
def test_the_notes_name_the_command_that_the_readme_names() -> None:
    notes = [node["widgets_values"][0] for path in FILES for node in read(path)["nodes"] if "Note" in node["type"]]
    told = "\n".join([*notes, (REPOSITORY / "workflows" / "README.md").read_text(encoding="utf-8")])
    assert "python -m runner" not in told
    assert told.count("`python3 install.py live --workflow") == 5


@pytest.mark.fast
@pytest.mark.parametrize(
    ("path", "numbers"),
    [(path, [45, 5, 25, 512, 512] if "portrait" in path.stem else [81, 9, 25, 832, 480]) for path in TALK],
    ids=lambda value: value.stem if isinstance(value, Path) else "",
)
def test_idle_graph_of_a_talk_graph_is_there_in_the_same_size(path: Path, numbers: list[int]) -> None:
    talk = read(path)
    idle = read(REPOSITORY / "workflows" / talk["extra"]["onair"]["idle"])
    of_talk, of_idle = (
        node["widgets_values"][1:6] for file in (talk, idle) for node in file["nodes"] if node["type"] == "OnAirWindow"
    )
    assert of_talk == numbers
    assert of_idle[1:] == numbers[1:]


@pytest.mark.comfyui
@pytest.mark.parametrize("path", CORE, ids=lambda path: path.stem)
def test_shipped_graph_runs_in_a_fresh_comfyui(tiny_server: ComfyServer, path: Path) -> None:
    """As it is; a graph with a model is changed by `--set` of file names, sizes and steps."""
    info = tiny_server.get("/object_info")
    graph = convert(read(path), info)
    for node in graph.values():
        defined = info[node["class_type"]]["input"]
        widgets = [
            name
            for group in defined.values()
            if isinstance(group, dict)
            for name, (kind, *_) in group.items()
            if kind in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO") or isinstance(kind, list)
        ]
        assert set(widgets) <= set(node["inputs"])
    set_all(graph, fitting(graph), info)
    job = tiny_server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    shown = [ui["images"][0]["filename"] for ui in job["outputs"].values() if "images" in ui]
    faces = [name for name in shown if name.startswith("points_")]  # OnAir Portrait shows where it found the face
    assert len(faces) <= 1
    assert [name[-4:] for name in shown if name not in faces] == [".mp4"]
