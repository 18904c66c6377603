"""The converter against the real editor: every official template that is installed, in a headless browser."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from runner.bench.chromium import Chromium
from runner.convert import convert
from tests.comfy_server import ComfyServer

pytestmark = [pytest.mark.browser, pytest.mark.comfyui, pytest.mark.full]

SHARES = 12
READY = (
    "window.app && app.graph && app.canvas && !document.querySelector('.p-blockui-mask')"
    " && LiteGraph.registered_node_types.KSampler"
)
# Slots with matching types and bends settle on the next frames after a load.
OPEN_AND_TELL = """(async () => {
  await app.loadGraphData(%s);
  for (let frame = 0; frame < 3; frame++) await new Promise((done) => requestAnimationFrame(done));
  return JSON.stringify((await app.graphToPrompt()).output);
})()"""


def templates() -> list[Path]:
    """Return the workflows of the template packages in this environment; [] where none is installed."""
    found: list[Path] = []
    for name in ("json", "core", "media_api", "media_image", "media_other", "media_video"):
        spec = importlib.util.find_spec(f"comfyui_workflow_templates_{name}")
        for folder in spec.submodule_search_locations or () if spec is not None else ():
            found += Path(folder, "templates").glob("*.json")
    return sorted(path for path in found if not path.name.startswith("index") and "nodes" in saved(path))


def saved(path: Path) -> dict[str, Any]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return content if isinstance(content, dict) else {}


def plain(prompt: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Return class and inputs by node. A class that nobody knows has no name in the editor, and a drawn scene is new
    each time."""
    return {
        key: {
            "class_type": told["class_type"] if told.get("class_type") in known else None,
            "inputs": {name: value for name, value in told["inputs"].items() if not _is_scene(value)},
        }
        if "class_type" in told
        else {"class_type": None, "inputs": told["inputs"]}
        for key, told in prompt.items()
    }


def _is_scene(value: Any) -> bool:
    return isinstance(value, dict) and "camera_info" in value


def test_the_templates_are_installed() -> None:
    assert len(templates()) > 400


@pytest.mark.parametrize("share", range(SHARES))
async def test_a_template_becomes_what_the_editor_makes_of_it(
    share: int, browser: Chromium, comfyui_server: ComfyServer
) -> None:
    info = comfyui_server.get("/object_info")
    page = await browser.page(width=1280, height=800)
    await page.goto(comfyui_server.url + "/")
    await page.until(READY, seconds=60)
    unlike = []
    for path in templates()[share::SHARES]:
        workflow = saved(path)
        theirs = json.loads(await page.evaluate(OPEN_AND_TELL % json.dumps(workflow)))
        if plain(theirs, info) != plain(json.loads(json.dumps(convert(workflow, info))), info):
            unlike.append(path.name)
    assert unlike == []
