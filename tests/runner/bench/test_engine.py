from __future__ import annotations

import pytest

from runner.bench.engine import measure
from runner.cli.bench import bench
from runner.errors import BadInput
from runner.settings import load_settings
from tests.comfy_server import ComfyServer

SMALL = [f"OnAirWindow.{name}=192" for name in ("width", "height")]


@pytest.mark.comfyui
async def test_gaps_nodes_and_their_shares_are_told_of_real_prompts(comfyui_server: ComfyServer) -> None:
    figures = await measure(load_settings(comfyui=comfyui_server.url, data=comfyui_server.data), 4, sets=SMALL)
    assert figures["windows"] == 4
    assert figures["gap_ms"]["n"] == 3
    assert figures["gap_max_ms"] >= figures["gap_ms"]["median"] >= 0
    assert figures["executed_nodes"] == [3]
    assert {row["node"] for row in figures["nodes"]} == {"OnAirWindow", "OnAirPortrait", "OnAirSegment"}
    assert 0.8 < sum(row["share"] for row in figures["nodes"]) < 1.3


def test_other_benches_take_no_settings() -> None:
    with pytest.raises(BadInput, match="leave it to bench engine"):
        bench("talker", sets=["OnAirWindow.width=64"])
