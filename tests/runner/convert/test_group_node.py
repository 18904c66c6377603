"""Group nodes of older files are opened: their nodes stand in the prompt."""

from __future__ import annotations

from typing import Any

import pytest

from runner.convert import convert
from tests.runner.convert.saved_graph import INFO, inputs_of, node, workflow

pytestmark = pytest.mark.fast


def grouped(kind: str, inner: str = "Sample") -> dict[str, Any]:
    group = {"nodes": [node(0, "Latent", [64]), node(0, inner)], "links": [[0, 0, 1, 2, 5, "LATENT"]], "external": []}
    nodes = [node(1, "Load"), node(2, kind, [128, 5, "fixed", 30, 7.5]), node(3, "SaveLatent")]
    links = [(1, 1, 0, 2, "model", "MODEL"), (2, 2, 0, 3, "samples", "LATENT")]
    return workflow(nodes, *links, extra={"groupNodes": {"G": group}}, last_node_id=3, last_link_id=2)


@pytest.mark.parametrize("kind", ["workflow>G", "workflow/G"])
def test_a_group_node_becomes_its_nodes_in_a_subgraph_with_its_values_and_links(kind: str) -> None:
    told = inputs_of(grouped(kind))
    assert told["6:4"] == {"width": 128}
    assert told["6:5"] == {"seed": 5, "steps": 30, "cfg": 7.5, "model": ["1", 0], "latent": ["6:4", 0]}
    assert told["3"]["samples"] == ["6:5", 0]
    assert "2" not in told


def test_a_group_with_an_unknown_node_stays_one_unknown_node() -> None:
    assert convert(grouped("workflow>G", inner="Nobody"), INFO)["2"]["class_type"] == "workflow>G"
