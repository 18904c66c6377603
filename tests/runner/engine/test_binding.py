"""Workflows bound for the air: what is refused and with which words, what is cut, what the hash covers."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from runner.engine.api_graph import fed_by, needed_by, shared_settings
from runner.engine.binding import bind
from runner.engine.idle_renderer import bind_idle
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.engine.workflow import Workflow, load_workflow, parse_workflow
from runner.errors import WorkflowRefused

WINDOW = {"index": 0, "window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 256, "height": 320, "seed": 7}
GRAPH: dict[str, Any] = {
    "1": {"class_type": "LoadImage", "inputs": {"image": "a.png"}, "_meta": {"title": "Face"}},
    "2": {"class_type": "SimulatedWork", "inputs": {"steps": 1}},
    "3": {"class_type": "OnAirWindow", "inputs": {**WINDOW, "image": ["1", 0], "audio": ["2", 0]}},
    "4": {"class_type": "OnAirPortrait", "inputs": {"image": ["3", 2], "audio": ["3", 0], "window": ["3", 8]}},
    "5": {"class_type": "OnAirSegment", "inputs": {"images": ["4", 0], "window": ["3", 8], "preview": True}},
    "6": {"class_type": "NotInstalled", "inputs": {"audio": ["2", 0]}},
}


def workflow(change: dict[str, Any] | None = None) -> Workflow:
    graph = copy.deepcopy(GRAPH)
    graph.update(change or {})
    return parse_workflow("mine.json", {key: node for key, node in graph.items() if node}, OBJECT_INFO)


def refused(flow: Workflow, **told: Any) -> WorkflowRefused:
    with pytest.raises(WorkflowRefused) as caught:
        bind(flow, OBJECT_INFO, **told)
    return caught.value


def test_who_is_fed_by_a_node_is_who_needs_it_also_at_the_end_of_a_long_chain() -> None:
    chain = {str(i): {"class_type": "ImageInvert", "inputs": {"image": [str(i - 1), 0]}} for i in range(7, 50_000)}
    graph = {**GRAPH, **chain, "x": {"class_type": "Any", "inputs": {"a": ["nobody", 0], "b": ["x", 0]}}}
    for first in GRAPH:
        assert fed_by(GRAPH, [first]) == {one for one in GRAPH if first in needed_by(GRAPH, one)}
    assert (fed_by(graph, ["x"]), fed_by(graph, ["nobody"])) == ({"x"}, set())
    assert fed_by(graph, ["6"]) == {"6", *chain}


def test_a_live_prompt_holds_only_what_is_needed() -> None:
    prompt = bind(workflow(), OBJECT_INFO).prompt(request_path="t/w.request.json", attempt="x")
    assert sorted(prompt) == ["1", "3", "4", "5"]
    assert "audio" not in prompt["3"]["inputs"]
    assert prompt["3"]["inputs"]["request_path"] == "t/w.request.json"
    assert (prompt["5"]["inputs"]["preview"], prompt["5"]["inputs"]["attempt"]) == (False, "x")


def test_a_picture_replaces_the_link_and_its_loader() -> None:
    prompt = bind(workflow(), OBJECT_INFO, image_path="pictures/a.png").prompt(request_path="r", attempt="x")
    assert sorted(prompt) == ["3", "4", "5"]
    assert prompt["3"]["inputs"]["image_path"] == "pictures/a.png"


def test_the_sizes_are_the_windows() -> None:
    graph = bind(workflow(), OBJECT_INFO)
    assert (graph.width, graph.height, graph.window_frames, graph.overlap_frames) == (256, 320, 45, 5)
    assert (graph.seed, graph.any_length) == (7, True)


def test_the_loudness_may_be_a_number_or_hang_on_a_node_that_holds_one() -> None:
    held = {"class_type": "SimulatedWork", "inputs": {"value": -20.5}}
    for loudness in (-20.5, ["7", 0]):
        window = {"class_type": "OnAirWindow", "inputs": {**GRAPH["3"]["inputs"], "loudness": loudness}}
        assert bind(workflow({"3": window, "7": held}), OBJECT_INFO).loudness_lufs == -20.5
    worked_out = {"3": window, "7": {"class_type": "SimulatedWork", "inputs": {"steps": 1}}}
    assert "loudness of OnAirWindow" in str(refused(workflow(worked_out)))


def test_a_graph_with_another_node_between_takes_no_other_length() -> None:
    segment = {"class_type": "OnAirSegment", "inputs": {"images": ["8", 0], "window": ["3", 8]}}
    other = {"class_type": "SimulatedWork", "inputs": {"images": ["4", 0]}}
    assert not bind(workflow({"5": segment, "8": other}), OBJECT_INFO).any_length


def test_the_hash_ignores_what_the_runner_sets_and_nothing_else() -> None:
    base = bind(workflow(), OBJECT_INFO).workflow_sha256
    again = bind(workflow(), OBJECT_INFO, settings=["3.request_path=x", "OnAirSegment.attempt=5"]).workflow_sha256
    other = bind(workflow(), OBJECT_INFO, settings=["3.seed=8"]).workflow_sha256
    assert base == again
    assert base != other


SEEN: dict[str, Any] = {
    "4": {"class_type": "SimulatedWork", "inputs": {"images": ["3", 2]}},
    "7": {"class_type": "SimulatedWork", "inputs": {"images": ["3", 2], "seen": ["4", 0]}},
    "8": {"class_type": "SimulatedWork", "inputs": {"images": ["3", 2], "seen": ["7", 0], "window": ["3", 8]}},
    "5": {"class_type": "OnAirSegment", "inputs": {"images": ["8", 0], "window": ["3", 8]}},
}


def test_what_depends_on_the_picture_alone_reads_it_from_a_node_that_stays_the_same() -> None:
    graph = bind(workflow(SEEN), OBJECT_INFO)
    first, second = (graph.prompt(request_path=name, attempt=name, image_path="a.png") for name in ("r0", "r1"))
    assert graph.reference_id == "onair_reference"
    assert first["onair_reference"] == {
        "class_type": "OnAirReference",
        "inputs": {"width": 256, "height": 320, "image": ["1", 0], "image_path": "a.png"},
    }
    assert [first[node]["inputs"]["images"] for node in "478"] == [["onair_reference", 0]] * 2 + [["3", 2]]
    assert {node for node in first if first[node] != second[node]} == {"3", "5"}


def test_the_hash_does_not_depend_on_the_node_that_holds_the_picture() -> None:
    old_pack = {kind: told for kind, told in OBJECT_INFO.items() if kind != "OnAirReference"}
    old, new = bind(workflow(SEEN), old_pack), bind(workflow(SEEN), OBJECT_INFO)
    assert (old.reference_id, old.workflow_sha256) == ("", new.workflow_sha256)
    assert bind(workflow(), OBJECT_INFO).reference_id == ""  # the portrait needs the window too


def test_an_audio_encoder_hears_more_of_the_past() -> None:
    heard = {"4": {"class_type": "AudioEncoderEncode", "inputs": {"audio": ["3", 0], "image": ["3", 2]}}}
    info = {**OBJECT_INFO, "AudioEncoderEncode": {}}
    frames = [bind(workflow(change), info).context_frames for change in ({}, heard)]
    assert frames == [25, 75]


def test_a_model_of_whole_latents_gets_4n_plus_1_frames() -> None:
    other = {"4": {"class_type": "WanInfiniteTalkToVideo", "inputs": {"previous_frames": ["3", 3]}}}
    info = {**OBJECT_INFO, "WanInfiniteTalkToVideo": {}}
    assert bind(workflow(other), info).window_frames == 45
    with pytest.raises(WorkflowRefused, match="4n\\+1") as caught:
        bind(workflow(other), info, settings=["3.window_frames=46", "3.overlap_frames=6"])
    assert caught.value.code == "workflow.size"


def test_the_idle_graph_takes_the_talk_graphs_settings_that_fit_but_not_by_id() -> None:
    idle = {"3": {"class_type": "OnAirWindow", "inputs": dict(WINDOW)}, "1": {"class_type": "LoadImage", "inputs": {}}}
    given = ["OnAirWindow.width=64", "3.height=64", "OnAirPortrait.mouth_x=4", "LoadImage.nothing=1"]
    assert shared_settings(idle, given, OBJECT_INFO) == ["OnAirWindow.width=64"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"3": None}, "workflow.no_window"),
        ({"9": GRAPH["3"]}, "workflow.two_windows"),
        ({"5": None}, "workflow.no_segment"),
        ({"9": GRAPH["5"]}, "workflow.two_segments"),
        ({"5": {"class_type": "OnAirSegment", "inputs": {}}}, "workflow.unlinked"),
        ({"3": {"class_type": "OnAirWindow", "inputs": {**WINDOW, "width": 250}}}, "workflow.size"),
        ({"3": {"class_type": "OnAirWindow", "inputs": {**WINDOW, "window_frames": 44}}}, "workflow.size"),
    ],
)
def test_a_graph_that_cannot_go_on_air_is_refused(change: dict[str, Any], code: str) -> None:
    error = refused(workflow(change))
    assert error.code == code
    assert error.exit_code == 2


def test_nodes_that_wait_for_each_other_are_named() -> None:
    first = {"class_type": "SimulatedWork", "inputs": {"images": ["9", 0], "more": ["4", 0]}}
    second = {"class_type": "SimulatedWork", "inputs": {"images": ["8", 0]}}
    segment = {"class_type": "OnAirSegment", "inputs": {"images": ["8", 0], "window": ["3", 8]}}
    error = refused(workflow({"5": segment, "8": first, "9": second}))
    assert (error.code, error.exit_code) == ("workflow.loop", 2)
    assert "SimulatedWork (8) > SimulatedWork (9) > SimulatedWork (8)" in str(error)
    itself = {"class_type": "SimulatedWork", "inputs": {"images": ["8", 0], "more": ["4", 0]}}
    assert refused(workflow({"5": segment, "8": itself})).code == "workflow.loop"


def test_two_ways_to_one_node_are_no_loop() -> None:
    between = {"class_type": "SimulatedWork", "inputs": {"images": ["4", 0], "more": ["4", 1]}}
    segment = {"class_type": "OnAirSegment", "inputs": {"images": ["8", 0], "window": ["3", 8], "more": ["4", 0]}}
    bind(workflow({"5": segment, "8": between}), OBJECT_INFO)


@pytest.mark.parametrize("setting", ["seed", "3.nope=1", "Nobody.seed=1", "3.seed=many", "=1"])
def test_a_setting_that_fits_nothing_is_refused(setting: str) -> None:
    assert refused(workflow(), settings=[setting]).code == "workflow.set"


def test_settings_find_a_node_by_id_title_and_class_and_keep_the_inputs_type() -> None:
    settings = ["3.seed=9", "Face.image=12", "OnAirWindow.width=512"]
    graph = bind(workflow(), OBJECT_INFO, settings=settings).graph
    assert (graph["3"]["inputs"]["seed"], graph["3"]["inputs"]["width"]) == (9, 512)
    assert graph["1"]["inputs"]["image"] == "12"


def test_an_unknown_node_is_named_with_its_pack() -> None:
    editor = {
        "nodes": [
            _node(1, "OnAirWindow", [], list(WINDOW.values()), outputs=9, links={8: [1], 3: [2]}),
            _node(2, "FancyTalker", [("images", 2)], [], outputs=1, links={0: [3]}, cnr_id="fancy-pack"),
            _node(3, "OnAirSegment", [("images", 3), ("window", 1)], [True, ""]),
        ],
        "links": [[1, 1, 8, 3, 1, "ONAIR_WINDOW"], [2, 1, 3, 2, 0, "IMAGE"], [3, 2, 0, 3, 0, "IMAGE"]],
        "extra": {"onair": {"idle": "mine_idle.json"}},
    }
    flow = parse_workflow("mine.json", editor, OBJECT_INFO)
    error = refused(flow)
    assert error.code == "workflow.unknown_node"
    assert "FancyTalker" in str(error)
    assert "fancy-pack" in str(error)
    assert flow.extra["onair"]["idle"] == "mine_idle.json"


def _node(
    number: int,
    kind: str,
    inputs: list[tuple[str, int]],
    values: list[Any],
    *,
    outputs: int = 0,
    links: dict[int, list[int]] | None = None,
    cnr_id: str = "",
) -> dict[str, Any]:
    return {
        "id": number,
        "type": kind,
        "mode": 0,
        "inputs": [{"name": name, "type": "*", "link": link} for name, link in inputs],
        "outputs": [{"name": str(i), "type": "*", "links": (links or {}).get(i, [])} for i in range(outputs)],
        "properties": {"cnr_id": cnr_id} if cnr_id else {},
        "widgets_values": values,
    }


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not json", "workflow.not_json"),
        (b"\xff\xfe\x00\x81", "workflow.not_json"),
        (b"[1, 2]", "workflow.not_a_workflow"),
        (b"{}", "workflow.not_a_workflow"),
        (b'{"nodes": []}', "workflow.not_a_workflow"),
        (b'{"1": {"class_type": "KSampler", "inputs": 5}}', "workflow.damaged"),
        (b'{"1": {"class_type": "KSampler", "inputs": ["seed"]}}', "workflow.damaged"),
        (b'{"1": {"class_type": "KSampler", "_meta": "title"}}', "workflow.damaged"),
        (None, "workflow.not_found"),
    ],
)
def test_a_file_that_is_no_workflow_is_refused(content: bytes | None, code: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WorkflowRefused) as caught:
        load_workflow(path, OBJECT_INFO)
    assert caught.value.code == code
    assert "mine.json" in str(caught.value)


def test_an_api_file_is_taken_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(GRAPH))
    assert load_workflow(tmp_path / "api.json", OBJECT_INFO).graph == GRAPH


def test_an_idle_graph_needs_its_idle_node() -> None:
    with pytest.raises(WorkflowRefused) as caught:
        bind_idle(workflow(), OBJECT_INFO)
    assert caught.value.code == "workflow.no_idle"
