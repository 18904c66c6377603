"""The generated idle loop, and a talk of two people, in real ComfyUI with tiny weights."""

from __future__ import annotations

import json

import numpy as np
import pytest

from custom_nodes.hls_segment.state import read_state
from custom_nodes.rolling_wav.sound import to_wav
from hls.access_unit import decode_frames
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.workflow import load_workflow
from runner.live.idle import load_idle_loop
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.tiny_models.air import SILENCE_NS, Turn, Watched, shipped, speech
from tests.tiny_models.files import OVERLAP_FRAMES, fitting

pytestmark = pytest.mark.comfyui


async def test_a_generated_loop_is_seamless_and_is_entered_at_its_neutral_frame(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    info = await tiny_engine.object_info()
    workflow = load_workflow(REPOSITORY / "workflows" / "idle_infinitetalk.json", info)
    graph = bind_idle(workflow, info, settings=fitting(workflow.graph))
    folder = await IdleRenderer(tiny_engine, tiny_server.data, silence_timeout_ns=SILENCE_NS).render(graph)
    told = json.loads((folder / "loop.json").read_text())
    assert (told["frames"], told["entry_points"]) == (48, [0])
    assert load_idle_loop(folder, data=tiny_server.data).frames_to_entry(8) == 40
    state = read_state(folder / "entry_0.safetensors")
    assert len(state.motion_frames) == OVERLAP_FRAMES
    frames = np.stack(list(decode_frames(folder / "loop.mp4"))).astype(np.int16)
    steps = np.abs(np.diff(np.concatenate([frames, frames[:1]]), axis=0)).mean(axis=(1, 2, 3))
    assert steps[:-1].max() > 0  # it moves
    assert steps[-1] <= steps[:-1].max() * 1.5


async def test_the_end_of_a_turn_runs_into_the_loop(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    turn = Turn(shipped("infinitetalk_live.json", await tiny_engine.object_info()), tiny_server.data, speech(0.9))
    loop = read_state(tiny_server.data / turn.state(-1)).motion(OVERLAP_FRAMES)[-1] * 255

    async def away_from_loop(**closing: object) -> list[float]:
        await turn.render(tiny_engine, 0, **closing)
        frames = list(decode_frames(tiny_server.data / turn.folder / "window_00000.mp4"))
        return [float(np.abs(frame.astype(np.float32) - loop).mean()) for frame in frames]

    cut = await away_from_loop()
    dissolved = await away_from_loop(attempt=1, closing_frames=16, closing_state=turn.state(-1))
    assert dissolved[10] == pytest.approx(cut[10], rel=0.05)
    assert dissolved[15] < 0.35 * cut[15]
    assert dissolved[11:16] == sorted(dissolved[11:16], reverse=True)
    assert dissolved[17] == pytest.approx(cut[17], rel=0.1)


async def test_two_people_take_turns(tiny_engine: Watched, tiny_server: ComfyServer) -> None:
    graph = shipped("infinitetalk_two_speakers_live.json", await tiny_engine.object_info())
    silence, voice = bytes(len(speech(0.9))), speech(0.9)
    half = len(voice) // 4 * 2
    spoken = {
        "left": (voice, silence),
        "right": (silence, voice),
        "left, then right": (voice[:half] + silence[half:], silence[:half] + voice[half:]),
        "right, then left": (silence[:half] + voice[half:], voice[:half] + silence[half:]),
        "left alone": (voice, None),
    }
    made = {}
    for name, (first, second) in spoken.items():
        turn = Turn(graph, tiny_server.data, first)
        changes = {}
        if second is not None:
            other = Turn(graph, tiny_server.data, second)
            changes["audio_2"] = f"{turn.folder}/second.wav"
            (tiny_server.data / changes["audio_2"]).write_bytes(to_wav(other.windows[0].pcm_s16le))
        await turn.render(tiny_engine, 0, **changes)
        made[name] = turn.made(0)
    assert made["left"] == made["left alone"]
    del made["left alone"]
    assert len(set(made.values())) == len(made)
