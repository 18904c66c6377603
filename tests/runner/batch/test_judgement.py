"""What the editor is told of a graph before it goes on air: findings with their nodes, never an exception."""

from __future__ import annotations

import json
from typing import Any

import pytest

from runner.batch.judgement import Judgement, judge, refuse_unfit
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.errors import WorkflowRefused
from runner.settings import REPOSITORY

pytestmark = pytest.mark.fast
WINDOW = {"window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 64, "height": 64, "seed": 0, "index": 0}
GOOD: dict[str, Any] = {
    "1": {"class_type": "OnAirWindow", "inputs": WINDOW},
    "2": {"class_type": "OnAirPortrait", "inputs": {"image": ["1", 2], "audio": ["1", 0], "window": ["1", 8]}},
    "3": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8]}},
}


def judged(graph: object) -> Judgement:
    return judge(graph, dict(OBJECT_INFO), name="the graph")


def without(node: str) -> dict[str, Any]:
    return {node_id: told for node_id, told in GOOD.items() if node_id != node}


def test_a_graph_with_window_and_segment_is_live() -> None:
    told = judged(GOOD)
    assert (told.live, told.errors) == (True, ())
    refuse_unfit(told, name="the graph")


@pytest.mark.parametrize(
    ("graph", "code", "node"),
    [
        (without("3"), "workflow.no_segment", None),
        ({**GOOD, "4": GOOD["3"]}, "workflow.two_segments", "4"),
        ({**GOOD, "2": {"class_type": "Nowhere", "inputs": GOOD["2"]["inputs"]}}, "workflow.missing_node", "2"),
        ({**GOOD, "1": {**GOOD["1"], "inputs": {**GOOD["1"]["inputs"], "fps": 24}}}, "workflow.size", "1"),
        ({"nodes": "none"}, "workflow.not_a_workflow", None),
        ([], "workflow.not_a_workflow", None),
        ("text", "workflow.not_a_workflow", None),
    ],
)
def test_what_keeps_a_graph_from_the_air_is_told_with_its_node(graph: object, code: str, node: str | None) -> None:
    told = judged(graph)
    assert not told.live
    assert (code, node) in [(one.code, one.node) for one in told.errors]
    with pytest.raises(WorkflowRefused) as caught:
        refuse_unfit(told, name="the graph")
    assert json.loads(json.dumps(caught.value.findings)) == json.loads(json.dumps(told.findings))


def test_a_fault_beside_what_goes_on_air_is_a_warning() -> None:
    beside = {"class_type": "Nowhere", "inputs": {"images": ["2", 0]}}
    told = judged({**GOOD, "9": beside})
    assert told.live
    assert [(one.node, one.severity) for one in told.verdicts if one.code == "workflow.missing_node"] == [
        ("9", "warning")
    ]


def test_the_graph_that_is_judged_stays_as_it_is() -> None:
    graph = json.loads((REPOSITORY / "workflows" / "portrait_live.json").read_text())
    before = json.dumps(graph)
    judged(graph)
    assert json.dumps(graph) == before
