"""The shipped graphs: the editor's form, converted, run by the real ComfyUI as they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.convert import convert
from tests.comfy_server import REPOSITORY, ComfyServer

FILES = sorted((REPOSITORY / "workflows").glob("*.json"))


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
def test_idle_graph_of_the_talk_graph_is_there_in_the_same_size() -> None:
    talk = read(REPOSITORY / "workflows" / "portrait_live.json")
    idle = read(REPOSITORY / "workflows" / talk["extra"]["onair"]["idle"])
    sizes = [
        node["widgets_values"][1:6] for file in (talk, idle) for node in file["nodes"] if node["type"] == "OnAirWindow"
    ]
    assert sizes == [[45, 5, 25, 512, 512]] * 2


@pytest.mark.comfyui
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_graph_runs_in_a_fresh_comfyui(comfyui_server: ComfyServer, path: Path) -> None:
    info = comfyui_server.get("/object_info")
    graph = convert(read(path), info)
    for node in graph.values():
        defined = info[node["class_type"]]["input"]
        widgets = [
            name
            for group in defined.values()
            if isinstance(group, dict)
            for name, (kind, *_) in group.items()
            if kind in ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
        ]
        assert set(widgets) <= set(node["inputs"])
    job = comfyui_server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    shown = [ui["images"][0]["filename"] for ui in job["outputs"].values() if "images" in ui]
    assert len(shown) == 1
    assert shown[0].endswith(".mp4")
