"""`bench gpu`: the shipped graph with random weights, on the CPU with tiny ones, and on a GPU where there is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from custom_nodes.bench.sizes import FULL
from runner.bench.gpu import measure
from runner.bench.gpu.arithmetic import WindowShape, window_operations
from runner.bench.gpu.cards import peak_of
from runner.bench.gpu.graph import DEVICE, RANDOM, with_random_weights
from runner.bench.gpu.ladder import Row, ladder, recommended
from runner.bench.gpu.measure import bench_gpu
from runner.bench.gpu.memory import needed_bytes, too_little, weight_bytes
from runner.bench.gpu.plan import Plan, make_plan
from runner.cli.bench import bench
from runner.engine.binding import bind
from runner.engine.comfy_place import has_gpu
from runner.engine.workflow import Workflow, load_workflow
from runner.errors import BadInput
from runner.settings import Settings, load_settings
from tests.comfy_server import REPOSITORY, ComfyServer, comfyui_tree

SHAPE = WindowShape(width=832, height=480, frames=81, overlap_frames=9)
NO_GPU = "there is no NVIDIA GPU here: what the bench says of one is not tested"


def tiny(**changes: Any) -> Plan:
    told: dict[str, Any] = {
        "size": "tiny", "pictures": ["64x64"], "steps": [1], "weights": ["fp8"], "attention": ["sdpa"], "rounds": 1,
        "cpu": True,
    }  # fmt: skip
    return make_plan(**{**told, **changes})


def settings(data: Path) -> Settings:
    return load_settings(data=data, comfyui=str(comfyui_tree()))


@pytest.mark.comfyui
async def test_a_tiny_model_runs_the_whole_path_on_the_cpu(tmp_path: Path) -> None:
    kept: list[dict[str, Any]] = []
    told = await bench_gpu(tiny(), settings(tmp_path), say=lambda _: None, keep=kept.append)
    assert json.loads(json.dumps(told)) == told
    assert kept == [{}, told]  # nothing at first: whether it can be written
    (row,) = told["rows"]
    assert row["note"] == ""
    assert row["seconds"] == pytest.approx(row["rtf"] * 0.96, rel=0.01)  # 24 new frames
    assert 0 < row["limit_s"] < row["seconds"]
    parts = sum(row[f"{part}_s"] for part in ("sampling", "decoding", "preparing", "rest"))
    assert parts == pytest.approx(row["seconds"], rel=0.2, abs=0.2)
    (nodes,) = told["nodes"].values()
    # A live window's nodes and no loader: the weights were drawn in the window before, which warmed up.
    assert {"OnAirWindow", "OnAirInfiniteTalk", "SamplerCustomAdvanced", "VAEDecode", "OnAirSegment"} <= set(nodes)
    assert RANDOM not in nodes
    assert told["device"]["kind"] == "cpu"
    assert told["device"]["attention"] == "sdpa"
    assert told["recommended"]


@pytest.mark.fast
async def test_attention_that_is_not_installed_is_a_row_with_a_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "package_version", lambda _: "")
    plan = tiny(attention=["flash", "sage"], pictures=["64x64", "96x64"])
    told = await bench_gpu(plan, load_settings(data=tmp_path), say=lambda _: None, keep=lambda _: None)
    notes = [row["note"] for row in told["rows"]]
    assert notes == ["flash-attn is not installed"] * 2 + ["sageattention is not installed"] * 2
    assert told["recommended"] == "nothing could be measured"


@pytest.mark.comfyui
@pytest.mark.skipif(not has_gpu(), reason=NO_GPU)
async def test_a_gpu_tells_its_peak_and_full_rows_that_do_not_fit_are_left_out(tmp_path: Path) -> None:
    plan = make_plan(
        size="full", pictures=["480x272", "4096x4096"], steps=[1], weights=["fp8"], attention=["sdpa"], rounds=1,
        cpu=False,
    )  # fmt: skip
    told = await bench_gpu(plan, settings(tmp_path), say=lambda _: None, keep=lambda _: None)
    assert told["device"]["kind"] == "cuda"
    small, large = told["rows"]
    assert "GB are free" in large["note"]
    if not small["note"]:
        assert small["peak_gb"] > weight_bytes(FULL, "fp8") / 1e9
        assert small["of_limit_percent"] < 100


@pytest.mark.comfyui
async def test_the_shipped_graph_binds_with_its_loaders_alone_replaced(comfyui_server: ComfyServer) -> None:
    info = comfyui_server.get("/object_info")
    assert not {RANDOM, DEVICE} & set(info)  # nobody but the bench sees them
    shipped = load_workflow(REPOSITORY / "workflows" / "infinitetalk_live.json", info)
    changed = with_random_weights(shipped.graph, size="full", weights="fp8")
    known = {**info, RANDOM: {"input": {}, "output": []}}
    graph = bind(Workflow(name="changed", graph=changed), known).graph
    before = {node["class_type"] for node in bind(shipped, info).graph.values()}
    after = {node["class_type"] for node in graph.values()}
    loaders = {"UNETLoader", "LoraLoaderModelOnly", "ModelPatchLoader", "AudioEncoderLoader", "VAELoader"}
    assert after == before - loaders - {"CLIPLoader", "CLIPTextEncode"} | {RANDOM}


@pytest.mark.fast
@pytest.mark.skipif(has_gpu(), reason="there is a GPU here")
async def test_without_a_gpu_it_says_what_to_do(tmp_path: Path) -> None:
    plan = make_plan(size="full", pictures=(), steps=(), weights=(), attention=["sdpa"], rounds=1, cpu=False)
    with pytest.raises(BadInput, match="--device cpu --size tiny") as caught:
        await bench_gpu(plan, load_settings(data=tmp_path), say=lambda _: None, keep=lambda _: None)
    assert caught.value.code == "bench.no_gpu"


@pytest.mark.fast
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"size": "full"}, "add --size tiny"),
        ({"pictures": ["830x480"]}, "multiples of 16"),
        ({"pictures": ["wide"]}, "WIDTHxHEIGHT"),
        ({"weights": ["int4"]}, "fp8_weights"),
        ({"attention": ["magic"]}, "sdpa, flash, sage"),
        ({"steps": [0]}, "1 to 100"),
    ],
)
def test_what_cannot_be_measured_is_refused_before_anything_starts(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(BadInput, match=words) as caught:
        tiny(**changes)
    assert caught.value.code == "bench.gpu"


@pytest.mark.fast
def test_options_of_the_gpu_are_refused_elsewhere() -> None:
    with pytest.raises(BadInput, match="leave them out"):
        bench("package", picture=["832x480"])


@pytest.mark.fast
def test_memory_is_told_before_it_is_missing() -> None:
    assert weight_bytes(FULL, "bf16") / 1e9 == pytest.approx(38.2, abs=0.2)
    assert weight_bytes(FULL, "fp8") / 1e9 == pytest.approx(22.1, abs=0.2)
    assert needed_bytes(FULL, "bf16", SHAPE) < 80e9
    assert too_little(FULL, "bf16", SHAPE, 80_000_000_000) == ""
    assert "24.0 GB are free" in too_little(FULL, "bf16", SHAPE, 24_000_000_000)


@pytest.mark.fast
def test_the_limit_is_the_data_sheets_or_what_was_measured() -> None:
    work = window_operations(FULL, SHAPE, steps=4)
    h100 = peak_of("NVIDIA H100 80GB HBM3", {"bf16": 798.0})
    assert h100.limit_s(work, fp8_layers=False) == pytest.approx(7.7, abs=0.1)
    assert h100.limit_s(work, fp8_layers=True) == pytest.approx(7.7 - work.layers / 1978.9e12, abs=0.1)
    assert peak_of("NVIDIA H100 PCIe", {}).half == 756.0
    assert peak_of("NVIDIA GeForce RTX 3090", {}).limit_s(work, fp8_layers=True) == pytest.approx(107, abs=1)
    assert peak_of("Another", {"bf16": 50.0}).source.startswith("measured")


def row(width: int, height: int, steps: int, rtf: float, weights: str = "fp8") -> Row:
    return Row(width=width, height=height, steps=steps, weights=weights, attention="sdpa", rtf=rtf)


@pytest.mark.fast
def test_the_ladder_holds_what_is_live_and_not_beaten() -> None:
    rows = [
        row(832, 480, 4, 3.0), row(832, 480, 1, 0.95), row(640, 368, 2, 0.8), row(480, 272, 4, 0.7),
        row(480, 272, 2, 0.4), row(480, 272, 4, 0.9, "bf16"),
    ]  # fmt: skip
    assert [(one.width, one.steps, one.weights) for one in ladder(rows)] == [
        (480, 4, "fp8"), (640, 2, "fp8"), (832, 1, "fp8"),
    ]  # fmt: skip
    assert recommended([rows[0]])[0] == []
    assert "waits" in recommended([rows[0]])[1]
