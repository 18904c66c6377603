"""A workflow bound for the air: the Window and the Segment found, their inputs set, the rest cut away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hls.ticks import LIVE_FPS, PART_FRAMES
from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .api_graph import apply_setting, keep, link_of, needed_by, number, of_class, refuse_bad_values, workflow_hash
from .graph_loop import refuse_loop
from .held_picture import REFERENCE, hold_picture
from .workflow import Workflow, refuse_unknown_nodes

WINDOW, SEGMENT = "OnAirWindow", "OnAirSegment"
REPLACED = ("audio", "audio_2", "events")  # what the request brings instead of a link
RUNNER_INPUTS = {WINDOW: ("request_path", "image_path", "image"), SEGMENT: ("attempt", "preview")}
ANY_LENGTH = frozenset({"OnAirPortrait"})  # nodes that return as many images as the window hears
FACE_NODES = frozenset({"OnAirPortrait"})  # nodes that look for a face in the picture
FOUR_N_PLUS_ONE = frozenset({"OnAirInfiniteTalk", "WanInfiniteTalkToVideo"})  # whose latents hold 4n+1 frames
CONTEXT_FRAMES, ENCODER_CONTEXT_FRAMES = 25, 75
"""The past that a window hears. A speech encoder listens far: measured in tests/workflows/test_audio_context.py."""
ENCODERS = frozenset({"OnAirInfiniteTalk", "AudioEncoderEncode"})
SIZES = {"window_frames": 45, "overlap_frames": 5, "fps": LIVE_FPS, "width": 512, "height": 512, "seed": 0}
"""OnAir Window's numbers that decide the stream, with its defaults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGraph:
    """A graph with exactly one Window and one Segment, ready for a prompt per window.

    `workflow_sha256` is over the API form without what the runner sets. Sizes in pixels, `window_frames` and
    `overlap_frames` at `fps`. `any_length`: every node between the two takes a window of any length, so the first one
    may be short. `needs_face`: the picture must show one. `reference_id`: the node that holds the picture, "" where
    there is none. `context_frames`: how much past a window hears.
    """

    graph: ApiGraph
    window_id: str
    segment_id: str
    workflow_sha256: str
    any_length: bool
    needs_face: bool
    window_frames: int
    overlap_frames: int
    fps: int
    width: int
    height: int
    seed: int
    reference_id: str = ""
    context_frames: int = CONTEXT_FRAMES

    def prompt(self, *, request_path: str, attempt: str, image_path: str | None = None) -> ApiGraph:
        """Return the prompt of one window. Paths are names below `onair/`; `attempt` is new for every try."""
        graph = keep(self.graph, self.graph)
        graph[self.window_id]["inputs"]["request_path"] = request_path
        if image_path is not None:
            for node_id in filter(None, (self.window_id, self.reference_id)):
                graph[node_id]["inputs"]["image_path"] = image_path
        graph[self.segment_id]["inputs"].update(attempt=attempt, preview=False)
        return graph


def bind(
    workflow: Workflow,
    object_info: Mapping[str, Any],
    *,
    settings: Sequence[str] = (),
    image_path: str = "",
) -> LiveGraph:
    """Find the two nodes, apply `--set`, cut the links that the runner replaces, drop what nothing needs then.

    `image_path` (a name below `onair/`) replaces the Window's picture. Raises: WorkflowRefused with the code
    `workflow.no_window`, `workflow.two_windows`, `workflow.no_segment`, `workflow.two_segments`, `workflow.unlinked`,
    `workflow.size`, `workflow.set`, `workflow.value`, `workflow.loop`, `workflow.unknown_node`.
    """
    window_id = exactly_one(workflow.graph, WINDOW, "window", workflow.name)
    segment_id = exactly_one(workflow.graph, SEGMENT, "segment", workflow.name)
    graph = cut_to(
        workflow,
        object_info,
        segment_id,
        "OnAir Segment",
        window_id=window_id,
        settings=settings,
        image_path=image_path,
    )
    sizes = window_sizes(graph, window_id, workflow.name)
    sha256 = workflow_hash(graph, {window_id: RUNNER_INPUTS[WINDOW], segment_id: RUNNER_INPUTS[SEGMENT]})
    between = _classes_between(graph, window_id, segment_id)
    # After the hash: states fit whether or not the engine's pack is old enough to lack the node.
    reference_id = hold_picture(graph, window_id, sizes) if REFERENCE in object_info else ""
    return LiveGraph(
        graph=graph,
        reference_id=reference_id,
        window_id=window_id,
        segment_id=segment_id,
        workflow_sha256=sha256,
        any_length=between <= ANY_LENGTH,
        needs_face=needs_face(graph),
        context_frames=ENCODER_CONTEXT_FRAMES if between & ENCODERS else CONTEXT_FRAMES,
        window_frames=sizes["window_frames"],
        overlap_frames=sizes["overlap_frames"],
        fps=sizes["fps"],
        width=sizes["width"],
        height=sizes["height"],
        seed=sizes["seed"],
    )


def cut_to(
    workflow: Workflow,
    object_info: Mapping[str, Any],
    end_id: str,
    end: str,
    *,
    window_id: str,
    settings: Sequence[str],
    image_path: str,
) -> ApiGraph:
    """Return a copy that holds what the node `end_id`, shown as `end`, needs; `--set` applied, the rest judged.

    Raises: WorkflowRefused `workflow.set`, `workflow.unlinked`, `workflow.unknown_node`, `workflow.loop`,
    `workflow.value`.
    """
    graph = keep(workflow.graph, workflow.graph)
    set_all(graph, settings, object_info)
    cut_replaced(graph[window_id]["inputs"], object_info, image_path)
    graph = keep(graph, needed_by(graph, end_id))
    if window_id not in graph:
        raise WorkflowRefused(
            f"{workflow.name}: {end} does not depend on OnAir Window; connect its window input",
            code="workflow.unlinked",
        )
    refuse_unknown_nodes(graph, object_info, workflow)
    refuse_loop(graph, workflow.name)
    refuse_bad_values(graph, object_info, workflow.name)
    return graph


def _classes_between(graph: ApiGraph, window_id: str, segment_id: str) -> set[str]:
    return {
        node["class_type"]
        for node_id, node in graph.items()
        if node_id not in (window_id, segment_id) and window_id in needed_by(graph, node_id)
    }


def needs_face(graph: ApiGraph) -> bool:
    """Tell whether a node of a graph, cut to what its end needs, looks for a face."""
    return any(of_class(graph, kind) for kind in FACE_NODES)


def exactly_one(graph: ApiGraph, kind: str, word: str, name: str) -> str:
    """Return the id of the only node of a class.

    Raises: WorkflowRefused `workflow.no_<word>`, `workflow.two_<word>s`.
    """
    found = of_class(graph, kind)
    if len(found) == 1:
        return found[0]
    if not found:
        sentence = f"{name} has no {kind} node; put one into the graph and save it again"
        raise WorkflowRefused(sentence, code=f"workflow.no_{word}")
    sentence = f"{name} has {len(found)} {kind} nodes ({', '.join(found)}); take away all but one"
    raise WorkflowRefused(sentence, code=f"workflow.two_{word}s")


def set_all(graph: ApiGraph, settings: Sequence[str], object_info: Mapping[str, Any]) -> None:
    """Apply every `--set node.input=value` in place. Raises: WorkflowRefused `workflow.set`."""
    for setting in settings:
        apply_setting(graph, setting, object_info)


def cut_replaced(inputs: dict[str, Any], object_info: Mapping[str, Any], image_path: str) -> None:
    """Cut the Window's links that the request replaces, and its picture where a path is given."""
    for name in REPLACED:
        if link_of(inputs.get(name)) is not None:
            del inputs[name]
    if image_path:
        inputs["image_path"] = image_path
        required = ((object_info.get(WINDOW) or {}).get("input") or {}).get("required") or {}
        if "image" not in required:  # a required link that is missing would be refused
            inputs.pop("image", None)


def window_sizes(graph: ApiGraph, window_id: str, name: str) -> dict[str, int]:
    """Read and check the Window's numbers. Raises: WorkflowRefused `workflow.size`."""
    sizes = {key: number(graph, window_id, key, default) for key, default in SIZES.items()}
    step = sizes["window_frames"] - sizes["overlap_frames"]
    problem = ""
    if step <= 0 or step % PART_FRAMES or sizes["overlap_frames"] < 0:
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
