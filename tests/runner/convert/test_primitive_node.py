"""A PrimitiveNode writes its value into what it leads to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.runner.convert.saved_graph import inputs_of, node, workflow

pytestmark = pytest.mark.fast


def driven(value: Any, *targets: tuple[int, str, str], **more: Any) -> dict[str, Any]:
    values = None if value is None else [value, "fixed"]
    nodes = [node(1, "PrimitiveNode", values, **more), node(2, "Latent", [64]), node(3, "Sample"), node(4, "Encode")]
    links = [(at, 1, 0, target, name, kind) for at, (target, name, kind) in enumerate(targets, 1)]
    return inputs_of(workflow(nodes, *links))


def test_the_value_reaches_every_target_and_no_link_is_sent() -> None:
    told = driven(9, (3, "steps", "INT"), (3, "seed", "INT"))
    assert (told["3"]["steps"], told["3"]["seed"]) == (9, 9)
    assert "1" not in told


def test_without_a_value_the_target_keeps_its_own() -> None:
    assert driven(None, (2, "width", "INT"))["2"] == {"width": 64}


def test_a_number_is_rounded_to_the_step_and_clamped_to_the_range_of_its_target() -> None:
    assert driven(1001, (2, "width", "INT"))["2"] == {"width": 1000}
    assert driven(100000, (2, "width", "INT"))["2"] == {"width": 4096}
    assert driven(1.23456, (3, "cfg", "FLOAT"))["3"]["cfg"] == 1.2


def test_a_muted_primitive_still_writes() -> None:
    assert driven(9, (3, "steps", "INT"), mode=2)["3"]["steps"] == 9


def test_names_are_replaced_where_the_node_is_told_to() -> None:
    properties = {"Run widget replace on values": True}
    assert driven("w=%Latent.width%", (4, "text", "STRING"), properties=properties)["4"]["text"] == "w=64"
    assert driven("w=%Latent.width%", (4, "text", "STRING"))["4"]["text"] == "w=%Latent.width%"
