"""The list of models is that of the shipped graphs, and they are those of ComfyUI's own template."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from installer import model_list
from installer.errors import BadUse
from installer.model_list import ModelFile, choose, files_of, sets_of
from tests.install.model_server import graph_file

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = ROOT / "workflows"
WEIGHTS = re.compile(r".*\.(safetensors|gguf|pt|pth|bin|ckpt|onnx)")


def _nodes(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        if isinstance(part.get("properties"), dict) and "type" in part:
            yield part
        for one in part.values():
            yield from _nodes(one)
    elif isinstance(part, list):
        for one in part:
            yield from _nodes(one)


def _loads(node: dict[str, Any]) -> set[str]:
    """The weights that a node's widgets name."""
    values = node.get("widgets_values") or []
    found = values.values() if isinstance(values, dict) else values
    return {value for value in found if isinstance(value, str) and WEIGHTS.fullmatch(value)}


@pytest.mark.parametrize("path", sorted(WORKFLOWS.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_that_a_shipped_graph_loads_is_on_the_list_with_its_source(path: Path) -> None:
    listed = {model.name: model for model in files_of(path)}
    for node in _nodes(json.loads(path.read_text(encoding="utf-8"))):
        own = {record["name"] for record in node["properties"].get("models") or ()}
        assert _loads(node) == own, node["type"]
        assert own <= set(listed)
    assert all(model.repository[0] and model.size_bytes for model in listed.values())


def test_nothing_is_recorded_that_no_graph_needs() -> None:
    names = {model.name for found in sets_of(WORKFLOWS).values() for model in found}
    assert set(model_list.SIZES_BYTES) - names == set()
    assert set(model_list.CHECKSUMS) - names == set()
    assert all(re.fullmatch(r"[0-9a-f]{64}", checksum) for checksum in model_list.CHECKSUMS.values())


def test_the_two_speaker_graph_takes_the_files_of_comfyuis_own_template() -> None:
    spec = find_spec("comfyui_workflow_templates_json")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("ComfyUI's templates are not installed")
    found = sorted(Path(spec.submodule_search_locations[0]).rglob("video_wan2_1_infinitetalk.json"))
    if not found:
        pytest.skip("this release of ComfyUI's templates has none for InfiniteTalk")
    theirs, ours = files_of(found[0]), files_of(WORKFLOWS / "infinitetalk_two_speakers_live.json")
    assert {(one.place, one.url) for one in ours} == {(one.place, one.url) for one in theirs}


def test_the_family_holds_the_patches_for_one_and_for_two_and_no_other_packs_files() -> None:
    names = {model.name for model in choose(WORKFLOWS, ["infinitetalk"])}
    assert {f"wan2.1_infiniteTalk_{kind}_fp16.safetensors" for kind in ("single", "multi")} < names
    sets = {stem: found for stem, found in sets_of(WORKFLOWS).items() if stem not in model_list.OTHER_WEIGHTS}
    plain = {model.name for stem, found in sets.items() if "wrapper" not in stem for model in found}
    assert {model.name for model in choose(WORKFLOWS, [])} == plain >= names


def test_licences_are_told_where_they_are_known_and_the_page_where_not() -> None:
    told = {model.name: model.licence for model in choose(WORKFLOWS, ["infinitetalk"])}
    assert told["Wan2_1_VAE_bf16.safetensors"] == "Wan 2.1: Apache-2.0"
    assert told["wan2.1_infiniteTalk_multi_fp16.safetensors"] == "InfiniteTalk: Apache-2.0"
    assert "see the source page, https://huggingface.co/Kijai/" in told["wav2vec2-chinese-base_fp16.safetensors"]
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8").partition("\nWeights")[2]
    assert [name for name in told if name not in notice] == []


@pytest.mark.parametrize(("kind", "file"), [("../x", "a.pt"), ("/x", "a.pt"), ("vae", "..\\a.pt"), ("", "a.pt")])
def test_a_name_that_leads_out_of_the_models_folder_is_refused(tmp_path: Path, kind: str, file: str) -> None:
    graph_file(tmp_path, "bad", (kind, file))
    with pytest.raises(BadUse, match="cannot be placed"):
        files_of(tmp_path / "bad.json")


def test_an_address_of_no_repository_has_none() -> None:
    model = ModelFile(name="a.pt", folder="vae", url="https://models.example/a.pt")
    assert model.repository == ("", "")
    assert "https://models.example/a.pt" in model.licence
