"""Where a link really begins: behind bends, mutes and bypasses."""

from __future__ import annotations

from typing import Any

import pytest

from runner.convert import convert
from runner.errors import WorkflowRefused
from tests.runner.convert.saved_graph import INFO, inputs_of, node, workflow

pytestmark = pytest.mark.fast


def chain(mode: int = 0) -> dict[str, Any]:
    """Two latents; the second goes through Refine by the input that has another place than the output."""
    nodes = [node(1, "Latent"), node(2, "Latent"), node(3, "Refine", mode=mode), node(4, "SaveLatent")]
    links = [(1, 1, 0, 3, "other", "LATENT"), (2, 2, 0, 3, "latent", "LATENT"), (3, 3, 0, 4, "samples", "LATENT")]
    return workflow(nodes, *links)


def test_a_link_names_node_and_slot() -> None:
    assert inputs_of(chain())["4"]["samples"] == ["3", 0]


def test_a_muted_node_and_what_it_feeds_are_not_connected() -> None:
    told = inputs_of(chain(mode=2))
    assert set(told) == {"1", "2", "4"}
    assert "samples" not in told["4"]


def test_a_bypassed_node_lets_through_what_fits_its_output() -> None:
    assert inputs_of(chain(mode=4))["4"]["samples"] == ["2", 0]


def test_a_bypassed_node_without_a_fitting_input_lets_nothing_through() -> None:
    nodes = [node(1, "Load"), node(2, "Latent", mode=4), node(3, "SaveLatent")]
    assert "samples" not in inputs_of(workflow(nodes, (1, 2, 0, 3, "samples", "LATENT")))["3"]


def test_bends_are_followed_to_their_source() -> None:
    nodes = [node(1, "Latent"), node(2, "Reroute"), node(3, "Reroute"), node(4, "SaveLatent")]
    links = [(1, 1, 0, 2, "", "*"), (2, 2, 0, 3, "", "*"), (3, 3, 0, 4, "samples", "LATENT")]
    told = inputs_of(workflow(nodes, *links))
    assert told["4"]["samples"] == ["1", 0]
    assert set(told) == {"1", "4"}


def test_a_bend_drops_what_cannot_take_its_type() -> None:
    nodes = [node(1, "Load"), node(2, "Reroute"), node(3, "SaveLatent")]
    told = inputs_of(workflow(nodes, (1, 1, 0, 2, "", "*"), (2, 2, 0, 3, "samples", "LATENT")))
    assert "samples" not in told["3"]


def test_a_link_wins_over_the_widget_that_it_stands_for() -> None:
    nodes = [node(1, "Latent", [64]), node(2, "Latent", [128])]
    told = inputs_of(workflow(nodes, (1, 1, 0, 2, "width", "INT")))
    assert told["2"] == {"width": ["1", 0]}


def test_links_of_the_newer_format_are_read() -> None:
    saved = chain()
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    saved["links"] = [dict(zip(names, link, strict=True)) for link in saved["links"]]
    assert inputs_of({**saved, "version": 1}) == inputs_of(chain())


def test_inputs_in_another_order_than_the_definition_keep_their_links() -> None:
    saved = chain()
    saved["nodes"][2]["inputs"].reverse()
    assert inputs_of(saved)["3"] == {"latent": ["2", 0], "other": ["1", 0]}


def test_notes_are_not_sent_and_unknown_classes_keep_their_name() -> None:
    nodes = [node(1, "Note", ["text"]), node(2, "MarkdownNote", ["text"]), node(3, "Nobody", [5])]
    assert {key: told["class_type"] for key, told in convert(workflow(nodes), INFO).items()} == {"3": "Nobody"}


def test_a_link_that_the_file_does_not_have_is_refused() -> None:
    saved = chain()
    del saved["links"][2]
    with pytest.raises(WorkflowRefused, match="link 3") as refused:
        convert(saved, INFO)
    assert refused.value.code == "workflow.broken_link"


def test_a_circle_of_bends_is_refused() -> None:
    nodes = [node(1, "Reroute"), node(2, "Reroute"), node(3, "SaveLatent")]
    links = [(1, 1, 0, 2, "", "*"), (2, 2, 0, 1, "", "*"), (3, 2, 0, 3, "samples", "LATENT")]
    with pytest.raises(WorkflowRefused, match="circle") as refused:
        convert(workflow(nodes, *links), INFO)
    assert refused.value.code == "workflow.loop"
