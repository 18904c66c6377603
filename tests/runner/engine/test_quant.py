"""`--quant` on the shipped graphs: which files and loaders they get, and how many blocks wait in main memory."""

from __future__ import annotations

import json
from typing import Any

import pytest

from installer.model_list import choose, files_of
from runner.convert import convert
from runner.engine.api_graph import link_of
from runner.engine.binding import bind
from runner.engine.own_nodes import OWN_NODES
from runner.engine.quant import BLOCKS, VARIANTS, WORK_BYTES, Variant, blocks_to_swap, requantise
from runner.engine.workflow import Workflow
from runner.errors import WorkflowRefused
from tests.comfy_server import REPOSITORY

pytestmark = pytest.mark.fast

CORE, WRAPPER = "infinitetalk_live", "infinitetalk_wanvideowrapper_live"
TWO = "infinitetalk_wanvideowrapper_two_speakers_live"
GB = 10**9
FP8, BF16, Q8, Q4 = VARIANTS


def info_with(*there: Variant, gguf: bool = True) -> dict[str, Any]:
    """Return definitions of a ComfyUI that has these files; `gguf`: and ComfyUI-GGUF."""
    recorded = json.loads((REPOSITORY / "tests/data/wanvideowrapper/object_info.json").read_text(encoding="utf-8"))
    corpus = json.loads((REPOSITORY / "tests/runner/convert/corpus/object_info.json").read_text(encoding="utf-8"))
    info = {**corpus, **recorded, **OWN_NODES}
    names = [one.main for one in there]
    info["WanVideoModelLoader"]["input"]["required"]["model"][0] = names
    info["UNETLoader"] = {
        "input": {
            "required": {
                "unet_name": [[name for name in names if not name.endswith(".gguf")], {}],
                "weight_dtype": [["default", "fp8_e4m3fn"], {}],
            }
        },
        "output": ["MODEL"],
        "output_name": ["MODEL"],
    }
    if gguf:
        info["UnetLoaderGGUF"] = {
            "input": {"required": {"unet_name": [[name for name in names if name.endswith(".gguf")]]}},
            "output": ["MODEL"],
            "output_name": ["MODEL"],
        }
    return info


def graph_of(name: str, info: dict[str, Any]) -> dict[str, Any]:
    path = REPOSITORY / "workflows" / f"{name}.json"
    graph: dict[str, Any] = convert(json.loads(path.read_text(encoding="utf-8")), info)
    return graph


def taken(name: str, info: dict[str, Any], *, kind: str, free_bytes: int = 0) -> dict[str, Any]:
    """Return what the graph's loaders are after `--quant`, by class."""
    graph = graph_of(name, info)
    requantise(graph, info, kind=kind, free_bytes=free_bytes)
    return {node["class_type"]: node["inputs"] for node in graph.values()}


@pytest.mark.parametrize("kind", ["bf16", "fp8", "gguf"])
def test_the_packs_loaders_take_files_that_go_together(kind: str) -> None:
    info = info_with(*VARIANTS)
    one, two = taken(WRAPPER, info, kind=kind), taken(TWO, info, kind=kind)
    wanted = next(variant for variant in VARIANTS if variant.kind == kind)
    assert one["WanVideoModelLoader"]["model"] == two["WanVideoModelLoader"]["model"] == wanted.main
    assert one["WanVideoModelLoader"]["quantization"] == "disabled"
    assert one["MultiTalkModelLoader"]["model"] == wanted.single
    assert two["MultiTalkModelLoader"]["model"] == wanted.multi
    # both that it is InfiniteTalk, and whether it may be mixed, the pack reads from the name
    assert all("infinite" in talk.lower() for talk in (wanted.single, wanted.multi))
    assert one["MultiTalkModelLoader"]["model"].endswith(".gguf") == (kind == "gguf")
    # the pack refuses to merge a LoRA into GGUF weights
    assert one["WanVideoLoraSelect"]["merge_loras"] is (kind != "gguf")


def test_the_core_graph_gets_the_gguf_loader_in_the_place_of_its_own() -> None:
    info = info_with(*VARIANTS)
    graph = graph_of(CORE, info)
    before = graph_of(CORE, info)
    requantise(graph, info, kind="gguf", free_bytes=0)
    changed = {node_id for node_id in graph if graph[node_id] != before[node_id]}
    (loader,) = changed
    assert graph[loader] | {"_meta": 0} == {
        "class_type": "UnetLoaderGGUF",
        "inputs": {"unet_name": Q8.main},
        "_meta": 0,
    } | {key: value for key, value in graph[loader].items() if key == "_meta"} | {"_meta": 0}
    readers = [node for node in graph.values() if (loader, 0) in map(link_of, node["inputs"].values())]
    assert [node["class_type"] for node in readers] == ["LoraLoaderModelOnly"]
    requantise(graph, info, kind="bf16", free_bytes=0)
    assert graph[loader]["class_type"] == "UNETLoader"
    assert graph[loader]["inputs"] == {"unet_name": BF16.main, "weight_dtype": "default"}
    requantise(graph, info, kind="fp8", free_bytes=0)
    assert graph == before


def test_auto_keeps_what_is_there_and_takes_what_is_there_where_it_is_not() -> None:
    assert taken(CORE, info_with(BF16, FP8), kind="auto")["UNETLoader"]["unet_name"] == FP8.main
    assert taken(CORE, info_with(BF16, Q4), kind="auto")["UNETLoader"]["unet_name"] == BF16.main
    assert taken(CORE, info_with(Q4), kind="auto")["UnetLoaderGGUF"]["unet_name"] == Q4.main
    # without its loader a GGUF is no choice; then the graph's own is the one to ask for
    assert taken(CORE, info_with(Q4, gguf=False), kind="auto")["UNETLoader"]["unet_name"] == FP8.main
    assert taken(WRAPPER, info_with(Q4, gguf=False), kind="auto")["WanVideoModelLoader"]["model"] == Q4.main


def test_of_two_ggufs_a_small_card_gets_the_small_one_and_what_is_there_decides() -> None:
    assert taken(CORE, info_with(*VARIANTS), kind="gguf", free_bytes=12 * GB)["UnetLoaderGGUF"]["unet_name"] == Q4.main
    assert taken(CORE, info_with(*VARIANTS), kind="gguf", free_bytes=40 * GB)["UnetLoaderGGUF"]["unet_name"] == Q8.main
    assert taken(CORE, info_with(Q8), kind="gguf", free_bytes=12 * GB)["UnetLoaderGGUF"]["unet_name"] == Q8.main


def test_what_cannot_be_loaded_is_refused_and_what_is_not_ours_is_left() -> None:
    with pytest.raises(WorkflowRefused, match="ComfyUI-GGUF") as refused:
        taken(CORE, info_with(FP8, gguf=False), kind="gguf")
    assert refused.value.code == "workflow.quant"
    with pytest.raises(WorkflowRefused, match="name its file with --set"):
        taken("portrait_live", info_with(FP8), kind="fp8")
    info = info_with(FP8)
    graph = graph_of(CORE, info)
    next(node for node in graph.values() if node["class_type"] == "UNETLoader")["inputs"]["unet_name"] = "mine.gguf"
    before = json.dumps(graph)
    requantise(graph, info, kind="auto", free_bytes=8 * GB)
    assert json.dumps(graph) == before


def test_blocks_wait_in_main_memory_as_far_as_the_card_is_too_small() -> None:
    model = FP8.main_bytes + FP8.talk_bytes
    assert blocks_to_swap(free_bytes=model + WORK_BYTES, model_bytes=model) == 0
    assert blocks_to_swap(free_bytes=model + WORK_BYTES - 1, model_bytes=model) == 1
    assert blocks_to_swap(free_bytes=0, model_bytes=model) == BLOCKS
    by_card = [blocks_to_swap(free_bytes=card * GB, model_bytes=model) for card in range(4, 100)]
    assert by_card == sorted(by_card, reverse=True)
    for free in range(10, 40):
        swapped = blocks_to_swap(free_bytes=free * GB, model_bytes=model)
        left = model * (1 - 0.95 * swapped / BLOCKS) + WORK_BYTES
        assert left <= free * GB or swapped == BLOCKS


def test_the_graph_gets_them_by_the_weights_that_it_loads_and_a_state_fits_whatever_they_are() -> None:
    info = info_with(*VARIANTS)
    for kind, free, expected in (("fp8", 80, 0), ("fp8", 23, 10), ("bf16", 45, 2), ("gguf", 23, 0), ("fp8", 0, 0)):
        got = taken(WRAPPER, info, kind=kind, free_bytes=free * GB)["WanVideoBlockSwap"]["blocks_to_swap"]
        assert got == expected, (kind, free)
    bound = []
    for free in (12, 80):
        graph = graph_of(WRAPPER, info)
        requantise(graph, info, kind="fp8", free_bytes=free * GB)
        bound.append(bind(Workflow(name="it", graph=graph), info))
    swaps = [next(node for node in one.graph.values() if node["class_type"] == "WanVideoBlockSwap") for one in bound]
    assert swaps[0] != swaps[1]
    assert bound[0].workflow_sha256 == bound[1].workflow_sha256


def test_the_shipped_variant_is_the_one_that_download_brings() -> None:
    for name in (CORE, WRAPPER, TWO):
        files = {model.name for model in files_of(REPOSITORY / "workflows" / f"{name}.json")}
        assert FP8.main in files
        assert name == CORE or files & {FP8.single, FP8.multi}
    for kind, variant in (("bf16", BF16), ("gguf_q8", Q8), ("gguf_q4", Q4)):
        files = {model.name for model in choose(REPOSITORY / "workflows", [kind])}
        assert files == {variant.main, variant.single, variant.multi}
