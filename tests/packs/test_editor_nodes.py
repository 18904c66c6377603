"""The nodes as the editor runs them, in the real ComfyUI: a second speaker, a preview with sound, a loop, a cancel."""

from __future__ import annotations

import json
import time
import uuid
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import websocket
from PIL import Image

from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from custom_nodes.tts.providers.tone import RATE_HZ as TONE_HZ
from custom_nodes.tts.providers.tone import ToneProvider
from custom_nodes.tts.resample import resample
from hls.access_unit import decode_frames
from hls.encode import encode_clip
from tests.comfy_server import ComfyServer

pytestmark = pytest.mark.comfyui

TEXT = "aaaaaaaa eeeeeeee oooooooo aaaaaaaa eeeeeeee oooooooo"
SIZE = 128
# Rendering all of them takes 5 s of a fast core; a cancel that is heeded every few frames takes some 10 ms.
LONG_WINDOW_FRAMES, LONG_SIZE, CANCEL_LIMIT_S = 2005, 512, 2.0


def window(*, size: int = SIZE, **inputs: Any) -> dict[str, Any]:
    shape = {"index": 0, "window_frames": 45, "overlap_frames": 5, "fps": 25, "width": size, "height": size, "seed": 1}
    return {"class_type": "OnAirWindow", "inputs": {**shape, "image_path": "", "request_path": "", **inputs}}


def tone(voice: str) -> dict[str, Any]:
    return {
        "class_type": "OnAirTextToSpeech",
        "inputs": {"text": TEXT, "provider": "tone", "voice": voice, "speed": 1.0},
    }


def portrait() -> dict[str, Any]:
    return {"class_type": "OnAirPortrait", "inputs": {"image": ["1", 2], "audio": ["1", 0], "window": ["1", 8]}}


def spoken_window(voice: str, index: int) -> AudioWindow:
    """What OnAir Window must make of the tone voice."""
    pcm = b"".join(chunk.pcm_s16le for chunk in ToneProvider().stream(TEXT, voice=voice))
    rolling = RollingWav(window_frames=45, overlap_frames=5)
    windows = rolling.feed(resample(pcm, TONE_HZ, 16_000)) + rolling.finish()
    return windows[index]


def decoded_sound(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        pieces = [frame.to_ndarray() for frame in container.decode(audio=0)]
        planar = np.concatenate([piece.reshape(-1) for piece in pieces])
        return planar.astype(np.float64) / (1.0 if planar.dtype.kind == "f" else np.iinfo(planar.dtype).max)


def shown(server: ComfyServer, job: dict[str, Any], node: str) -> Path:
    (file,) = job["outputs"][node]["images"]
    return server.base / file["type"] / file["subfolder"] / file["filename"]


def test_the_second_speakers_sound_comes_out_cut_like_the_first(comfyui_server: ComfyServer) -> None:
    graph = {
        "3": tone("low"),
        "4": tone("high"),
        "1": window(index=1, audio=["3", 0], audio_2=["4", 0]),
        "5": {"class_type": "SaveAudio", "inputs": {"audio": ["1", 1], "filename_prefix": "audio/second"}},
    }
    job = comfyui_server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    (file,) = job["outputs"]["5"]["audio"]
    heard = decoded_sound(comfyui_server.base / file["type"] / file["subfolder"] / file["filename"])
    expected = np.frombuffer(spoken_window("high", 1).pcm_s16le, "<i2") / 32768
    assert len(heard) == len(expected)
    assert float(np.abs(heard - expected).max()) < 0.001
    assert float(np.abs(heard).max()) > 0.1


def test_the_preview_shows_the_new_frames_and_lets_their_sound_be_heard(comfyui_server: ComfyServer) -> None:
    graph = {
        "3": tone("low"),
        "1": window(index=1, audio=["3", 0]),
        "2": portrait(),
        "9": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": True}},
    }
    job = comfyui_server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    clip = shown(comfyui_server, job, "9")
    assert sum(1 for _ in decode_frames(clip)) == 40
    spoken = spoken_window("low", 1)
    first = spoken.context_samples + 5 * 640
    expected = np.frombuffer(spoken.pcm_s16le, "<i2")[first : first + 40 * 640] / 32768
    heard = decoded_sound(clip)[: len(expected)]
    assert float(np.corrcoef(heard, expected[: len(heard)])[0, 1]) > 0.95


def test_the_preview_of_a_window_without_sound_has_none(comfyui_server: ComfyServer) -> None:
    graph = {
        "1": window(),
        "2": portrait(),
        "9": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": True}},
    }
    clip = shown(comfyui_server, comfyui_server.run(graph), "9")
    with av.open(str(clip)) as container:
        assert (len(container.streams.video), len(container.streams.audio)) == (1, 0)


def nobodys_face(left: float) -> str:
    """Landmarks in a picture of 256x128 in which no face is to be seen."""
    told = {
        "version": 1, "width": 256, "height": 128, "face": [left, 20, 80, 80],
        "mouth": {"left": [left + 24, 84], "right": [left + 56, 84], "top": [left + 40, 80], "bottom": [left + 40, 90]},
    }  # fmt: skip
    return json.dumps(told)


def told_points(server: ComfyServer, **inputs: Any) -> tuple[dict[str, Any], bytes]:
    """The job of a window with that picture, and the points that the portrait shows."""
    graph = {
        "1": window(image_path="avatars/nobody.png"),
        "2": portrait(),
        "9": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": False}},
    }
    graph["2"]["inputs"] |= inputs
    job = server.run(graph)
    return job, shown(server, job, "2").read_bytes() if job["status"] == "completed" else b""


def test_landmarks_beside_the_picture_are_read_anew_and_the_nodes_own_go_first(comfyui_server: ComfyServer) -> None:
    picture = comfyui_server.data / "avatars" / "nobody.png"
    picture.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(2).integers(90, 120, (128, 256, 3)).astype(np.uint8)).save(picture)
    refused, _ = told_points(comfyui_server)
    assert "[picture.no_face]" in str(refused["execution_error"])
    beside = picture.with_suffix(".landmarks.json")
    beside.write_text(nobodys_face(20))
    _, left = told_points(comfyui_server)
    beside.write_text(nobodys_face(150))
    _, right = told_points(comfyui_server)
    _, own = told_points(comfyui_server, landmarks=nobodys_face(20))
    assert left != right
    assert own not in (b"", right)
    beside.write_text("{")
    refused, _ = told_points(comfyui_server)
    assert "[picture.landmarks]" in str(refused["execution_error"])


def test_a_clip_linked_to_idle_becomes_a_seamless_loop_of_it(comfyui_server: ComfyServer) -> None:
    frames = [np.full((SIZE, SIZE, 3), 40 + 2 * index, np.uint8) for index in range(72)]
    encode_clip(frames, comfyui_server.base / "input" / "rising.mp4", width=SIZE, height=SIZE, idr_every_frames=24)
    graph = {
        "1": window(),
        "3": {"class_type": "LoadVideo", "inputs": {"file": "rising.mp4"}},
        "4": {"class_type": "GetVideoComponents", "inputs": {"video": ["3", 0]}},
        "9": {"class_type": "OnAirIdle", "inputs": {"image": ["1", 2], "frames": 48, "images": ["4", 0]}},
    }
    job = comfyui_server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    clip = shown(comfyui_server, job, "9")
    levels = [float(frame.mean()) for frame in decode_frames(clip)]
    told = json.loads((clip.parent / "loop.json").read_text())
    assert (len(levels), told["frames"], told["entry_points"]) == (48, 48, [0])
    # The loop begins with frame 12 of the clip; behind its frame 47, 48 to 59 fade to the clip's own beginning.
    steps = np.abs(np.diff([*levels, levels[0]]))
    assert steps[-1] < 12 < abs(2 * 47)
    assert steps.max() < 12
    assert levels[20] == pytest.approx(40 + 2 * (12 + 20), abs=3)


def test_a_cancel_in_the_middle_of_a_window_ends_the_portrait_at_once(comfyui_server: ComfyServer) -> None:
    client = uuid.uuid4().hex
    graph = {
        "1": window(size=LONG_SIZE, window_frames=LONG_WINDOW_FRAMES),
        "2": portrait(),
        "9": {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8], "preview": False}},
    }
    address = comfyui_server.url.replace("http", "ws") + f"/ws?clientId={client}"
    socket = websocket.create_connection(address, timeout=60)
    try:
        prompt_id = str(uuid.uuid4())
        comfyui_server.post("/prompt", {"prompt": graph, "prompt_id": prompt_id, "client_id": client})
        while not is_executing(socket.recv(), "2"):
            pass
    finally:
        socket.close()
    started = time.monotonic()
    comfyui_server.post(f"/api/jobs/{prompt_id}/cancel", {})
    while (job := comfyui_server.get(f"/api/jobs/{prompt_id}"))["status"] == "in_progress":
        assert time.monotonic() - started < CANCEL_LIMIT_S, "the portrait went on rendering"
    assert job["status"] == "cancelled"
    assert "9" not in job["outputs"]
    again = {"1": window(), "2": portrait(), "9": {**graph["9"]}}
    assert comfyui_server.run(again)["status"] == "completed"


def is_executing(message: str | bytes, node: str) -> bool:
    told = json.loads(message) if isinstance(message, str) else {}
    return told.get("type") == "executing" and told["data"].get("node") == node
