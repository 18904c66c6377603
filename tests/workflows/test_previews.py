"""What a sampler shows on its way comes over the socket, where a prompt asks for it, and becomes files."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from runner.batch.previews import Previews
from runner.ports import PromptJob, PromptProgress, PromptResult
from tests.comfy_server import ComfyServer
from tests.tiny_models.air import Turn, Watched, shipped, speech
from tests.tiny_models.files import STEPS

pytestmark = pytest.mark.comfyui


class Showing(Watched):
    """Asks for previews with every prompt."""

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        return await super().run(dataclasses.replace(job, previews=True), on_progress)


async def test_previews_come_where_a_prompt_asks_for_them(
    tiny_engine: Watched, tiny_server: ComfyServer, tmp_path: Path
) -> None:
    graph = shipped("infinitetalk_live.json", await tiny_engine.object_info())
    heard: list[PromptProgress] = []
    tiny_engine.at_progress = heard.append
    await Turn(graph, tiny_server.data, speech(0.9)).render(tiny_engine, 0)
    assert not any(told.preview for told in heard)
    showing = Showing(tiny_engine._engine)
    showing.at_progress = heard.append
    await Turn(graph, tiny_server.data, speech(0.9)).render(showing, 0)
    shown = [told for told in heard if told.preview]
    assert len(shown) == STEPS
    sampler = next(key for key, node in graph.graph.items() if node["class_type"] == "SamplerCustomAdvanced")
    assert {told.node for told in shown} == {sampler}
    previews = Previews(tmp_path)
    files = [Path(previews.keep(told, run=3)[0]["file"]) for told in shown]
    assert [file.name[:9] for file in files] == ["003_00001", "003_00002"]
    picture = cv2.imdecode(np.frombuffer(files[-1].read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture.shape[0] == picture.shape[1]
