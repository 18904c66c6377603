"""A workflow bound for the air: the Window and the Segment found, their inputs set, the rest cut away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.ports import ApiGraph

from .api_graph import decimal, fed_by, keep, link_of, of_class, workflow_hash
from .cut_graph import SEGMENT, WINDOW, cut_to, exactly_one
from .held_picture import REFERENCE, hold_picture
from .passengers import lasting_nodes
from .quant import SWAP
from .window_sizes import window_sizes
from .workflow import Workflow

RUNNER_INPUTS = {WINDOW: ("request_path", "image_path", "image"), SEGMENT: ("attempt", "preview")}
AUDIO_2_OUTPUT = 1
ANY_LENGTH = frozenset({"OnAirPortrait"})  # nodes that return as many images as the window hears
FACE_NODES = frozenset({"OnAirPortrait"})  # nodes that look for a face in the picture
CONTEXT_FRAMES, ENCODER_CONTEXT_FRAMES = 25, 75
"""The past that a window hears. A speech encoder listens far: measured in tests/workflows/test_audio_context.py."""
ENCODERS = frozenset({"OnAirInfiniteTalk", "AudioEncoderEncode", "MultiTalkWav2VecEmbeds"})


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGraph:
    """A graph with exactly one Window and one Segment, ready for a prompt per window.

    `workflow_sha256` is over the API form without what the runner sets. Sizes in pixels, `window_frames` and
    `overlap_frames` at `fps`. `any_length`: every node between the two takes a window of any length, so the first one
    may be short. `needs_face`: the picture must show one. `reference_id`: the node that holds the picture, "" where
    there is none. `context_frames`: how much past a window hears. `lasting`: the nodes that no window changes.
    `loudness_lufs`: how loud the model hears the speech, 0 for as it is.
    `speakers`: 2 where a node hears Window's `audio_2`.
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
    loudness_lufs: float = 0.0
    speakers: int = 1
    lasting: frozenset[str] = frozenset()

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
    # Where weights wait changes no picture: a state made with less free memory fits.
    swaps = {node_id: ("blocks_to_swap",) for node_id in of_class(graph, SWAP)}
    own = {window_id: RUNNER_INPUTS[WINDOW], segment_id: RUNNER_INPUTS[SEGMENT]}
    sha256 = workflow_hash(graph, {**swaps, **own})
    between = {graph[node_id]["class_type"] for node_id in fed_by(graph, [window_id]) - {window_id, segment_id}}
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
        speakers=1 + hears_second_voice(graph, window_id),
        context_frames=ENCODER_CONTEXT_FRAMES if between & ENCODERS else CONTEXT_FRAMES,
        window_frames=sizes["window_frames"],
        overlap_frames=sizes["overlap_frames"],
        fps=sizes["fps"],
        width=sizes["width"],
        height=sizes["height"],
        seed=sizes["seed"],
        lasting=lasting_nodes(graph, window_id, object_info),
        loudness_lufs=decimal(graph, window_id, "loudness", 0.0),
    )


def hears_second_voice(graph: ApiGraph, window_id: str) -> bool:
    """Tell whether a node is linked to the Window's `audio_2`."""
    second = (window_id, AUDIO_2_OUTPUT)
    return any(link_of(value) == second for node in graph.values() for value in node["inputs"].values())


def needs_face(graph: ApiGraph) -> bool:
    """Tell whether a node of a graph, cut to what its end needs, looks for a face."""
    return any(of_class(graph, kind) for kind in FACE_NODES)
