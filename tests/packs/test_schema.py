"""What a person reads at the nodes in ComfyUI's editor: words, units, help and templates, in English and Chinese."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.comfy_server import ComfyServer

ROOT = Path(__file__).resolve().parents[2]
HELP = ROOT / "custom_nodes" / "web" / "static" / "docs"
CHINESE = ROOT / "locales" / "zh"
UNIT = re.compile(r"frames?\b|pixels?\b|LUFS|times|[Ss]hare|whole number|number from|per second")
CJK = re.compile(r"[\u4e00-\u9fff]")
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)]+)\)|<img src=\"([^\"]+)\"")
LARGEST_PICTURE_BYTES = 60_000

Definitions = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def nodes(comfyui_server: ComfyServer) -> Definitions:
    told: Definitions = comfyui_server.get("/object_info")
    return {name: node for name, node in told.items() if name.startswith("OnAir")}


def inputs(node: dict[str, Any]) -> dict[str, Any]:
    return {**node["input"].get("required", {}), **node["input"].get("optional", {})}


@pytest.mark.comfyui
def test_every_node_says_what_it_is_and_every_port_what_it_holds(nodes: Definitions) -> None:
    assert len(nodes) >= 10
    bad = [name for name, node in nodes.items() if not (node["description"] and node["search_aliases"])]
    bad += [name for name, node in nodes.items() if node["category"] != "OnAir"]
    for name, node in nodes.items():
        bad += [f"{name}.{port}" for port, told in inputs(node).items() if not told[1].get("tooltip")]
        tooltips = zip(node["output_name"], node["output_tooltips"], strict=True)
        bad += [f"{name} -> {port}" for port, tooltip in tooltips if not tooltip]
    assert bad == []


@pytest.mark.comfyui
def test_every_number_has_its_unit_and_its_end(nodes: Definitions) -> None:
    bad = []
    for name, node in nodes.items():
        for port, (kind, told) in ((port, told) for port, told in inputs(node).items() if told[0] in ("INT", "FLOAT")):
            if not UNIT.search(told["tooltip"]) or "max" not in told:
                bad.append(f"{name}.{port} ({kind}): {told['tooltip']}")
    assert bad == []


@pytest.mark.comfyui
def test_every_word_of_a_node_is_there_in_chinese(nodes: Definitions) -> None:
    told = json.loads((CHINESE / "nodeDefs.json").read_text(encoding="utf-8"))
    bad = []
    for name, node in nodes.items():
        words = told.get(name, {})
        found = {"description": words.get("description", "")}
        found |= {port: words.get("inputs", {}).get(port, {}).get("tooltip", "") for port in inputs(node)}
        found |= {
            f"output {place}": words.get("outputs", {}).get(str(place), {}).get("tooltip", "")
            for place in range(len(node["output"]))
        }
        bad += [f"{name}.{what}" for what, text in found.items() if not CJK.search(text)]
        bad += [f"{name}.{port} is no input any more" for port in words.get("inputs", {}) if port not in inputs(node)]
    assert bad == []


@pytest.mark.comfyui
def test_every_node_has_a_help_page_in_both_languages_that_names_its_inputs(nodes: Definitions) -> None:
    bad = []
    for name, node in nodes.items():
        for page in (HELP / f"{name}.md", HELP / name / "zh.md"):
            text = page.read_text(encoding="utf-8") if page.is_file() else ""
            bad += [f"{page.relative_to(ROOT)}: {port}" for port in inputs(node) if f"`{port}`" not in text]
        if not CJK.search((HELP / name / "zh.md").read_text(encoding="utf-8")):
            bad.append(f"{name}: zh.md is not in Chinese")
    assert bad == []


@pytest.mark.comfyui
def test_the_editor_is_served_pages_translations_and_templates(nodes: Definitions, comfyui_server: ComfyServer) -> None:
    import urllib.request

    def answers(path: str) -> str:
        with urllib.request.urlopen(comfyui_server.url + path, timeout=10) as answer:
            return str(answer.headers["Content-Type"])

    assert set(nodes) <= set(comfyui_server.get("/i18n")["zh"]["nodeDefs"])
    assert "image/svg" in answers("/extensions/onair/docs/OnAirWindow/window.svg")
    assert answers("/extensions/onair/docs/OnAirWindow/zh.md")
    templates = comfyui_server.get("/workflow_templates")["onair"]
    assert sorted(templates) == sorted(path.stem for path in (ROOT / "workflows").glob("*.json"))
    assert {answers(f"/api/workflow_templates/onair/{name}.jpg") for name in templates} == {"image/jpeg"}


@pytest.mark.fast
def test_every_template_has_a_thumbnail_and_every_page_its_pictures_none_of_them_large() -> None:
    pictures = [path.with_suffix(".jpg") for path in (ROOT / "workflows").glob("*.json")]
    for page in HELP.rglob("*.md"):
        found = PICTURE.findall(page.read_text(encoding="utf-8"))
        pictures += [HELP / (plain or tagged) for plain, tagged in found]
    assert [str(path) for path in pictures if not path.is_file()] == []
    assert [path.name for path in pictures if path.stat().st_size > LARGEST_PICTURE_BYTES] == []


@pytest.mark.fast
def test_help_pages_have_no_tables() -> None:
    """The editor's side panel is 220 pixels wide: a table with a port's name beside its meaning scrolls sideways."""
    pages = [page for page in HELP.rglob("*.md") if re.search(r"^\|", page.read_text(encoding="utf-8"), re.MULTILINE)]
    assert pages == []


@pytest.mark.fast
def test_node_ids_and_inputs_of_saved_workflows_are_not_renamed() -> None:
    """What shipped graphs name is what the schemas name: a rename breaks the graphs that people saved."""
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "custom_nodes").rglob("*.py"))
    named = set()
    for path in (ROOT / "workflows").glob("*.json"):
        for node in json.loads(path.read_text(encoding="utf-8"))["nodes"]:
            if node["type"].startswith("OnAir"):
                named |= {node["type"], *(port["name"] for port in (*node["inputs"], *node["outputs"]))}
    assert [name for name in sorted(named) if f'"{name}"' not in source] == []


@pytest.mark.fast
def test_the_help_pages_of_both_languages_show_the_same_pictures() -> None:
    for page in HELP.glob("*.md"):
        both = [page, HELP / page.stem / "zh.md"]
        english, chinese = ({a or b for a, b in PICTURE.findall(one.read_text(encoding="utf-8"))} for one in both)
        assert english == chinese, page.name
