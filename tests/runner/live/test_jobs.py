"""A window's request."""

from __future__ import annotations

import numpy as np
import pytest

from custom_nodes.hls_segment.seed import window_seed
from custom_nodes.hls_segment.window import Window
from custom_nodes.rolling_wav.rolling_wav import RollingWav
from hls.access_unit import AccessUnit
from runner.engine.binding import LiveGraph
from runner.live.idle import IdleLoop
from runner.live.jobs import build_request
from runner.live.turn_names import TurnNames

pytestmark = pytest.mark.fast

GRAPH = LiveGraph(
    graph={}, window_id="1", segment_id="2", workflow_sha256="w", any_length=True, needs_face=True,
    window_frames=45, overlap_frames=5, fps=25, width=64, height=64, seed=7,
)  # fmt: skip
IDLE = IdleLoop(
    units=(AccessUnit(data=b"", is_idr=True),) * 24, frames=24, fps=25, entry_points=(0,), width=64, height=64,
    sps=b"", pps=b"", state_name=str,
)  # fmt: skip


def test_a_window_draws_the_seed_live_that_it_draws_in_the_editor() -> None:
    rolling = RollingWav(window_frames=45, overlap_frames=5, fps=25)
    window = (rolling.feed(b"\0\0" * 16_000 * 5) + rolling.finish())[2]
    request = build_request(
        window, names=TurnNames(channel="c", turn="t"), graph=GRAPH, idle=IDLE, events=[], attempt=0, seed=GRAPH.seed,
        image="", state_in="",
    )  # fmt: skip
    colour = np.zeros((2, 3), dtype=np.float32)
    handed = Window(request=request, live=True, frame_index=0, colour_reference=colour, started_ns=0)
    assert handed.seed == window_seed(7, 2)
