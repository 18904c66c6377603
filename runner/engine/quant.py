"""`--quant`: which of a model's variants a graph loads, and how many blocks wait in main memory. Pure.

Only what loads a model listed here is touched: a file that somebody chose himself stays as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .api_graph import input_spec, link_of, of_class

KINDS = ("auto", "bf16", "fp8", "gguf")
BLOCKS = 40  # Wan 2.1 14B
BLOCK_SHARE = 0.95  # of the weights: the rest (embeddings, head) stays on the card
WORK_BYTES = 8_000_000_000
"""What a window needs beside the weights at 832x480 and 81 frames: activations, attention, the decoder."""
PLAIN, GGUF, WRAPPER = "UNETLoader", "UnetLoaderGGUF", "WanVideoModelLoader"
TALK, LORA, SWAP = "MultiTalkModelLoader", "WanVideoLoraSelect", "WanVideoBlockSwap"
MODEL_INPUT = {PLAIN: "unet_name", GGUF: "unet_name", WRAPPER: "model"}
LARGE_CARD_BYTES = 24_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Wan 2.1 I2V 14B 480p in one form: its file and size, rounded up, and InfiniteTalk's that go with it."""

    kind: str
    main: str
    main_bytes: int
    single: str
    multi: str
    talk_bytes: int


_Q8: dict[str, Any] = {
    "kind": "gguf",
    "single": "Wan2_1-InfiniteTalk_Single_Q8.gguf",
    "multi": "Wan2_1-InfiniteTalk_Multi_Q8.gguf",
    "talk_bytes": 2_800_000_000,
}
VARIANTS = (
    Variant(
        kind="fp8",
        main="Wan2_1-I2V-14B-480p_fp8_e4m3fn_scaled_KJ.safetensors",
        main_bytes=16_700_000_000,
        single="Wan2_1-InfiniteTalk-Single_fp8_e4m3fn_scaled_KJ.safetensors",
        multi="Wan2_1-InfiniteTalk-Multi_fp8_e4m3fn_scaled_KJ.safetensors",
        talk_bytes=2_800_000_000,
    ),
    Variant(
        kind="bf16",
        main="wan2.1_i2v_480p_14B_bf16.safetensors",
        main_bytes=33_000_000_000,
        single="Wan2_1-InfiniTetalk-Single_fp16.safetensors",  # spelt so by those who made it
        multi="Wan2_1-InfiniteTalk-Multi_fp16.safetensors",
        talk_bytes=5_200_000_000,
    ),
    Variant(main="wan2.1-i2v-14b-480p-Q8_0.gguf", main_bytes=18_200_000_000, **_Q8),
    Variant(main="wan2.1-i2v-14b-480p-Q4_K_M.gguf", main_bytes=11_400_000_000, **_Q8),
)
"""In the order in which they are tried: the shipped one first, and of two GGUFs the better one."""


def blocks_to_swap(*, free_bytes: int, model_bytes: int, blocks: int = BLOCKS, work_bytes: int = WORK_BYTES) -> int:
    """Return the fewest blocks that must wait in main memory so that weights and work fit on the card.

    free_bytes: of the card before anything is loaded. All of them where even that is not enough.
    """
    over = model_bytes + work_bytes - free_bytes
    if over <= 0:
        return 0
    block_bytes = model_bytes * BLOCK_SHARE / blocks
    return min(blocks, int(-(-over // block_bytes)))


def requantise(graph: ApiGraph, object_info: Mapping[str, Any], *, kind: str, free_bytes: int) -> None:
    """Let the graph's loaders take this kind of weights, and set block swap; in place.

    `auto` keeps the graph's files where ComfyUI has them, and takes the first kind that it has where not. free_bytes:
    of the GPU, 0 where there is none or nobody knows; block swap then stays as it was saved.
    Raises: WorkflowRefused `workflow.quant`.
    """
    loaders = known_loaders(graph)
    if kind != "auto" and not loaders:
        raise WorkflowRefused(
            f"--quant {kind}: the graph loads no model that is known in several forms; name its file with --set",
            code="workflow.quant",
        )
    for node_id in loaders:
        variant = _chosen(graph[node_id], object_info, kind=kind, free_bytes=free_bytes)
        _take(graph, node_id, variant, object_info)
        _swap(graph, node_id, variant, free_bytes)


def known_loaders(graph: ApiGraph) -> list[str]:
    """Return the ids of the nodes that load a model listed here."""
    names = {variant.main for variant in VARIANTS}
    return [
        one
        for class_type, name in MODEL_INPUT.items()
        for one in of_class(graph, class_type)
        if graph[one]["inputs"].get(name) in names
    ]


def _chosen(node: Mapping[str, Any], info: Mapping[str, Any], *, kind: str, free_bytes: int) -> Variant:
    own = next(one for one in VARIANTS if one.main == node["inputs"][MODEL_INPUT[node["class_type"]]])
    if kind == "auto":
        # Where none is there the graph's own is named, so that it is the one that is asked for.
        present = (one for one in (own, *VARIANTS) if _has(info, _loader_of(node, one), one))
        return next(present, own)
    fitting = [one for one in VARIANTS if one.kind == kind]
    loader = _loader_of(node, fitting[0])
    if loader not in info:
        raise WorkflowRefused(
            f"--quant {kind} needs {loader}, which this ComfyUI does not have; install ComfyUI-GGUF, or take fp8",
            code="workflow.quant",
        )
    there = [one for one in fitting if _has(info, loader, one)] or fitting
    small = 0 < free_bytes < LARGE_CARD_BYTES
    return there[-1] if small else there[0]


def _loader_of(node: Mapping[str, Any], variant: Variant) -> str:
    """Return the class that loads this variant in the place of a node."""
    if node["class_type"] == WRAPPER:
        return WRAPPER
    return GGUF if variant.kind == "gguf" else PLAIN


def _has(info: Mapping[str, Any], loader: str, variant: Variant) -> bool:
    spec = input_spec(info.get(loader, {}), MODEL_INPUT[loader])
    choices = spec[0] if spec and isinstance(spec[0], list) else (spec[1].get("options") if spec and spec[1:] else None)
    return variant.main in (choices or ())


def _take(graph: ApiGraph, node_id: str, variant: Variant, info: Mapping[str, Any]) -> None:
    node = graph[node_id]
    loader = _loader_of(node, variant)
    if loader != node["class_type"]:
        # The two plain loaders have nothing in common but the file.
        node["class_type"] = loader
        node["inputs"] = {} if loader == GGUF else {"weight_dtype": "default"}
    node["inputs"][MODEL_INPUT[loader]] = variant.main
    if loader != WRAPPER:
        return
    node["inputs"]["quantization"] = "disabled"  # the file tells by itself
    talk = _linked(graph, node, "multitalk_model", TALK)
    if talk is not None:
        pairs = {one.single: variant.single for one in VARIANTS} | {one.multi: variant.multi for one in VARIANTS}
        talk["model"] = pairs.get(talk["model"], talk["model"])
    lora = _linked(graph, node, "lora", LORA)
    if lora is not None:
        # The pack refuses to merge a LoRA into GGUF weights.
        lora["merge_loras"] = variant.kind != "gguf" and lora.get("merge_loras", True)


def _swap(graph: ApiGraph, node_id: str, variant: Variant, free_bytes: int) -> None:
    swap = _linked(graph, graph[node_id], "block_swap_args", SWAP)
    if swap is not None and free_bytes > 0:
        model_bytes = variant.main_bytes + variant.talk_bytes
        swap["blocks_to_swap"] = blocks_to_swap(free_bytes=free_bytes, model_bytes=model_bytes)


def _linked(graph: ApiGraph, node: Mapping[str, Any], name: str, class_type: str) -> dict[str, Any] | None:
    """Return the inputs of the node that feeds an input, where it is of this class."""
    link = link_of(node["inputs"].get(name))
    source = graph.get(link[0]) if link is not None else None
    return source["inputs"] if source is not None and source["class_type"] == class_type else None
