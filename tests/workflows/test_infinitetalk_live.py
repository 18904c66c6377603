"""The shipped InfiniteTalk graph in real ComfyUI, window by window, with tiny random weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from custom_nodes.hls_segment.state import read_state
from runner.errors import PromptFailed, WorkflowRefused
from tests.comfy_server import ComfyServer
from tests.tiny_models.air import STEP_FRAMES, Turn, Watched, rewired, shipped, speech
from tests.tiny_models.files import OVERLAP_FRAMES, SIDE

pytestmark = pytest.mark.comfyui

LIVE = "infinitetalk_live.json"
EVERY_WINDOW = [
    "CFGGuider", "OnAirColourLock", "OnAirInfiniteTalk", "OnAirSegment", "OnAirWindow", "RandomNoise",
    "SamplerCustomAdvanced", "VAEDecode",
]  # fmt: skip


async def test_two_sentences_go_on_air_and_later_windows_run_only_what_changes(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    graph = shipped(LIVE, await tiny_engine.object_info())
    turn = Turn(graph, tiny_server.data, speech())
    made = [await turn.render(tiny_engine, index) for index in range(len(turn.windows))]
    assert len(made) == 3
    assert not graph.any_length
    for index, window in enumerate(made):
        assert len(window.media.units) == STEP_FRAMES
        state = read_state(tiny_server.data / turn.state(index))
        assert state.motion_frames.shape == (OVERLAP_FRAMES, SIDE, SIDE, 3)
        assert np.isfinite(state.motion_frames).all()
        assert float(np.ptp(state.motion_frames)) > 0.1  # a picture, not a blank
        colour = window.sidecar["colour"]
        assert colour["drift"] >= 0
        assert colour["colour_lock"]["drift_after"] < colour["colour_lock"]["drift_before"]
    assert [tiny_engine.classes(index) for index in (1, 2)] == [EVERY_WINDOW] * 2


async def test_the_sound_and_the_seed_reach_the_picture(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    graph = shipped(LIVE, await tiny_engine.object_info())
    turns = [
        Turn(graph, tiny_server.data, speech(0.9)),
        Turn(graph, tiny_server.data, speech(0.9, pitch_hz=240.0)),
        Turn(graph, tiny_server.data, speech(0.9), seed=8),
        Turn(graph, tiny_server.data, speech(0.9)),
    ]
    for turn in turns:
        await turn.render(tiny_engine, 0)
    first, other_sound, other_seed, again = (turn.made(0) for turn in turns)
    assert first == again
    assert len({first, other_sound, other_seed}) == 3


def core_nodes(graph: dict[str, Any]) -> None:
    """Put ComfyUI's own nodes in the place of OnAir InfiniteTalk, wired as a person would have to."""
    bundle = next(node_id for node_id, node in graph.items() if node["class_type"] == "OnAirInfiniteTalk")
    window = next(node_id for node_id, node in graph.items() if node["class_type"] == "OnAirWindow")
    given = graph[bundle]["inputs"]
    graph["past"] = {
        "class_type": "EmptyImage",
        "inputs": {"width": SIDE, "height": SIDE, "batch_size": [window, 6], "color": 0},
    }
    graph["before"] = {"class_type": "ImageBatch", "inputs": {"image1": ["past", 0], "image2": given["motion_frames"]}}
    graph["heard"] = {
        "class_type": "AudioEncoderEncode",
        "inputs": {"audio_encoder": given["audio_encoder"], "audio": given["audio"]},
    }
    kept = {name: given[name] for name in ("model", "model_patch", "positive", "negative", "vae")}
    graph[bundle] = {
        "class_type": "WanInfiniteTalkToVideo",
        "inputs": {
            **kept,
            "mode": "single_speaker",
            "width": SIDE,
            "height": SIDE,
            "length": [window, 4],
            "motion_frame_count": [window, 5],
            "audio_encoder_output_1": ["heard", 0],
            "audio_scale": 1.0,
            "start_image": given["image"],
            "previous_frames": ["before", 0],
        },
    }


async def test_the_bundle_is_bit_equal_to_the_core_nodes_it_stands_for(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    info = await tiny_engine.object_info()
    as_wired = ["OnAirInfiniteTalk.exact_timing=false"]
    bundled = Turn(shipped(LIVE, info, more=as_wired), tiny_server.data, speech(1.7))
    plain = Turn(rewired(LIVE, info, core_nodes), tiny_server.data, speech(1.7))
    for turn in (bundled, plain):
        for index in range(2):
            await turn.render(tiny_engine, index)
    assert bundled.graph.workflow_sha256 != plain.graph.workflow_sha256
    assert [bundled.made(index) for index in range(2)] == [plain.made(index) for index in range(2)]


async def test_a_state_of_another_workflow_or_size_and_a_missing_one_are_refused(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    info = await tiny_engine.object_info()
    turn = Turn(shipped(LIVE, info), tiny_server.data, speech(1.7))
    with pytest.raises(PromptFailed) as caught:
        await turn.render(tiny_engine, 1)
    assert (caught.value.code, caught.value.retryable) == ("state.missing", True)
    await turn.render(tiny_engine, 0)
    ran = len(tiny_engine.results)
    other = shipped(LIVE, info, more=["OnAirInfiniteTalk.audio_scale=1.5"])
    for changes in ({"workflow_sha256": other.workflow_sha256}, {"width": 2 * SIDE}, {"overlap_frames": 9}):
        with pytest.raises(PromptFailed) as caught:
            await turn.render(tiny_engine, 1, **changes)
        assert (caught.value.code, caught.value.retryable) == ("state.foreign", False)
    assert len(tiny_engine.results) == ran
    await turn.render(tiny_engine, 1, attempt=1)


async def test_a_length_that_the_model_cannot_hold_is_refused_before_it_runs(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    info = await tiny_engine.object_info()
    graph = shipped(LIVE, info)
    with pytest.raises(WorkflowRefused, match="4n\\+1") as refused:
        shipped(LIVE, info, more=["OnAirWindow.window_frames=30", "OnAirWindow.overlap_frames=6"])
    assert refused.value.code == "workflow.size"
    turn = Turn(graph, tiny_server.data, speech(0.9))
    for changes, code in (
        ({"new_frames": 25}, "window.length"),
        ({"overlap_frames": 4, "new_frames": 25}, "window.overlap"),
    ):
        with pytest.raises(PromptFailed) as caught:
            await turn.render(tiny_engine, 0, **changes)
        assert (caught.value.code, caught.value.retryable) == (code, False)
