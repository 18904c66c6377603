"""Graphs that an editor sends: judged node by node; whoever may not ask does not learn."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import httpx
import pytest

from tests.runner.web.house import IDLE, NODE, SEGMENT, House

GRAPH: dict[str, Any] = {"1": NODE, "2": SEGMENT}


async def check(house: House, graph: Any) -> dict[str, Any]:
    answer = await house.http.post("/api/check", content=json.dumps({"workflow": graph}))
    assert answer.status_code == 200
    return dict(answer.json())


def changed(node: str, **inputs: Any) -> dict[str, Any]:
    graph = copy.deepcopy(GRAPH)
    graph[node]["inputs"].update(inputs)
    return graph


async def test_a_graph_that_can_go_on_air_has_no_findings(house: House) -> None:
    assert await check(house, GRAPH) == {"findings": [], "live": True}


async def test_a_graph_without_our_nodes_is_told_what_it_lacks(house: House) -> None:
    told = await check(house, {"1": {"class_type": "LoadImage", "inputs": {"image": "example.png"}}})
    assert told["live"] is False
    codes = {one["code"]: one for one in told["findings"]}
    assert codes["workflow.no_window"]["severity"] == "error"
    assert "OnAirWindow" in codes["workflow.no_window"]["message"]
    assert codes["workflow.no_window"]["node"] is None


async def test_findings_stand_at_their_nodes(house: House) -> None:
    told = await check(house, {**changed("2", images=["9", 0]), "7": {"class_type": "FancyNode", "inputs": {}}})
    found = {(one["node"], one["code"], one["severity"]) for one in told["findings"]}
    assert ("2", "workflow.bad_link", "error") in found
    assert ("7", "workflow.missing_node", "warning") in found or ("7", "workflow.missing_node", "error") in found


async def test_what_is_cut_away_on_air_is_a_warning(house: House) -> None:
    image = {"class_type": "LoadImage", "inputs": {"image": "example.png"}}
    missing = {**GRAPH, "5": {"class_type": "NobodyHasThis", "inputs": {"image": ["4", 0]}}, "4": image}
    told = await check(house, missing)
    assert [(one["node"], one["severity"]) for one in told["findings"]] == [("5", "warning")]
    assert told["live"] is True


async def test_a_refused_value_is_told_once(house: House) -> None:
    told = await check(house, changed("1", width=100))
    assert [one["severity"] for one in told["findings"]] == ["error"]
    assert told["live"] is False


async def test_an_idle_graph_is_told_to_be_one(house: House) -> None:
    told = await check(house, {"1": NODE, "2": IDLE})
    assert [one["code"] for one in told["findings"]] == ["workflow.refused"]


async def test_a_node_in_a_subgraph_is_named_as_the_editor_does(house: House) -> None:
    inside = {"id": 3, "type": "NobodyHasThis", "inputs": [], "outputs": [], "widgets_values": [], "mode": 0}
    empty = {"inputs": [], "outputs": [], "links": [], "groups": [], "widgets": []}
    subgraph = {
        "id": "11111111-2222-4333-8444-555555555555",
        "name": "Inner",
        "nodes": [inside],
        "inputNode": {"id": -10, "bounding": [0, 0, 1, 1]},
        "outputNode": {"id": -20, "bounding": [0, 0, 1, 1]},
        **empty,
    }
    outside = {"id": 7, "type": subgraph["id"], "inputs": [], "outputs": [], "widgets_values": [], "mode": 0}
    saved = {"nodes": [outside], "links": [], "version": 0.4, "definitions": {"subgraphs": [subgraph]}}
    told = await check(house, saved)
    assert ("7:3", "workflow.missing_node") in {(one["node"], one["code"]) for one in told["findings"]}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "request.invalid"),
        (b"[1]", "request.invalid"),
        (b"[" * 100_000, "request.invalid"),
        (b'{"workflow": 7}', "request.invalid"),
        (b'{"idle": {}}', "request.invalid"),
        (b'{"workflow": {"1": "\xff"}}', "request.invalid"),
    ],
)
async def test_what_is_no_graph_is_refused(house: House, content: bytes, code: str) -> None:
    answer = await house.http.post("/api/check", content=content)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


@pytest.mark.parametrize(
    "graph", [{}, {"a": 1}, {"nodes": 7}, {"nodes": [{}]}, {"1": {"class_type": "X", "inputs": 3}}]
)
async def test_a_damaged_graph_is_a_finding(house: House, graph: Any) -> None:
    told = await check(house, graph)
    assert told["live"] is False
    assert all(one["code"].startswith(("workflow.", "missing_")) for one in told["findings"])


@pytest.mark.parametrize("graph", [{"1": {"class_type": "\ud800", "inputs": {}}}, {"\ud800": NODE}])
async def test_half_a_character_is_a_finding_that_can_be_told(house: House, graph: Any) -> None:
    told = await check(house, graph)
    assert told["live"] is False
    assert "\ud800" not in json.dumps(told, ensure_ascii=False)


async def test_a_graph_may_be_larger_than_a_prompt_but_not_endless(house: House) -> None:
    padded = {**GRAPH, "9": {"class_type": "LoadImage", "inputs": {"image": "x" * 1_000_000}}}
    assert (await house.http.post("/api/check", json={"workflow": padded})).status_code == 200
    editor = {"Origin": "http://127.0.0.1:8188"}
    answer = await house.http.post("/api/check", content=b" " * (4 * 1024 * 1024 + 1), headers=editor)
    assert answer.status_code == 413
    assert answer.headers["access-control-allow-origin"] == "*"  # or its browser would keep the sentence from it


async def test_a_website_cannot_ask(house: House) -> None:
    answer: httpx.Response = await house.http.post(
        "/api/check", content=json.dumps({"workflow": GRAPH}), headers={"Origin": "https://attacker.test"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "access.denied")


async def put(house: House, channel: str, graph: Any, **headers: str) -> httpx.Response:
    address = f"/api/channels/{channel}/workflow"
    return await house.http.put(address, json={"workflow": graph}, headers=headers)


async def opened(house: House) -> tuple[str, str]:
    """A new session's channel, and the token that opens it."""
    told = (await house.http.post("/api/sessions")).json()
    return told["channel"], told["resume_token"]


async def test_ones_own_channel_takes_another_graph_and_the_stream_goes_on(house: House) -> None:
    channel, token = await opened(house)
    answer = await put(house, channel, changed("1", seed=7), **{"X-OnAir-Resume": token})
    assert answer.status_code == 202
    assert answer.json() == {"channel": channel, "findings": [], "applies": "now"}
    stream = house.hub.channel(channel)
    assert stream is not None
    assert stream.scene.renderer.graph.seed == 7
    assert await stream.wait_for(*stream.stream.next_part, 5_000_000_000)


async def test_a_graph_that_cannot_go_on_air_is_refused_with_its_findings(house: House) -> None:
    channel, token = await opened(house)
    before = house.hub.channels()[-1].scene
    answer = await put(house, channel, {"1": NODE}, **{"X-OnAir-Resume": token})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told["code"] == "workflow.no_segment"
    assert [one["severity"] for one in told["findings"]].count("error") >= 1
    assert house.hub.channels()[-1].scene is before


@pytest.mark.parametrize("token", ["", "guessed", "x" * 5000])
async def test_somebody_elses_channel_is_left_alone(house: House, token: str) -> None:
    channel, _ = await opened(house)
    answer = await put(house, channel, GRAPH, **{"X-OnAir-Resume": token})
    assert (answer.status_code, answer.json()["code"]) == (403, "access.denied")
    assert house.maker.made == {}


async def test_the_token_of_another_session_opens_nothing(house: House) -> None:
    channel, _ = await opened(house)
    _, other = await opened(house)
    assert (await put(house, channel, GRAPH, **{"X-OnAir-Resume": other})).status_code == 403


async def test_a_broadcast_channel_needs_no_sessions_token(house: House) -> None:
    house.hub.open_channel("hall", own=False)
    assert (await put(house, "hall", GRAPH)).status_code == 202


async def test_a_channel_that_is_not_there_is_a_404(house: House) -> None:
    answer = await put(house, "nowhere", GRAPH)
    assert (answer.status_code, answer.json()["code"]) == (404, "channel.unknown")


async def test_a_website_cannot_put_a_graph_on_air(house: House) -> None:
    channel, token = await opened(house)
    for headers in ({"Origin": "https://attacker.test"}, {"Host": "attacker.test"}, {"X-Forwarded-For": "::1"}):
        answer = await put(house, channel, GRAPH, **{"X-OnAir-Resume": token, **headers})
        assert (answer.status_code, answer.json()["code"]) == (403, "access.denied")
    assert house.maker.made == {}


async def test_two_editors_at_once_follow_each_other(house: House) -> None:
    channel, token = await opened(house)
    answers = await asyncio.gather(
        *(put(house, channel, changed("1", seed=seed), **{"X-OnAir-Resume": token}) for seed in range(1, 7))
    )
    assert [answer.status_code for answer in answers] == [202] * 6
    stream = house.hub.channel(channel)
    assert stream is not None
    assert stream.scene.renderer.graph.seed in range(1, 7)
    assert stream.running
