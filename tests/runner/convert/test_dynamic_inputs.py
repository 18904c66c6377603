"""Inputs that come and go: options with inputs of their own, growing groups, matching types, written options."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runner.convert.saved_graph import INFO, definition, inputs_of, node, workflow

pytestmark = pytest.mark.fast


def option(key: str, **inputs: Any) -> dict[str, Any]:
    return {"key": key, "inputs": {"required": inputs}}


DYNAMIC = [
    option("plain"),
    option("deep", size=["INT", {"default": 3}], kind=["COMFY_DYNAMICCOMBO_V3", {"options": [option("x")]}]),
    option("given", picture=["IMAGE", {}], tone=["COMBO", {"options": ["warm", "cold"]}]),
]
IMAGES = {"template": {"input": {"required": {"image": ["IMAGE", {}]}}, "prefix": "image", "min": 1, "max": 4}}
MATCH = {"template": {"allowed_types": "*", "template_id": "T"}}
MORE: dict[str, Any] = {
    **INFO,
    "Mode": definition({"mode": ["COMFY_DYNAMICCOMBO_V3", {"options": DYNAMIC}], "n": ["INT", {"default": 1}]}),
    "Batch": definition({"images": ["COMFY_AUTOGROW_V3", IMAGES]}, "IMAGE"),
    "Switch": definition(
        {"on": ["COMFY_MATCHTYPE_V3", MATCH], "off": ["COMFY_MATCHTYPE_V3", MATCH]},
        "COMFY_MATCHTYPE_V3",
        output_matchtypes=["T"],
    ),
    "CustomCombo": definition({"choice": ["COMBO", {"options": []}]}, "STRING"),
    "Picture": definition({}, "IMAGE"),
}


def alone(kind: str, values: Any = None) -> dict[str, Any]:
    return dict(inputs_of(workflow([node(1, kind, values)]), MORE)["1"])


def test_the_chosen_option_brings_its_inputs_with_their_defaults() -> None:
    assert alone("Mode") == {"mode": "plain", "n": 1}
    assert alone("Mode", ["deep"]) == {"mode": "deep", "mode.size": 3, "mode.kind": "x", "n": 1}


def test_values_of_the_options_inputs_stand_behind_the_option() -> None:
    assert alone("Mode", ["deep", 8, "x", 5]) == {"mode": "deep", "mode.size": 8, "mode.kind": "x", "n": 5}
    assert alone("Mode", ["given", "cold", 5]) == {"mode": "given", "mode.tone": "cold", "n": 5}


def test_a_link_into_an_options_input_is_kept() -> None:
    nodes = [node(1, "Picture"), node(2, "Mode", ["given", "cold", 5])]
    told = inputs_of(workflow(nodes, (1, 1, 0, 2, "mode.picture", "IMAGE")), MORE)
    assert told["2"]["mode.picture"] == ["1", 0]


def test_a_group_grows_with_its_links() -> None:
    nodes = [node(1, "Picture"), node(2, "Batch")]
    links = [(at + 1, 1, 0, 2, f"images.image{at}", "IMAGE") for at in range(4)]
    told = inputs_of(workflow(nodes, *links), MORE)
    assert told["2"] == {f"images.image{at}": ["1", 0] for at in range(4)}


def test_a_bypassed_switch_lets_the_type_through_that_is_connected() -> None:
    nodes = [node(1, "Latent"), node(2, "Switch", mode=4), node(3, "SaveLatent")]
    links = [(1, 1, 0, 2, "off", "LATENT"), (2, 2, 0, 3, "samples", "LATENT")]
    assert inputs_of(workflow(nodes, *links), MORE)["3"].get("samples") is None
    links = [(1, 1, 0, 2, "on", "LATENT"), (2, 2, 0, 3, "samples", "LATENT")]
    assert inputs_of(workflow([*nodes], *links), MORE)["3"]["samples"] == ["1", 0]


def test_a_combo_of_written_options_sends_them_and_the_index_of_the_choice() -> None:
    assert alone("CustomCombo", ["b", 1, "a", "b", ""]) == {
        "choice": "b",
        "index": 1,
        "option1": "a",
        "option2": "b",
        "option3": "",
    }


def test_a_gap_in_a_growing_group_of_one_type_is_closed() -> None:
    member = {"template": {"input": {"required": {"item": ["COMFY_MATCHTYPE_V3", MATCH]}}, "prefix": "item", "min": 1}}
    info = {**MORE, "List": definition({"items": ["COMFY_AUTOGROW_V3", member]}, "COMFY_MATCHTYPE_V3")}
    nodes = [node(1, "Picture"), node(2, "List", inputs=[{"name": "items.item0", "type": "*", "link": None}])]
    told = inputs_of(workflow(nodes, (1, 1, 0, 2, "items.item1", "IMAGE")), info)
    assert told["2"] == {"items.item0": ["1", 0]}
