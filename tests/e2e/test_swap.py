"""Another graph on a running stream, over HTTP, with real ComfyUI: mid-sentence, refused, two at once, another size."""

from __future__ import annotations

import asyncio
import copy
import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from hls.check import StreamReport, check_stream
from tests.comfy_server import REPOSITORY
from tests.e2e.live_server import LiveServer, Talk

pytestmark = pytest.mark.comfyui

TEXT = (
    "Good evening, and welcome. "
    + "This is one more sentence of an answer that goes on while its picture changes. " * 3
)
GRAPH: dict[str, Any] = json.loads((REPOSITORY / "workflows" / "portrait_live.json").read_text())
WIDGETS = ("index", "window_frames", "overlap_frames", "fps", "width", "height", "seed")


def changed(**values: int) -> dict[str, Any]:
    """The shipped graph with other numbers in its Window, as somebody types them into the editor."""
    graph = copy.deepcopy(GRAPH)
    node = next(one for one in graph["nodes"] if one["type"] == "OnAirWindow")
    for name, value in values.items():
        node["widgets_values"][WIDGETS.index(name)] = value
    return graph


def put(server: LiveServer, talk: Talk, workflow: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(
        f"{server.address}/api/channels/{talk.hello['channel']}/workflow",
        data=json.dumps({"workflow": workflow}).encode(),
        headers={"Content-Type": "application/json", "X-OnAir-Resume": talk.hello["resume_token"]},
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as exc:
        return exc.code, json.loads(exc.read())


def judged(server: LiveServer, talk: Talk) -> StreamReport:
    base = talk.playlist.rsplit("/", 1)[0]
    report = check_stream(lambda name: server.fetch(f"{base}/{name}"))
    assert report.clean, report.violations
    return report


def rendered(talk: Talk) -> list[dict[str, Any]]:
    return [message for _, message in talk.heard if message["type"] == "window"]


def test_a_graph_is_changed_mid_sentence_and_what_cannot_go_on_air_leaves_it_there(server: LiveServer) -> None:
    async def work() -> None:
        talk = await Talk.open(server)
        await talk.say(TEXT)
        await talk.until("state", state="talking")
        status, told = await asyncio.to_thread(put, server, talk, changed(seed=5))
        assert (status, told["applies"]) == (202, "next_window"), told
        ended = await talk.until("turn_end")
        assert (ended["reason"], ended["heard"]) == ("done", TEXT.strip())
        node_ids = {str(one["id"]) for one in GRAPH["nodes"]}
        assert all(set(message["node_ms"]) <= node_ids for message in rendered(talk))
        without = copy.deepcopy(GRAPH)
        next(one for one in without["nodes"] if one["type"] == "OnAirSegment")["mode"] = 2  # muted
        status, told = await asyncio.to_thread(put, server, talk, without)
        assert (status, told["code"]) == (422, "workflow.no_segment"), told
        assert told["findings"][0]["code"] == "workflow.no_segment"
        await talk.until("segment_published", kind="idle")
        assert judged(server, talk).discontinuities == 0

        both = [asyncio.to_thread(put, server, talk, changed(seed=seed)) for seed in (6, 7)]
        assert [status for status, _ in await asyncio.gather(*both)] == [202, 202]
        smaller = await asyncio.to_thread(put, server, talk, changed(width=256, height=256))
        assert smaller[0] == 202, smaller
        await talk.say("This is said in another size.")
        await talk.until("state", state="talking")
        assert (await talk.until("turn_end"))["reason"] == "done"
        await talk.until("segment_published", kind="idle")
        assert judged(server, talk).discontinuities == 1
        await talk.close()

    asyncio.run(work())
    assert "Traceback" not in server.log
