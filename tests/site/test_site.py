"""The documentation as a site: it builds without a broken link, and each node has its page, made from its schema."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from scripts.site.node_pages import node_pages
from tests.comfy_server import REPOSITORY, ComfyServer

ELSEWHERE = re.compile(r"""<(?:script|link|img|iframe)[^>]+(?:src|href)=["']?(?:https?:)?//[^"'\s>]+""")

NODE: dict[str, Any] = {
    "display_name": "Tone",
    "category": "OnAir",
    "description": "Makes a tone.",
    "input": {
        "required": {"seconds": ["FLOAT", {"default": 1.5, "min": 0.0, "max": 60.0, "step": 0.5, "tooltip": "In s."}]},
        "optional": {"kind": ["COMBO", {"options": ["sine", "saw"], "tooltip": "Shape | of it."}], "old": [["a", "b"]]},
    },
    "output": ["AUDIO", "INT"],
    "output_name": ["sound", "samples"],
    "output_tooltips": ["At 48 kHz."],
}


@pytest.mark.fast
def test_a_page_tells_inputs_with_range_and_default_outputs_and_where_the_node_is_used(tmp_path: Path) -> None:
    (tmp_path / "hum.json").write_text(json.dumps({"nodes": [{"type": "Tone"}]}), encoding="utf-8")
    pages = node_pages({"Tone": NODE, "Inner": {**NODE, "dev_only": True}}, tmp_path)
    assert sorted(pages) == ["nodes/Tone.md", "nodes/index.md"]
    assert "| `seconds` | FLOAT | `1.5`; 0 to 60, in steps of 0.5 | In s. |" in pages["nodes/Tone.md"]
    assert "| `kind` | COMBO (optional) | `sine`, `saw` | Shape \\| of it. |" in pages["nodes/Tone.md"]
    assert "| `old` | COMBO (optional) | `a`, `b` |  |" in pages["nodes/Tone.md"]
    assert "| `samples` | INT |  |" in pages["nodes/Tone.md"]
    assert "`hum.json`" in pages["nodes/Tone.md"]
    assert "| [Tone](Tone.md) | Makes a tone. |" in pages["nodes/index.md"]


@pytest.fixture(scope="module")
def definitions(comfyui_server: ComfyServer) -> dict[str, Any]:
    told: dict[str, Any] = comfyui_server.get("/object_info")
    return {name: node for name, node in told.items() if name.startswith("OnAir")}


@pytest.fixture(scope="module")
def site(definitions: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as scripts/docs builds it; a broken link, or a page that the menu lacks, ends it with an error."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "nodes.json").write_text(json.dumps(definitions), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder / "site")],
        cwd=REPOSITORY, env={**os.environ, "DOCS_DEFINITIONS": str(folder / "nodes.json")},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


@pytest.mark.comfyui
def test_each_node_has_a_page_with_all_its_inputs_and_outputs_and_what_they_are(
    site: Path, definitions: dict[str, Any]
) -> None:
    missing = []
    for name, node in definitions.items():
        if node["dev_only"]:
            continue
        text = unescape(re.sub(r"<[^>]+>", "", (site / "nodes" / f"{name}.html").read_text(encoding="utf-8")))
        inputs = {one: told for group in ("required", "optional") for one, told in node["input"].get(group, {}).items()}
        words = [node["description"], *inputs, *node["output_name"]]
        words += [told[1].get("tooltip") or f"a tooltip for {one}" for one, told in inputs.items()]
        missing += [f"{name}: {word}" for word in words if " ".join(word.split()) not in " ".join(text.split())]
    assert missing == []


@pytest.mark.comfyui
def test_a_reader_of_the_site_fetches_nothing_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 20
    assert [f"{page.name}: {hit}" for page in pages for hit in ELSEWHERE.findall(page.read_text("utf-8"))] == []
