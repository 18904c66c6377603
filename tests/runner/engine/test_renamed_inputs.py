"""A link follows an input that a pack has renamed, and stays where it is when that is a guess."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from runner.engine.renamed_inputs import follow_renamed

pytestmark = pytest.mark.fast

INFO: dict[str, Any] = {
    "Source": {"input": {}, "output": ["IMAGE", "MASK"]},
    "Encode": {"input": {"required": {"image": ["IMAGE"], "size": ["INT", {}]}, "optional": {"mask": ["MASK"]}}},
    "Blend": {"input": {"required": {"first": ["IMAGE"], "second": ["IMAGE"]}}},
}


def moved(kind: str, **inputs: Any) -> tuple[list[tuple[str, str, str]], dict[str, Any]]:
    graph = {"1": {"class_type": "Source", "inputs": {}}, "2": {"class_type": kind, "inputs": inputs}}
    told = follow_renamed(graph, INFO)
    return told, graph["2"]["inputs"]


def test_the_one_link_that_has_no_place_takes_the_one_place_that_has_no_link() -> None:
    told, inputs = moved("Encode", driving_video=["1", 0], size=8)
    assert told == [("2", "driving_video", "image")]
    assert inputs == {"size": 8, "image": ["1", 0]}


@pytest.mark.parametrize(
    ("kind", "inputs"),
    [
        ("Encode", {"image": ["1", 0], "driving_video": ["1", 0]}),  # it is given
        ("Encode", {"driving_video": ["1", 1]}),  # another type, and what it could be is optional
        ("Encode", {"driving_video": 8}),  # a value, no link
        ("Encode", {"one": ["1", 0], "other": ["1", 0]}),  # two for one place
        ("Blend", {"image": ["1", 0]}),  # one for two places
        ("Encode", {"images.image0": ["1", 0]}),  # one of an input that grows
        ("Unknown", {"driving_video": ["1", 0]}),
    ],
)
def test_what_could_mean_two_things_is_left(kind: str, inputs: dict[str, Any]) -> None:
    before = copy.deepcopy(inputs)
    assert moved(kind, **inputs) == ([], before)
