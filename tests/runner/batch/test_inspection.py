"""What `check` finds by node definitions alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runner.batch.inspection import inspect
from runner.engine.simulated_nodes import OBJECT_INFO

pytestmark = pytest.mark.fast

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "tests" / "runner" / "convert" / "corpus"
INFO: dict[str, Any] = {
    **OBJECT_INFO,
    "Loader": {
        "input": {"required": {"ckpt_name": [["here.safetensors"]], "kind": ["COMBO", {"options": ["a", "b"]}]}}
    },
    "Save": {
        "input": {"required": {"model": ["MODEL", {}], "strength": ["FLOAT", {"min": 0, "max": 1}]}},
        "output_node": True,
    },
}


def saved(tmp_path: Path, graph: dict[str, Any]) -> Path:
    path = tmp_path / "w.json"
    path.write_text(json.dumps(graph))
    return path


def graph(**loader: Any) -> dict[str, Any]:
    return {
        "1": {"class_type": "Loader", "inputs": {"ckpt_name": "here.safetensors", "kind": "a", **loader}},
        "2": {"class_type": "Save", "inputs": {"model": ["1", 0], "strength": 0.5}},
    }


def kinds(tmp_path: Path, graph: dict[str, Any], *sets: str) -> list[tuple[str, str]]:
    return [(one.kind, one.input) for one in inspect(saved(tmp_path, graph), INFO, sets=sets).findings]


def test_a_good_workflow_has_no_fault_and_says_why_it_is_not_live(tmp_path: Path) -> None:
    found = inspect(saved(tmp_path, graph()), INFO)
    assert found.findings == ()
    assert found.why_not is not None
    assert found.why_not[0] == "workflow.no_window"


def test_a_missing_model_is_named_with_its_folder(tmp_path: Path) -> None:
    (fault,) = inspect(saved(tmp_path, graph(ckpt_name="gone.safetensors")), INFO).findings
    assert (fault.kind, fault.folder, fault.value) == ("missing_model", "checkpoints", "gone.safetensors")


def test_values_and_ranges_are_judged_as_set(tmp_path: Path) -> None:
    assert kinds(tmp_path, graph(kind="c")) == [("bad_value", "kind")]
    assert kinds(tmp_path, graph(), "Save.strength=1.5") == [("bad_value", "strength")]
    assert kinds(tmp_path, graph(kind="c"), "Loader.kind=b") == []


def test_missing_nodes_inputs_and_outputs(tmp_path: Path) -> None:
    broken = graph()
    del broken["2"]["inputs"]["model"]
    broken["3"] = {"class_type": "NoSuchNode", "inputs": {}}
    assert kinds(tmp_path, broken) == [("missing_node", ""), ("missing_input", "model")]
    assert kinds(tmp_path, {"1": graph()["1"]}) == [("no_output", "")]


def test_nodes_that_no_output_needs_are_not_judged(tmp_path: Path) -> None:
    spare = {**graph(), "7": {"class_type": "Loader", "inputs": {"ckpt_name": "gone.safetensors", "kind": "z"}}}
    assert kinds(tmp_path, spare) == []


def test_an_empty_list_of_choices_is_left_to_the_node(tmp_path: Path) -> None:
    info = {"Own": {"input": {"required": {"choice": ["COMBO", {"options": []}]}}, "output_node": True}}
    path = saved(tmp_path, {"1": {"class_type": "Own", "inputs": {"choice": "9:16"}}})
    assert inspect(path, info).findings == ()


def test_every_model_of_real_workflows_gets_its_folder_and_nothing_else_is_wrong_with_them() -> None:
    info = json.loads((CORPUS / "object_info.json").read_text())
    found = [fault for path in sorted(CORPUS.glob("cases/*/workflow.json")) for fault in inspect(path, info).findings]
    models = [one for one in found if one.kind == "missing_model"]
    assert len(models) > 50
    assert [one.value for one in models if not one.folder] == []
    # One case is a graph whose loader is muted: ComfyUI would refuse it, too.
    rest = {(one.kind, one.input) for one in found if one.kind not in ("missing_model", "missing_file")}
    assert rest == {("missing_input", "model")}


WIRED: dict[str, Any] = {
    "Picture": {"input": {}, "output": ["IMAGE", "MASK"]},
    "Show": {
        "input": {
            "required": {
                "image": ["IMAGE"],
                "size": [
                    "COMFY_DYNAMICCOMBO_V3",
                    {
                        "options": [
                            {"key": "by width", "inputs": {"required": {"width": ["INT", {"min": 1, "max": 64}]}}},
                            {"key": "by name", "inputs": {"required": {"name": ["COMBO", {"options": ["small"]}]}}},
                        ]
                    },
                ],
                "more": [
                    "COMFY_AUTOGROW_V3",
                    {"template": {"input": {"required": {"image": ["IMAGE"]}}, "prefix": "image", "min": 1, "max": 3}},
                ],
            }
        },
        "output_node": True,
    },
}


def shown(tmp_path: Path, **inputs: Any) -> list[tuple[str, str]]:
    values = {"image": ["1", 0], "size": "by width", "size.width": 8, "more.image0": ["1", 0], **inputs}
    graph = {
        "1": {"class_type": "Picture", "inputs": {}},
        "2": {"class_type": "Show", "inputs": {key: value for key, value in values.items() if value is not None}},
    }
    return [(one.kind, one.input) for one in inspect(saved(tmp_path, graph), WIRED).findings]


def test_what_a_combo_and_a_growing_group_bring_is_judged_too(tmp_path: Path) -> None:
    assert shown(tmp_path) == []
    assert shown(tmp_path, **{"size.width": 65}) == [("bad_value", "size.width")]
    assert shown(tmp_path, size="by name", **{"size.name": "large"}) == [("bad_value", "size.name")]
    assert shown(tmp_path, size="by hand") == [("bad_value", "size")]
    assert shown(tmp_path, **{"more.image0": None}) == [("missing_input", "more.image0")]


@pytest.mark.parametrize("link", [["1", 1], ["1", 2], ["9", 0]])
def test_a_link_of_another_type_or_to_nowhere_is_a_fault(tmp_path: Path, link: list[Any]) -> None:
    assert shown(tmp_path, **{"more.image1": link}) == [("bad_link", "more.image1")]


def test_the_models_of_a_missing_node_are_told_with_their_place(tmp_path: Path) -> None:
    nodes = [
        {
            "id": 1,
            "type": "Gone",
            "widgets_values": ["m.safetensors"],
            "properties": {"models": [{"name": "m.safetensors", "directory": "loras", "url": "https://example.org/m"}]},
        }
    ]
    path = tmp_path / "w.json"
    path.write_text(json.dumps({"nodes": nodes, "links": []}))
    missing, model = inspect(path, INFO).findings
    assert (missing.kind, model.kind) == ("missing_node", "unseen_model")
    assert (model.folder, model.url) == ("loras", "https://example.org/m")


def test_an_idle_graph_tells_its_loop_and_a_talk_graph_that_it_runs_by_windows() -> None:
    idle = inspect(ROOT / "workflows" / "idle_portrait.json", OBJECT_INFO)
    assert idle.idle is not None
    assert (idle.idle.frames, idle.live, idle.why_not, idle.by_window) == (192, None, None, False)
    assert inspect(ROOT / "workflows" / "portrait_live.json", OBJECT_INFO).by_window


def test_the_shipped_live_graph_tells_its_bindings_through_the_command(tmp_path: Path) -> None:
    definitions = tmp_path / "info.json"
    definitions.write_text(json.dumps(OBJECT_INFO))
    words = [ROOT / "workflows" / "portrait_live.json", "--object-info", definitions, "--json"]
    command = [sys.executable, "-m", "runner", "check", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    told = json.loads(done.stdout)
    live = told["live"]
    assert live["possible"], done.stdout
    assert told["run"] == {"by_window": True}
    assert (live["step_frames"], live["width"], live["fps"]) == (40, 512, 25)
    assert live["window_id"] != live["segment_id"]


def test_faults_end_the_command_with_five(tmp_path: Path) -> None:
    definitions = tmp_path / "info.json"
    definitions.write_text(json.dumps(INFO))
    path = saved(tmp_path, graph(ckpt_name="gone.safetensors"))
    command = [sys.executable, "-m", "runner", "check", str(path), "--object-info", str(definitions)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 5
    assert "models/checkpoints" in done.stdout
    assert "workflow.faulty" in done.stderr


def test_the_command_that_brings_what_a_shipped_graph_lacks_is_told(tmp_path: Path) -> None:
    definitions = tmp_path / "info.json"
    definitions.write_text(json.dumps(INFO))
    path = tmp_path / "my_copy.json"
    path.write_bytes((ROOT / "workflows" / "infinitetalk_wanvideowrapper_live.json").read_bytes())
    command = [sys.executable, "-m", "runner", "check", str(path), "--object-info", str(definitions)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    told = next(line for line in done.stdout.splitlines() if line.startswith("to bring them: "))
    words = told.partition("install.py ")[2].split()
    assert words[:4] == ["download", "--with", "wanvideowrapper", "--set"]
    assert "wanvideowrapper" in words[4]
