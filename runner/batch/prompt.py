"""The prompt of one run of a workflow: its seeds, and what makes ComfyUI run its outputs although it knows them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.engine.api_graph import input_spec, keep
from runner.errors import BadInput
from runner.ports import ApiGraph

SEEDS = ("seed", "noise_seed")
NONCE = "onair_nonce"
"""An input that no node declares: accepted, never passed on, part of the cache's key (comfyui_facts, section 3)."""


def seed_inputs(graph: ApiGraph) -> Iterator[tuple[str, str]]:
    """Yield (node id, input) of every seed that is a value, not a link."""
    for node_id, node in graph.items():
        for name in SEEDS:
            value = node["inputs"].get(name)
            if isinstance(value, int) and not isinstance(value, bool):
                yield node_id, name


def refuse_bad_seed(graph: ApiGraph, object_info: Mapping[str, Any], *, seed: int, repeat: int) -> None:
    """Refuse a seed that a node does not take, also with the last repeat. Raises: BadInput `run.seed`."""
    if not any(seed_inputs(graph)):
        raise BadInput("the workflow has no input named seed or noise_seed; leave --seed out", code="run.seed")
    for node_id, name in seed_inputs(graph):
        kind = graph[node_id]["class_type"]
        spec = input_spec(object_info.get(kind, {}), name)
        limits = spec[1] if isinstance(spec, (list, tuple)) and len(spec) > 1 and isinstance(spec[1], dict) else {}
        low, high = limits.get("min", 0), limits.get("max", 2**64 - 1)
        if not low <= seed <= high - (repeat - 1):
            raise BadInput(
                f"{kind} ({node_id}) takes seeds from {low} to {high}; give one of them with --seed, the repeats "
                "included",
                code="run.seed",
            )


def prompt_of(graph: ApiGraph, object_info: Mapping[str, Any], *, seed: int | None, run: int, nonce: str) -> ApiGraph:
    """Return a copy for run `run`, from 0: seeds set, and every output node sure to run.

    ComfyUI answers a prompt that it has in its cache with the names of the old files, which may be gone by now.
    """
    prompt = keep(graph, graph)
    if seed is not None:
        for node_id, name in seed_inputs(graph):
            prompt[node_id]["inputs"][name] = seed + run
    for node in prompt.values():
        if (object_info.get(node["class_type"]) or {}).get("output_node"):
            node["inputs"][NONCE] = nonce
    return prompt
