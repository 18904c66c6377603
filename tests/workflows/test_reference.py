"""What depends on the picture alone is computed once in a session: the nodes that real ComfyUI ran, counted."""

from __future__ import annotations

import pytest

from runner.engine.binding import LiveGraph, bind
from runner.engine.workflow import Workflow
from runner.ports import ApiGraph
from tests.comfy_server import ComfyServer
from tests.tiny_models.air import Turn, Watched, speech
from tests.tiny_models.files import OVERLAP_FRAMES, SIDE, WINDOW_FRAMES

pytestmark = pytest.mark.comfyui

SHAPE = {"width": SIDE, "height": SIDE, "window_frames": WINDOW_FRAMES, "overlap_frames": OVERLAP_FRAMES, "fps": 25}
GRAPH: ApiGraph = {
    "1": {"class_type": "OnAirWindow", "inputs": {**SHAPE, "index": 0, "seed": 0, "image": ["5", 0]}},
    "2": {"class_type": "ImageBlur", "inputs": {"image": ["1", 2], "blur_radius": 2, "sigma": 1.0}},
    "3": {"class_type": "RepeatImageBatch", "inputs": {"image": ["2", 0], "amount": WINDOW_FRAMES}},
    "4": {"class_type": "OnAirSegment", "inputs": {"images": ["3", 0], "window": ["1", 8]}},
    "5": {"class_type": "LoadImage", "inputs": {"image": "face.png"}},
}


async def test_the_second_window_runs_only_window_and_segment(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    info = await tiny_engine.object_info()
    graphs: dict[str, LiveGraph] = {
        "held": bind(Workflow(name="held", graph=GRAPH), info),
        "linked": bind(
            Workflow(name="linked", graph=GRAPH),
            {kind: told for kind, told in info.items() if kind != "OnAirReference"},
        ),
    }
    made, ran = {}, {}
    for name, graph in graphs.items():
        turn = Turn(graph, tiny_server.data, speech(1.7))
        begun = len(tiny_engine.results)
        for index in range(2):
            await turn.render(tiny_engine, index)
        made[name] = [turn.made(index) for index in range(2)]
        ran[name] = [tiny_engine.classes(begun + index) for index in range(2)]
    assert made["held"] == made["linked"]
    assert ran["held"][1] == ["OnAirSegment", "OnAirWindow"]
    assert {"ImageBlur", "OnAirReference", "RepeatImageBatch"} <= set(ran["held"][0])
    assert ran["linked"][1] == ["ImageBlur", "OnAirSegment", "OnAirWindow", "RepeatImageBatch"]
