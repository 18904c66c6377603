"""The graphs of ComfyUI-WanVideoWrapper, run by the real pack with tiny weights, where it is installed."""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio
from numpy.typing import NDArray

from custom_nodes.hls_segment.state import read_state
from custom_nodes.rolling_wav.sound import to_wav
from hls.access_unit import decode_frames
from runner.engine.binding import CONTEXT_FRAMES, ENCODER_CONTEXT_FRAMES
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace
from runner.engine.cut_graph import set_all
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.workflow import load_workflow
from runner.ports import PromptJob, PromptResult
from tests.comfy_server import REPOSITORY, comfyui_tree
from tests.tiny_models import wrapper
from tests.tiny_models.air import SILENCE_NS, Turn, Watched, shipped, speech
from tests.tiny_models.files import OVERLAP_FRAMES, write_inputs, write_models

pytestmark = [pytest.mark.comfyui, pytest.mark.wanvideowrapper, pytest.mark.asyncio(loop_scope="module")]

LIVE, TWO = "infinitetalk_wanvideowrapper_live.json", "infinitetalk_wanvideowrapper_two_speakers_live.json"
SINGLE, IDLE = "infinitetalk_wanvideowrapper_single.json", "idle_infinitetalk_wanvideowrapper.json"
ONCE = {"WanVideoModelLoader", "WanVideoVAELoader", "Wav2VecModelLoader", "MultiTalkModelLoader", "CLIPTextEncode",
        "WanVideoTextEmbedBridge", "WanVideoImageToVideoEncode"}  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Watched, Path]]:
    """Yield a ComfyUI with the pack, by its own Python, and its data folder."""
    data = tmp_path_factory.mktemp("wrapper")
    base = data / "comfyui"
    wrapper.write_wrapper_models(write_models(base / "models"))
    (base / "input").mkdir()
    write_inputs(base / "input")
    pack = Path(os.environ["ONAIR_TEST_WANVIDEOWRAPPER"])
    python = Path(os.environ.get("ONAIR_TEST_WANVIDEOWRAPPER_PYTHON") or sys.executable)
    packs = (REPOSITORY / "tests" / "data" / "probe_pack", REPOSITORY, pack)
    place = ComfyPlace(root=comfyui_tree(), python=python, base=base, data=data, packs=packs, cpu=True)
    engine = Watched(ComfyEngine(place=place))
    await engine.start()
    yield engine, data
    await engine.close()


async def prompt(engine: Watched, graph: dict[str, Any]) -> PromptResult:
    return await engine.run(PromptJob(prompt_id=str(uuid.uuid4()), graph=graph, silence_timeout_ns=SILENCE_NS))


async def test_windows_go_on_from_each_other_and_what_stays_is_computed_once(own: tuple[Watched, Path]) -> None:
    engine, data = own
    turn = Turn(shipped(LIVE, await engine.object_info()), data, speech())
    begun = len(engine.results)
    for index in range(3):
        await turn.render(engine, index)
    assert set(engine.classes(begun)) >= ONCE
    for index in (1, 2):
        assert not ONCE & set(engine.classes(begun + index))
        assert "WanVideoSampler" in engine.classes(begun + index)
    # the window before, the sound and the seed each reach the pictures
    made = turn.made(1)
    for changes in (
        {"state_in": turn.state(-1)},
        {"audio": f"{turn.folder}/window_00002.wav"},
        {"seed": 8},
    ):
        await turn.render(engine, 1, attempt=1, state_out=f"{turn.folder}/other.safetensors", **changes)
        assert turn.made(1)[0] != made[0], changes
    # and again it is bit-equal
    await turn.render(engine, 1, attempt=2)
    assert turn.made(1) == made


async def test_both_numbers_of_motion_frames_render(own: tuple[Watched, Path]) -> None:
    engine, data = own
    graph = shipped(LIVE, await engine.object_info(), more=["OnAirWindow.overlap_frames=21"])
    turn = Turn(graph, data, speech(0.9))
    frames = read_state(data / turn.state(-1)).motion_frames
    state = read_state(data / turn.state(-1))
    from custom_nodes.hls_segment.state import State, write_state

    more = np.repeat(frames[:1], 21, axis=0)
    write_state(
        data / turn.folder / "entry_21.safetensors",
        State(motion_frames=more, colour_reference=state.colour_reference, frame_index=8, workflow_sha256="", index=-1),
    )
    await turn.render(engine, 0, overlap_frames=21, new_frames=8, state_in=f"{turn.folder}/entry_21.safetensors")
    assert len(list(decode_frames(data / turn.folder / "window_00000.mp4"))) == 8


async def test_two_people_speak_at_the_same_time_each_with_his_own_lips(own: tuple[Watched, Path]) -> None:
    engine, data = own
    graph = shipped(TWO, await engine.object_info())
    low, high, silence = speech(0.9), speech(0.9, pitch_hz=210.0), bytes(len(speech(0.9)))
    made = {}
    for name, (first, second) in {
        "both": (low, high),
        "left": (low, silence),
        "right": (silence, high),
        "changed places": (high, low),
        "left alone": (low, None),
    }.items():
        turn = Turn(graph, data, first)
        changes = {}
        if second is not None:
            changes["audio_2"] = f"{turn.folder}/second.wav"
            (data / changes["audio_2"]).write_bytes(to_wav(Turn(graph, data, second).windows[0].pcm_s16le))
        await turn.render(engine, 0, image="", **changes)
        made[name] = turn.made(0)
    assert len(set(made.values())) == len(made)


async def test_the_loop_between_sentences_is_seamless(own: tuple[Watched, Path]) -> None:
    engine, data = own
    info = await engine.object_info()
    sets = [*wrapper.SETTINGS, "OnAirWindow.window_frames=53", f"OnAirWindow.overlap_frames={OVERLAP_FRAMES}"]
    graph = bind_idle(load_workflow(REPOSITORY / "workflows" / IDLE, info), info, settings=sets)
    folder = await IdleRenderer(engine, data, silence_timeout_ns=SILENCE_NS).render(graph)
    told = json.loads((folder / "loop.json").read_text())
    assert (told["frames"], told["entry_points"]) == (48, [0])
    frames = np.stack(list(decode_frames(folder / "loop.mp4"))).astype(np.int16)
    steps = np.abs(np.diff(np.concatenate([frames, frames[:1]]), axis=0)).mean(axis=(1, 2, 3))
    assert 0 < steps[-1] <= steps[:-1].max() * 1.5


async def test_the_batch_graph_makes_one_video_by_the_packs_own_loop(own: tuple[Watched, Path]) -> None:
    engine, data = own
    info = await engine.object_info()
    graph = load_workflow(REPOSITORY / "workflows" / SINGLE, info).graph
    sizes = ("WanVideoImageToVideoMultiTalk.frame_window_size=29", "WanVideoImageToVideoMultiTalk.motion_frame=5")
    set_all(graph, [*wrapper.SETTINGS, *sizes], info)
    sound = (speech(1.7),)
    (data / "comfyui" / "input" / "speech.wav").write_bytes(to_wav(sound[0]))
    (saved,) = [output["images"][0] for output in (await prompt(engine, graph)).outputs.values() if "images" in output]
    video = data / "comfyui" / "output" / saved["subfolder"] / saved["filename"]
    frames = list(decode_frames(video))
    assert len(frames) == 29 + 24  # two windows of 29, of which 5 repeat the first one's
    assert frames[0].shape == (64, 64, 3)


async def test_a_window_that_hears_its_past_is_nearer_to_the_whole_speech(own: tuple[Watched, Path]) -> None:
    """As tests/workflows/test_audio_context.py does for ComfyUI's own encoder; cut by OnAir Cut Past's rule."""
    engine, data = own
    info = await engine.object_info()
    pcm, first, frames = speech(12.0), 100, 81

    async def features(name: str, sound: bytes) -> NDArray[np.float32]:
        (data / "comfyui" / "input" / f"{name}.wav").write_bytes(to_wav(sound))
        heard = {"wav2vec_model": ["1", 0], "audio_1": ["2", 0], "normalize_loudness": False, "num_frames": 10_000,
                 "fps": 25.0, "audio_scale": 1.6, "audio_cfg_scale": 1.0, "multi_audio_type": "para"}  # fmt: skip
        loader = {"model": wrapper.AUDIO, "base_precision": "fp32", "load_device": "main_device"}
        graph = {
            "1": {"class_type": "Wav2VecModelLoader", "inputs": loader},
            "2": {"class_type": "LoadAudio", "inputs": {"audio": f"{name}.wav"}},
            "3": {"class_type": "MultiTalkWav2VecEmbeds", "inputs": heard},
            "4": {"class_type": "ProbeFeatures", "inputs": {"multitalk_embeds": ["3", 0], "name": name}},
        }
        assert set(graph["3"]["inputs"]) <= {
            *info["MultiTalkWav2VecEmbeds"]["input"]["required"],
            *info["MultiTalkWav2VecEmbeds"]["input"]["optional"],
        }
        await prompt(engine, graph)
        told: NDArray[np.float32] = np.load(data / "comfyui" / "output" / f"{name}.npy")
        return told

    whole = (await features("whole", pcm))[first : first + frames]
    errors: dict[int, dict[str, float]] = {}
    for context in (0, CONTEXT_FRAMES, ENCODER_CONTEXT_FRAMES):
        window = await features(f"heard_{context}", pcm[(first - context) * 1280 : (first + frames + 4) * 1280])
        window = window[context : context + frames]
        errors[context] = {
            name: float(np.linalg.norm(window[part] - whole[part]) / np.linalg.norm(whole[part]))
            for name, part in {"edge": slice(0, 5), "inside": slice(5, 60)}.items()
        }
        sys.stdout.write(
            f"{context:>3} frames of past: " + ", ".join(f"{k} {v:.3f}" for k, v in errors[context].items())
        )
        sys.stdout.write("\n")
    assert errors[ENCODER_CONTEXT_FRAMES]["edge"] < 0.6 * errors[0]["edge"]
    assert errors[ENCODER_CONTEXT_FRAMES]["edge"] < errors[CONTEXT_FRAMES]["edge"] < errors[0]["edge"]
