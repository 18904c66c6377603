"""The shipped graph with its loaders, and nothing else, replaced by random weights. Pure."""

from __future__ import annotations

from typing import Any

from runner.ports import ApiGraph

RANDOM, DEVICE = "OnAirRandomInfiniteTalk", "OnAirBenchDevice"
RANDOM_ID = "onair_random"
OUTPUTS = {
    "UNETLoader": 0,
    "LoraLoaderModelOnly": 0,
    "ModelPatchLoader": 1,
    "AudioEncoderLoader": 2,
    "VAELoader": 3,
    "CLIPTextEncode": 4,
}
"""Each loader, and the output that stands for it. A LoRA is merged into the weights when it is loaded, so it costs a
window nothing; the text is encoded once per session."""


def with_random_weights(graph: ApiGraph, *, size: str, weights: str) -> ApiGraph:
    """Return a copy whose links to loaders lead to random weights; what nothing needs any more is for the binding."""
    changed: ApiGraph = {RANDOM_ID: {"class_type": RANDOM, "inputs": {"size": size, "weights": weights, "seed": 0}}}
    for node_id, node in graph.items():
        if node["class_type"] in OUTPUTS or node["class_type"] == "CLIPLoader":
            continue
        inputs = {name: _led(graph, value) for name, value in node["inputs"].items()}
        changed[node_id] = {**node, "inputs": inputs}
    return changed


def device_graph(*, probe: bool, nonce: str, passengers: ApiGraph | None = None) -> ApiGraph:
    """Return the prompt that asks for the device. `passengers` are not run, but stay loaded."""
    asked = {"class_type": DEVICE, "inputs": {"probe": probe, "nonce": nonce}}
    return {**(passengers or {}), "onair_device": asked}


def _led(graph: ApiGraph, value: Any) -> Any:
    is_link = isinstance(value, list) and len(value) == 2 and value[0] in graph
    kind = graph[value[0]]["class_type"] if is_link else ""
    return [RANDOM_ID, OUTPUTS[kind]] if kind in OUTPUTS else value
