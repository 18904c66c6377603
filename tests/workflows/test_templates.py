"""ComfyUI's official templates: all of them convert, and those that need no model, no account and no pack run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hls.ticks import NS_PER_SECOND
from runner.batch.batch import Batch, run_batch
from runner.batch.inspection import Inspection, inspect
from runner.compose import open_engine
from runner.convert import convert
from runner.engine.workflow import load_workflow
from runner.errors import WorkflowRefused
from runner.settings import load_settings
from tests.comfy_server import ComfyServer
from tests.templates import saved, template_files

pytestmark = pytest.mark.comfyui

PICTURES = (".png", ".jpg", ".jpeg", ".webp")
QUICK_NODES = 40
"""Templates of more nodes are for `--full`: the largest that needs no model draws 13 pictures in a software OpenGL."""


def test_every_template_converts(comfyui_server: ComfyServer) -> None:
    info = comfyui_server.get("/object_info")
    refused = {}
    for path in template_files():
        try:
            assert convert(saved(path), info), path.name
        except WorkflowRefused as exc:
            refused[path.name] = str(exc)
    assert refused == {}
    assert len(template_files()) > 400


async def test_templates_that_need_no_model_run(
    comfyui_server: ComfyServer, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    chosen = runnable(comfyui_server)
    assert len(chosen) >= 5
    if not request.config.getoption("--full"):
        chosen = {path: found for path, found in chosen.items() if found.nodes <= QUICK_NODES}
    settings = load_settings(comfyui=comfyui_server.url, data=tmp_path / "data")
    async with open_engine(settings, say=lambda _: None) as engine:
        info = await engine.object_info()
        for path, found in chosen.items():
            for finding in found.findings:
                draw(comfyui_server.base / "input" / str(finding.value))
            out = tmp_path / path.stem
            graph = load_workflow(path, info).graph
            batch = Batch(workflow=path.name, graph=graph, object_info=info, folder=out, silence_ns=120 * NS_PER_SECOND)
            manifest = await run_batch(batch, engine, lambda *_: None)
            assert shown_by(graph) <= {entry.node for entry in manifest.entries}, path.name
            assert all((out / entry.file).stat().st_size for entry in manifest.entries if entry.file), path.name


def runnable(server: ComfyServer) -> dict[Path, Inspection]:
    """Return the templates that lack nothing here but pictures, which a test can draw."""
    info = server.get("/object_info")
    chosen = {}
    for path in template_files():
        found = inspect(path, info)
        drawable = all(
            finding.kind == "missing_file" and str(finding.value).lower().endswith(PICTURES)
            for finding in found.findings
        )
        if drawable:
            chosen[path] = found
    return chosen


def draw(path: Path) -> None:
    """Draw a picture of several colours."""
    picture = Image.new("RGB", (96, 64), (200, 90, 30))
    picture.paste((20, 120, 220), (16, 16, 64, 48))
    picture.save(path)


def shown_by(graph: Mapping[str, Any]) -> set[str]:
    """Return the nodes that show or save a picture or a text."""
    return {key for key, told in graph.items() if told["class_type"] in ("SaveImage", "PreviewImage", "PreviewAny")}
