"""The converter against the real editor in a headless browser: the installed templates, and composed workflows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.bench.chromium import Chromium
from runner.convert import convert
from runner.errors import WorkflowRefused
from tests.browser.composed_graph import composed
from tests.comfy_server import ComfyServer, end_comfyui, start_comfyui
from tests.templates import saved, template_files

pytestmark = [pytest.mark.browser, pytest.mark.comfyui]

SHARES = 12
SEEDS = range(6)
LONG_SERIES = 300
PICTURES = ("image", "mask", "normal", "recording")
READY = (
    "window.app && app.graph && app.canvas && !document.querySelector('.p-blockui-mask')"
    " && LiteGraph.registered_node_types.KSampler"
)
# Slots with matching types and bends settle on the next frames after a load. Of random choices the first one counts.
OPEN_AND_TELL = """(async () => {
  const random = Math.random;
  try {
    await app.loadGraphData(%s);
    for (let frame = 0; frame < 3; frame++) await new Promise((done) => requestAnimationFrame(done));
    Math.random = () => 0;
    return JSON.stringify((await app.graphToPrompt()).output);
  } catch (error) {
    return JSON.stringify(null);
  } finally {
    Math.random = random;
  }
})()"""


def plain(prompt: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return class and inputs by node. A class that nobody knows has no name in the editor."""
    return {
        key: {
            "class_type": told.get("class_type") if told.get("class_type") in known else None,
            "inputs": {name: _without_pictures(value) for name, value in told["inputs"].items()},
        }
        for key, told in prompt.items()
    }


def _without_pictures(value: Any) -> Any:
    """A 3D scene is drawn anew for each prompt, into files of new names; its camera is the same but for rounding."""
    if isinstance(value, dict) and "camera_info" in value:
        camera = json.loads(json.dumps(value["camera_info"]), parse_float=lambda text: round(float(text), 12))
        return {**value, **dict.fromkeys(PICTURES, ""), "camera_info": camera}
    return value


@pytest.fixture(scope="module")
def odd_comfyui(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComfyServer]:
    """Yield a ComfyUI that has a pack of odd node classes."""

    def put(custom_nodes: Path) -> None:
        (custom_nodes / "odd").mkdir()
        shutil.copy(Path(__file__).with_name("odd_nodes.py"), custom_nodes / "odd" / "__init__.py")

    server, process = start_comfyui(tmp_path_factory.mktemp("odd") / "base", put)
    try:
        yield server
    finally:
        end_comfyui(process)


def ours(workflow: dict[str, Any], info: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the converter makes of it; None where it refuses."""
    try:
        told: dict[str, Any] = json.loads(json.dumps(convert(workflow, info)))
    except WorkflowRefused:
        return None
    return told


async def unlike(browser: Chromium, server: ComfyServer, seeds: range) -> list[str]:
    """Return what the editor and the converter tell differently of the workflows of these seeds."""
    info = server.get("/object_info")
    page = await browser.page(width=1280, height=800)
    await page.goto(server.url + "/")
    await page.until(READY, seconds=60)
    found = []
    for seed in seeds:
        workflow = composed(seed, info)
        theirs = json.loads(await page.evaluate(OPEN_AND_TELL % json.dumps(workflow)))
        told = plain(ours(workflow, info) or {}, info)
        said = plain(theirs or {}, info)
        wrong = sorted(key for key in {*told, *said} if told.get(key) != said.get(key))
        found += [f"seed {seed}, node {key}: {told.get(key)}, the editor: {said.get(key)}" for key in wrong]
    return found


async def test_a_composed_workflow_becomes_what_the_editor_makes_of_it(
    browser: Chromium, comfyui_server: ComfyServer
) -> None:
    assert await unlike(browser, comfyui_server, SEEDS) == []


@pytest.mark.full
@pytest.mark.parametrize("share", range(6))
async def test_a_long_series_of_composed_workflows_with_odd_nodes(
    share: int, browser: Chromium, odd_comfyui: ComfyServer
) -> None:
    assert await unlike(browser, odd_comfyui, range(1000 + share, 1000 + LONG_SERIES, 6)) == []


@pytest.mark.full
def test_the_templates_are_installed() -> None:
    assert len(template_files()) > 400


@pytest.mark.full
@pytest.mark.parametrize("share", range(SHARES))
async def test_a_template_becomes_what_the_editor_makes_of_it(
    share: int, browser: Chromium, comfyui_server: ComfyServer
) -> None:
    info = comfyui_server.get("/object_info")
    page = await browser.page(width=1280, height=800)
    await page.goto(comfyui_server.url + "/")
    await page.until(READY, seconds=60)
    wrong = []
    for path in template_files()[share::SHARES]:
        workflow = saved(path)
        theirs = json.loads(await page.evaluate(OPEN_AND_TELL % json.dumps(workflow)))
        if plain(theirs, info) != plain(json.loads(json.dumps(convert(workflow, info))), info):
            wrong.append(path.name)
    assert wrong == []
