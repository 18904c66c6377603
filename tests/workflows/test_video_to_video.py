"""Video to video: each window keeps to the video's frame at its place, and what lies between is not decoded."""

from __future__ import annotations

import urllib.parse
import urllib.request
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_nodes.infinitetalk.video_place import place_at
from custom_nodes.portrait.picture import load_picture
from runner.engine.idle_renderer import bind_idle
from runner.engine.workflow import load_workflow
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.tiny_models.air import STEP_FRAMES, Turn, Watched, shipped, speech
from tests.tiny_models.files import OVERLAP_FRAMES, VIDEO_FRAMES, VIDEO_STEP, WINDOW_FRAMES, fitting, write_video

LIVE = "infinitetalk_v2v_live.json"


@pytest.mark.fast
def test_the_video_runs_to_its_end_and_back_and_no_end_is_shown_twice() -> None:
    assert [place_at(frame, fps=25, frames=4, rate=25.0) for frame in range(10)] == [0, 1, 2, 3, 2, 1, 0, 1, 2, 3]
    assert [place_at(frame, fps=25, frames=1, rate=25.0) for frame in range(3)] == [0, 0, 0]
    # by time: a video of another rate is neither faster nor slower
    assert [place_at(frame, fps=25, frames=100, rate=50.0) for frame in range(4)] == [0, 2, 4, 6]
    assert [place_at(frame, fps=25, frames=100, rate=24.0) for frame in (0, 25, 50)] == [0, 24, 48]
    assert place_at(10**7, fps=25, frames=7, rate=30000 / 1001) < 7


def picture(server: ComfyServer, video: str, **window: Any) -> NDArray[np.uint8]:
    """Return what OnAirVideoReference gives; without `window` it gets none."""
    graph: dict[str, Any] = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": video}},
        "2": {"class_type": "OnAirVideoReference", "inputs": {"video": ["1", 0]}},
        "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "reference"}},
    }
    if window:
        sizes = {"window_frames": WINDOW_FRAMES, "overlap_frames": OVERLAP_FRAMES, "fps": 25, "seed": 0, "index": 0}
        graph["4"] = {"class_type": "OnAirWindow", "inputs": {**sizes, "width": 64, "height": 64, **window}}
        graph["2"]["inputs"]["window"] = ["4", 8]
    job = server.run(graph)
    assert job["status"] == "completed", job["execution_error"]
    saved = job["outputs"]["3"]["images"][0]
    query = urllib.parse.urlencode({key: saved[key] for key in ("filename", "subfolder", "type")})
    with urllib.request.urlopen(f"{server.url}/view?{query}", timeout=30) as answer:
        return load_picture(answer.read())


@pytest.mark.comfyui
def test_a_window_gets_the_frame_at_its_place_in_its_size(tiny_server: ComfyServer) -> None:
    first = picture(tiny_server, "video.mp4")
    assert first.shape == (96, 160, 3)
    assert abs(float(first.mean()) - 40) < 3
    for index in range(4):
        start = max(0, index * STEP_FRAMES - OVERLAP_FRAMES)
        place = place_at(start, fps=25, frames=VIDEO_FRAMES, rate=25.0)
        seen = picture(tiny_server, "video.mp4", index=index)
        assert seen.shape == (64, 64, 3)
        assert abs(float(seen.mean()) - (40 + VIDEO_STEP * place)) < VIDEO_STEP / 2 + 1, index


@pytest.mark.comfyui
def test_a_broken_video_is_one_sentence(tiny_server: ComfyServer) -> None:
    path = tiny_server.base / "input" / "broken.mp4"
    write_video(path, 5)
    path.write_bytes(path.read_bytes()[:900])
    graph = {
        "1": {"class_type": "LoadVideo", "inputs": {"file": "broken.mp4"}},
        "2": {"class_type": "OnAirVideoReference", "inputs": {"video": ["1", 0]}},
        "3": {"class_type": "PreviewImage", "inputs": {"images": ["2", 0]}},
    }
    job = tiny_server.run(graph)
    assert job["execution_error"]["exception_message"].startswith("[video.unreadable] the video cannot be read")


@pytest.mark.comfyui
async def test_windows_keep_to_the_video_and_go_on_from_each_other(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    info = await tiny_engine.object_info()
    other = tiny_server.base / "input" / "other.mp4"
    write_video(other, 2)
    made: dict[str, list[bytes]] = {"video.mp4": [], "other.mp4": []}
    for video, clips in made.items():
        turn = Turn(shipped(LIVE, info, more=[f"LoadVideo.file={video}"]), tiny_server.data, speech(1.7))
        for index in range(2):
            await turn.render(tiny_engine, index)
            clips.append(turn.made(index)[0])  # a server elsewhere forgets a clip with the next window
    # both begin alike: the first frame is the same, the frame of the second window is not
    assert made["video.mp4"][0] == made["other.mp4"][0]
    assert made["video.mp4"][1] != made["other.mp4"][1]
    assert "LoadVideo" not in tiny_engine.classes(1)
    assert tiny_engine.classes(1).count("OnAirVideoReference") == 1


@pytest.mark.comfyui
async def test_the_loop_keeps_to_the_first_frame(tiny_engine: Watched) -> None:
    info = await tiny_engine.object_info()
    workflow = load_workflow(REPOSITORY / "workflows" / "idle_infinitetalk_v2v.json", info)
    graph = bind_idle(workflow, info, settings=fitting(workflow.graph))
    classes = [node["class_type"] for node in graph.graph.values()]
    assert classes.count("OnAirVideoReference") == 1
    assert "LoadVideo" in classes
