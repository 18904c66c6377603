"""Subgraphs: ids, promoted values, instances, and the older way of promoting."""

from __future__ import annotations

from typing import Any

import pytest

from runner.convert import convert
from runner.errors import WorkflowRefused
from tests.runner.convert.saved_graph import INFO, border, inputs_of, node, subgraph, workflow

pytestmark = pytest.mark.fast


def make(key: str = "S", inner_id: int = 5) -> dict[str, Any]:
    """Return a subgraph with an outer latent to refine, a promoted width and one output."""
    nodes = [node(inner_id, "Latent", [64]), node(inner_id + 1, "Refine")]
    links = [
        (1, -10, 0, inner_id + 1, "other", "LATENT"),
        (2, -10, 1, inner_id, "width", "INT"),
        (3, inner_id, 0, inner_id + 1, "latent", "LATENT"),
        (4, inner_id + 1, 0, -20, 0, "LATENT"),
    ]
    nodes[0]["inputs"] = [{"name": "width", "type": "INT", "widget": {"name": "width"}}]
    ends = {"inputs": [border("given", "LATENT", 1), border("size", "INT", 2)], "outputs": [border("out", "LATENT", 4)]}
    return subgraph(key, nodes, *links, **ends)


def used(*instances: dict[str, Any], inner: dict[str, Any] | None = None) -> dict[str, Any]:
    nodes = [node(1, "Latent"), *instances, node(3, "SaveLatent")]
    links = [(10, 1, 0, 2, "given", "LATENT"), (11, 2, 0, 3, "samples", "LATENT")]
    return workflow(nodes, *links, definitions={"subgraphs": [inner or make()]})


def test_inner_nodes_have_the_path_in_their_id_and_links_cross_the_border() -> None:
    told = inputs_of(used(node(2, "S")))
    assert told["2:6"] == {"latent": ["2:5", 0], "other": ["1", 0]}
    assert told["3"]["samples"] == ["2:6", 0]
    assert "2" not in told


def test_a_promoted_value_is_the_instances_own() -> None:
    told = inputs_of(used(node(2, "S", [256]), node(4, "S", [320]), node(7, "S")))
    assert [told[key]["width"] for key in ("2:5", "4:5", "7:5")] == [256, 320, 64]


def test_a_link_to_a_promoted_input_wins() -> None:
    saved = used(node(2, "S", [256]))
    saved["nodes"][1]["inputs"].append({"name": "size", "type": "INT", "link": 12})
    saved["links"].append([12, 1, 0, 2, 1, "INT"])
    assert inputs_of(saved)["2:5"] == {"width": ["1", 0]}


def test_an_instance_without_anything_outside_leaves_its_inputs_open() -> None:
    saved = used(node(2, "S"), node(4, "S"))
    assert inputs_of(saved)["4:6"] == {"latent": ["4:5", 0]}


def test_a_muted_instance_is_left_out_and_a_bypassed_one_lets_through() -> None:
    muted, bypassed = inputs_of(used(node(2, "S", mode=2))), inputs_of(used(node(2, "S", mode=4)))
    assert set(muted) == set(bypassed) == {"1", "3"}
    assert "samples" not in muted["3"]
    assert bypassed["3"]["samples"] == ["1", 0]


def test_a_subgraph_within_a_subgraph_passes_value_and_link_through() -> None:
    outer_nodes = [node(8, "S")]
    outer_links = [(1, -10, 0, 8, "given", "LATENT"), (2, -10, 1, 8, "size", "INT"), (3, 8, 0, -20, 0, "LATENT")]
    ends = {"inputs": [border("given", "LATENT", 1), border("wide", "INT", 2)], "outputs": [border("o", "LATENT", 3)]}
    saved = used(node(2, "T", [640]))
    saved["definitions"]["subgraphs"] = [subgraph("T", outer_nodes, *outer_links, **ends), make()]
    told = inputs_of(saved)
    assert told["2:8:5"] == {"width": 640}
    assert told["2:8:6"]["other"] == ["1", 0]
    assert told["3"]["samples"] == ["2:8:6", 0]


def test_a_widget_promoted_the_older_way_becomes_an_input_with_its_value() -> None:
    inner = make()
    inner["nodes"][0]["widgets_values"] = [64]
    inner["inputs"].pop()
    inner["links"] = [link for link in inner["links"] if link["id"] != 2]
    inner["nodes"][0]["inputs"][0]["link"] = None
    instance = node(2, "S", [768], properties={"proxyWidgets": [["5", "width"]]})
    assert inputs_of(used(instance, inner=inner))["2:5"] == {"width": 768}


def test_inner_ids_that_the_root_has_too_are_made_new() -> None:
    told = inputs_of(used(node(2, "S"), inner=make(inner_id=2)))
    assert told["3"]["samples"] == ["2:101", 0]
    assert told["2:101"] == {"latent": ["2:100", 0], "other": ["1", 0]}


def test_a_subgraph_that_contains_itself_is_refused() -> None:
    saved = used(node(2, "S"))
    saved["definitions"]["subgraphs"][0]["nodes"].append(node(30, "S"))
    with pytest.raises(WorkflowRefused) as refused:
        convert(saved, INFO)
    assert refused.value.code == "workflow.loop"
