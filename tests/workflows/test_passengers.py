"""Two workflows in turn on one engine: what no window changes is computed once, counted in real ComfyUI."""

from __future__ import annotations

import dataclasses
import uuid
from typing import Any

import pytest

from runner.engine.binding import bind
from runner.engine.workflow import load_workflow
from runner.errors import PromptRejected
from runner.ports import PromptJob
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.tiny_models.air import SILENCE_NS, Turn, Watched, shipped, speech
from tests.tiny_models.files import SIZES

pytestmark = pytest.mark.comfyui

ALONE, TOGETHER, PORTRAIT = "infinitetalk_live.json", "infinitetalk_two_speakers_live.json", "portrait_live.json"
ONE_WINDOW = [
    "CFGGuider", "OnAirColourLock", "OnAirInfiniteTalk", "OnAirSegment", "OnAirWindow", "RandomNoise",
    "SamplerCustomAdvanced", "VAEDecode",
]  # fmt: skip
ONE_PORTRAIT = ["OnAirPortrait", "OnAirSegment", "OnAirWindow"]
LOADERS = {"AudioEncoderLoader", "CLIPLoader", "ModelPatchLoader", "UNETLoader", "VAELoader"}


async def in_turn(engine: Watched, server: ComfyServer, *, riding: bool) -> list[list[list[str]]]:
    """Render two windows of three graphs in turn; return what each prompt of each graph ran."""
    info = await engine.object_info()
    portrait = load_workflow(REPOSITORY / "workflows" / PORTRAIT, info)
    sizes = [size for size in SIZES if size.startswith("OnAirWindow.")]
    graphs = [shipped(ALONE, info), shipped(TOGETHER, info), bind(portrait, info, settings=sizes)]
    turns = [
        Turn(graph if riding else dataclasses.replace(graph, lasting=frozenset()), server.data, speech(1.7))
        for graph in graphs
    ]
    ran: list[list[list[str]]] = [[], [], []]
    for index in range(2):
        for turn, told in zip(turns, ran, strict=True):
            await turn.render(engine, index, audio_2=turn.request(index).audio if turn is turns[1] else "")
            told.append(engine.classes(len(engine.results) - 1))
    return ran


async def test_workflows_in_turn_load_their_models_once(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    alone, together, portrait = await in_turn(tiny_engine, tiny_server, riding=True)
    assert {"CLIPTextEncode", "LoadImage"} <= set(together[0])
    assert [alone[1], together[1], portrait[1]] == [ONE_WINDOW, ONE_WINDOW, ONE_PORTRAIT]


async def test_without_passengers_every_switch_would_load_them_again(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    alone, together, _ = await in_turn(tiny_engine, tiny_server, riding=False)
    assert set(alone[1]) >= LOADERS
    assert "CLIPTextEncode" in together[1]


async def test_what_rides_along_fails_nobodys_prompt(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    turn = Turn(shipped(ALONE, await tiny_engine.object_info()), tiny_server.data, speech(0.9))

    async def ride(node: dict[str, Any]) -> None:
        graph = {"1": node, "2": {"class_type": "OnAirSegment", "inputs": {}}}
        job = PromptJob(
            prompt_id=str(uuid.uuid4()), graph=graph, silence_timeout_ns=SILENCE_NS, lasting=frozenset({"1"})
        )
        with pytest.raises(PromptRejected):
            await tiny_engine.run(job)

    await ride({"class_type": "LoadImage", "inputs": {"image": "gone.png"}})
    await turn.render(tiny_engine, 0)
    await ride({"class_type": "ClassThatIsGone", "inputs": {}})
    await turn.render(tiny_engine, 0, attempt=1)
