"""The shipped workflows in ComfyUI's real editor: no warning, no missing node, and the graph that the runner sends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runner.bench.chromium import Chromium
from runner.engine.workflow import load_workflow
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.tiny_models.files import write_inputs

pytestmark = [pytest.mark.browser, pytest.mark.comfyui]

READY = (
    "window.app && app.graph && app.canvas && !document.querySelector('.p-blockui-mask') && app.graph.nodes.length >= 0"
)
# Nodes grow to what their widgets need, whatever size was saved; the title stands above.
COVERED = """app.graph.nodes.flatMap((a, i) => app.graph.nodes.slice(i + 1).filter((b) =>
    a.pos[0] < b.pos[0] + b.size[0] && b.pos[0] < a.pos[0] + a.size[0] &&
    a.pos[1] - 30 < b.pos[1] + b.size[1] && b.pos[1] - 30 < a.pos[1] + a.size[1]).map((b) => `${a.type} ${b.type}`))"""
NOTICES = "[...document.querySelectorAll('.p-dialog, .p-toast-message')].map((e) => e.innerText)"


OF_A_FRESH_PROFILE = ("/api/userdata", "user.css", "z_image_turbo")
"""What the editor asks for in vain by itself: a user's files, and the models of the graph that it opens with."""
PLAYED = "video-preview"
"""An input that no node declares: the editor adds it as soon as it plays the file."""


def saved(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8")))


def without_other_packs() -> list[Path]:
    """Return the graphs of ComfyUI's nodes and ours; test_wanvideowrapper.py opens the others, where the pack is."""
    known = {"comfy-core", "onair", None}  # a note has none
    files = sorted((REPOSITORY / "workflows").glob("*.json"))
    return [path for path in files if {node["properties"].get("cnr_id") for node in saved(path)["nodes"]} <= known]


@pytest.mark.parametrize("path", without_other_packs(), ids=lambda path: path.stem)
async def test_a_shipped_workflow_opens_without_a_warning_and_converts_alike(
    path: Path, browser: Chromium, comfyui_server: ComfyServer
) -> None:
    write_inputs(comfyui_server.base / "input")
    name_models(path, comfyui_server.base / "models")
    page = await browser.page(width=1500, height=900)
    await page.goto(comfyui_server.url + "/")
    await page.until(READY, seconds=60)
    # What a fresh profile asks for in vain (user.css, saved workflows) is logged while the editor starts.
    before = len(page.console)
    await page.evaluate(f"app.loadGraphData({json.dumps(saved(path))}).then(() => true)")
    await page.until("app.graph.nodes.length > 0 && app.graph.nodes.every((n) => n.type)", seconds=20)
    converted: dict[str, Any] = await page.evaluate("app.graphToPrompt().then((told) => told.output)")
    assert await page.evaluate(COVERED) == []
    assert await page.evaluate(NOTICES) == []
    assert [line for line in page.console[before:] if not any(word in line for word in OF_A_FRESH_PROFILE)] == []
    ours = load_workflow(path, comfyui_server.get("/object_info")).graph
    assert _plain(converted) == _plain(ours)


def name_models(path: Path, models: Path) -> None:
    """Make empty files of the models that the workflow says it needs: the editor only looks for their names."""
    for node in saved(path)["nodes"]:
        for model in node["properties"].get("models", ()):
            file = models / model["directory"] / model["name"]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
            assert model["url"].endswith(f"/{model['name']}")
            assert model["name"] in node["widgets_values"]


def _plain(graph: dict[str, Any]) -> dict[str, Any]:
    """Return a graph by node id: class and inputs, numbers as numbers."""
    told = {
        key: {
            "class_type": node["class_type"],
            "inputs": {name: value for name, value in node["inputs"].items() if name != PLAYED},
        }
        for key, node in graph.items()
    }
    return dict(json.loads(json.dumps(told)))
