"""OnAir Colour Lock against a model whose colours run away: each window is a little brighter than the one before."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from custom_nodes.hls_segment.state import read_state
from custom_nodes.portrait.picture import png_bytes
from tests.comfy_server import ComfyServer
from tests.tiny_models.air import Turn, Watched, rewired, speech
from tests.tiny_models.files import OVERLAP_FRAMES, WINDOW_FRAMES

pytestmark = pytest.mark.comfyui

BRIGHTER = 1.03
MODEL_SHARE = 0.005  # more would put its noise in the place of the picture within 50 windows
LOCKED, OPEN = 0.8, 0.0


def running_away(strength: float) -> Any:
    """Return the change to the shipped graph: its frames are the last motion frame, noise from the model, and light."""

    def change(graph: dict[str, Any]) -> None:
        def of(kind: str) -> str:
            return next(node_id for node_id, node in graph.items() if node["class_type"] == kind)

        lock, window = of("OnAirColourLock"), of("OnAirWindow")
        graph["last"] = {
            "class_type": "ImageFromBatch",
            "inputs": {"image": [window, 3], "batch_index": OVERLAP_FRAMES - 1, "length": 1},
        }
        graph["held"] = {"class_type": "RepeatImageBatch", "inputs": {"image": ["last", 0], "amount": WINDOW_FRAMES}}
        graph["mixed"] = {
            "class_type": "ImageBlend",
            "inputs": {
                "image1": ["held", 0],
                "image2": graph[lock]["inputs"]["images"],
                "blend_factor": MODEL_SHARE,
                "blend_mode": "normal",
            },
        }
        graph["brighter"] = {"class_type": "AdjustBrightness", "inputs": {"images": ["mixed", 0], "factor": BRIGHTER}}
        graph[lock]["inputs"].update(images=["brighter", 0], strength=strength)

    return change


async def drifts(engine: Watched, server: ComfyServer, strength: float, windows: int) -> list[dict[str, Any]]:
    graph = rewired("infinitetalk_live.json", await engine.object_info(), running_away(strength))
    turn = Turn(graph, server.data, speech(0.96 * windows + 0.5), image="colours.png")
    # The turn begins on frames of the reference, as it does from an idle loop.
    entry = read_state(server.data / turn.state(-1)).motion_frames[0]
    (server.data / "colours.png").write_bytes(png_bytes(entry))
    told = []
    for index in range(windows):
        told.append((await turn.render(engine, index)).sidecar["colour"])
        (server.data / turn.state(index - 1)).unlink(missing_ok=index == 0)
    return told


@pytest.mark.parametrize("windows", [6, pytest.param(50, marks=pytest.mark.full)])
async def test_a_lock_holds_colours_that_run_away_without_it(
    tiny_engine: Watched, tiny_server: ComfyServer, windows: int
) -> None:
    free = await drifts(tiny_engine, tiny_server, OPEN, windows)
    held = await drifts(tiny_engine, tiny_server, LOCKED, windows)
    sys.stdout.write("window  without  with  its end before the lock, and after\n")
    for index, (one, other) in enumerate(zip(free, held, strict=True)):
        lock = other["colour_lock"]
        figures = (one["drift"], other["drift"], lock["drift_before"], lock["drift_after"])
        sys.stdout.write(f"{index:6d}  " + "  ".join(f"{figure:.4f}" for figure in figures) + "\n")
    assert [told["colour_lock"]["strength"] for told in held] == [LOCKED] * windows
    # Measured before the lock, every window of the free turn is farther from the reference than the one before it.
    run_away = [told["drift"] for told in free]
    assert run_away[-1] > run_away[1] + 0.01 * min(windows - 2, 10)
    later = [told["drift"] for told in held[2:]]
    assert max(later) < 0.02  # just seen side by side
    assert later[-1] < 0.2 * run_away[-1]
    # What the next window goes on from is as near to the reference after fifty windows as after two.
    ends = [told["colour_lock"]["drift_after"] for told in held[2:]]
    assert max(ends) < 0.006
    assert max(ends) - min(ends) < 0.0005
