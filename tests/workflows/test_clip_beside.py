"""Windows whose clip is encoded after their prompt, in real ComfyUI: the same files, and no failure is lost."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from hls.access_unit import read_clip
from runner.engine.binding import bind
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import load_workflow
from runner.errors import PromptFailed
from tests.comfy_server import REPOSITORY, ComfyServer
from tests.tiny_models.air import SILENCE_NS, Turn, Watched, speech
from tests.tiny_models.files import SIZES

pytestmark = pytest.mark.comfyui


async def turns(engine: Watched, server: ComfyServer, count: int) -> list[Turn]:
    info: dict[str, Any] = await engine.object_info()
    portrait = load_workflow(REPOSITORY / "workflows" / "portrait_live.json", info)
    graph = bind(portrait, info, settings=[size for size in SIZES if size.startswith("OnAirWindow.")])
    return [Turn(graph, server.data, speech(4.5)) for _ in range(count)]


async def test_clips_and_states_are_those_of_windows_that_wait_for_them(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    waiting, beside = await turns(tiny_engine, tiny_server, 2)
    for index in range(len(waiting.windows)):
        window = await waiting.render(tiny_engine, index)
        assert "encode" in next(iter(window.prompt.outputs.values()))["onair"][0]  # on a processor, in its prompt
    renderer = WindowRenderer(tiny_engine, beside.graph, beside.data, silence_timeout_ns=SILENCE_NS)
    requests = [beside.request(index, beside="always") for index in range(len(beside.windows))]
    made = await asyncio.gather(*(renderer.render(one, prompt_id=str(uuid.uuid4())) for one in requests))
    assert len(made) > 4
    assert [beside.made(index) for index in range(len(made))] == [waiting.made(index) for index in range(len(made))]
    for index, window in enumerate(made):
        assert (window.sidecar["index"], window.sidecar["frames"]) == (index, len(window.media.units))
        [told] = next(iter(window.prompt.outputs.values()))["onair"]
        assert list(told) == ["to_come"]


async def test_a_clip_that_cannot_be_written_fails_its_window_and_a_new_attempt_makes_it(
    tiny_engine: Watched, tiny_server: ComfyServer
) -> None:
    [turn] = await turns(tiny_engine, tiny_server, 1)
    clip = tiny_server.data / turn.request(0).clip_out
    clip.mkdir()  # nothing can take its place
    with pytest.raises(PromptFailed, match="could not be written"):
        await turn.render(tiny_engine, 0, beside="always")
    assert not clip.with_suffix(".json").exists()
    assert (tiny_server.data / turn.state(0)).is_file()  # the next window needs it, and it is whole
    clip.rmdir()
    await turn.render(tiny_engine, 0, attempt=1, beside="always")
    assert len(read_clip(clip).units) == turn.windows[0].new_frames
    assert not clip.with_name("window_00000.failed.json").exists()
