"""Passengers: which nodes ride along, under which names, and for how long."""

from __future__ import annotations

import pytest

from runner.engine.passengers import MOST_GRAPHS, PATIENCE_NS, Passengers, lasting_nodes, without_passengers
from runner.ports import ApiGraph, PromptJob

pytestmark = pytest.mark.fast

INFO = {"Loader": {}, "Encode": {}, "Window": {}, "Render": {}, "Show": {"output_node": True}}
GRAPH: ApiGraph = {
    "1": {"class_type": "Loader", "inputs": {"name": "a"}},
    "2": {"class_type": "Encode", "inputs": {"model": ["1", 0], "pair": [1, "text"]}},
    "3": {"class_type": "Window", "inputs": {"index": 4}},
    "4": {"class_type": "Render", "inputs": {"model": ["1", 0], "window": ["3", 0]}},
    "5": {"class_type": "Show", "inputs": {"images": ["2", 0]}},
    "6": {"class_type": "Encode", "inputs": {"model": ["5", 0]}},
}


def job(name: str = "a", lasting: frozenset[str] = frozenset({"1", "2"})) -> PromptJob:
    graph = {**GRAPH, "1": {"class_type": "Loader", "inputs": {"name": name}}}
    return PromptJob(prompt_id=name, graph=graph, silence_timeout_ns=1, lasting=lasting)


def names(riding: ApiGraph) -> list[str]:
    return [node["inputs"]["name"] for node in riding.values() if node["class_type"] == "Loader"]


def test_what_depends_on_the_window_or_would_run_by_itself_does_not_last() -> None:
    assert lasting_nodes(GRAPH, "3", INFO) == {"1", "2"}


def test_a_graph_rides_along_with_the_others_and_not_with_itself() -> None:
    passengers = Passengers()
    assert passengers.board(job("a"), now_ns=0) == {}
    assert passengers.board(job("a"), now_ns=1) == {}
    riding = passengers.board(job("b"), now_ns=2)
    (loader, told), (encoder, reading) = riding.items()
    assert told == {"class_type": "Loader", "inputs": {"name": "a"}}
    assert reading["inputs"] == {"model": [loader, 0], "pair": [1, "text"]}
    assert not {loader, encoder} & set(GRAPH)
    assert names(passengers.board(job("a"), now_ns=3)) == ["b"]
    assert names(passengers.board(job("c", frozenset()), now_ns=4)) == ["b", "a"]
    assert without_passengers({"4": {}, loader: {}}) == {"4": {}}


def test_a_graph_that_rests_lets_go_of_its_models() -> None:
    passengers = Passengers()
    passengers.board(job("a"), now_ns=0)
    passengers.board(job("b"), now_ns=PATIENCE_NS)
    assert names(passengers.board(job("c"), now_ns=PATIENCE_NS + 1)) == ["b"]


def test_they_are_few_and_gone_with_comfyui() -> None:
    passengers = Passengers()
    for number in range(2 * MOST_GRAPHS):
        passengers.board(job(str(number)), now_ns=number)
    riding = names(passengers.board(job("last"), now_ns=99))
    assert riding == [str(number) for number in range(MOST_GRAPHS, 2 * MOST_GRAPHS)]
    passengers.clear()
    assert passengers.board(job("a"), now_ns=100) == {}
