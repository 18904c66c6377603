"""OnAir Window's numbers: which of them make a stream."""

from __future__ import annotations

from hls.ticks import LIVE_FPS, PART_FRAMES
from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .api_graph import number, of_class

FOUR_N_PLUS_ONE = frozenset(
    {"OnAirInfiniteTalk", "WanInfiniteTalkToVideo", "WanVideoImageToVideoEncode"}
)  # whose latents hold 4n+1 frames
SIZES = {"window_frames": 45, "overlap_frames": 5, "fps": LIVE_FPS, "width": 512, "height": 512, "seed": 0}
"""OnAir Window's numbers that decide the stream, with its defaults."""


def window_sizes(graph: ApiGraph, window_id: str, name: str) -> dict[str, int]:
    """Read and check the Window's numbers. Raises: WorkflowRefused `workflow.size`."""
    sizes = {key: number(graph, window_id, key, default) for key, default in SIZES.items()}
    step = sizes["window_frames"] - sizes["overlap_frames"]
    problem = ""
    if step <= 0:
        problem = (
            f"overlap_frames is {sizes['overlap_frames']}, no less than window_frames ({sizes['window_frames']}); "
            "set a smaller one, as 9 of 81"
        )
    elif step % PART_FRAMES or sizes["overlap_frames"] < 0:
        problem = f"window_frames - overlap_frames is {step}; make it a multiple of {PART_FRAMES}"
    elif sizes["fps"] != LIVE_FPS:
        problem = f"fps is {sizes['fps']}; set {LIVE_FPS}"
    elif (sizes["window_frames"] - 1) % 4 and any(of_class(graph, kind) for kind in FOUR_N_PLUS_ONE):
        problem = f"window_frames is {sizes['window_frames']}, InfiniteTalk renders 4n+1 frames; set 81"
    elif any(sizes[key] < 16 or sizes[key] % 16 for key in ("width", "height")):
        problem = f"{sizes['width']}x{sizes['height']} is no size of a stream; make both multiples of 16"
    if problem:
        raise WorkflowRefused(f"{name}: {problem}", code="workflow.size")
    return sizes
