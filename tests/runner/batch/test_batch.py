"""A batch over the simulated engine: what is set, what is brought, what happens when the engine fails."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from runner.batch.batch import Batch, make_folder, run_batch
from runner.batch.manifest import NAME
from runner.batch.prompt import NONCE, prompt_of, refuse_bad_seed
from runner.clock import SystemClock
from runner.engine.simulated import SimulatedEngine
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.errors import BadInput, EngineError, PromptFailed, PromptRejected
from runner.ports import ApiGraph

pytestmark = pytest.mark.fast


def work(**inputs: Any) -> ApiGraph:
    return {"4": {"class_type": "SimulatedWork", "inputs": {"steps": 2, "step_ms": 0, **inputs}}}


async def make(
    tmp_path: Path, graph: ApiGraph, engine: SimulatedEngine | None = None, **told: Any
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    engine = engine or SimulatedEngine(SystemClock(), data=tmp_path / "data")
    heard: list[dict[str, Any]] = []
    folder = tmp_path / "out"
    make_folder(folder)
    await engine.start()
    try:
        batch = Batch(workflow="w.json", graph=graph, object_info=OBJECT_INFO, folder=folder, silence_ns=10**9, **told)
        await run_batch(batch, engine, lambda event, _: heard.append(event))
    finally:
        await engine.close()
    return json.loads((folder / NAME).read_text()), heard


async def test_files_keep_their_subfolder_and_the_manifest_names_node_key_and_bytes(tmp_path: Path) -> None:
    told, _ = await make(tmp_path, work(makes="output/a/b/c.txt", seed=1234))
    files = [one for one in told["outputs"] if "file" in one]
    assert files == [
        {"run": 0, "node": "4", "class_type": "SimulatedWork", "key": "files", "file": "a/b/c.txt", "bytes": 4}
    ]
    assert (tmp_path / "out" / "a" / "b" / "c.txt").read_text() == "1234"


async def test_repeats_count_the_seed_up_and_overwrite_nothing(tmp_path: Path) -> None:
    told, _ = await make(tmp_path, work(makes="temp/c.txt", seed=1), repeat=3, seed=40)
    files = [one["file"] for one in told["outputs"] if "file" in one]
    assert files == ["temp/c.txt", "temp/c (1).txt", "temp/c (2).txt"]
    assert [(tmp_path / "out" / name).read_text() for name in files] == ["40", "41", "42"]
    assert [run["seed"] for run in told["runs"]] == [40, 41, 42]


async def test_an_output_called_manifest_stands_beside_ours(tmp_path: Path) -> None:
    told, _ = await make(tmp_path, work(makes=f"output/{NAME}"))
    assert [one["file"] for one in told["outputs"] if "file" in one] == ["manifest (1).json"]


async def test_progress_tells_the_node_then_its_steps(tmp_path: Path) -> None:
    _, heard = await make(tmp_path, work())
    told = [event for event in heard if event["event"] in ("node", "progress")]
    assert told[0] == {"event": "node", "node": "4", "class_type": "SimulatedWork"}
    assert [(event["value"], event["maximum"]) for event in told[1:]] == [(1, 2), (2, 2)]


async def test_an_engine_lost_once_is_asked_again_under_a_new_id(tmp_path: Path) -> None:
    engine = SimulatedEngine(SystemClock(), data=tmp_path / "data")
    engine.lose_next()
    told, heard = await make(tmp_path, work(), engine)
    assert len(told["runs"]) == 1
    assert [event["event"] for event in heard if event["event"] in ("prompt", "lost")] == ["prompt", "lost", "prompt"]
    assert len(set(engine.prompts)) == 2


async def test_an_engine_lost_twice_by_one_prompt_is_one_clear_error(tmp_path: Path) -> None:
    engine = SimulatedEngine(SystemClock(), data=tmp_path / "data")
    engine.lose_next()
    engine.lose_next()
    with pytest.raises(EngineError, match="ended 2 times"):
        await make(tmp_path, work(), engine)


async def test_a_failed_node_ends_the_batch_and_the_manifest_keeps_what_was_made(tmp_path: Path) -> None:
    engine = SimulatedEngine(SystemClock(), data=tmp_path / "data")
    await make(tmp_path, work(makes="output/a.txt"), engine)
    again = SimulatedEngine(SystemClock(), data=tmp_path / "data")
    with pytest.raises(PromptFailed, match="too hot"):
        await make(tmp_path, work(message="too hot"), again)
    assert json.loads((tmp_path / "out" / NAME).read_text())["outputs"]


async def test_a_missing_output_file_is_an_error(tmp_path: Path) -> None:
    class Forgetful(SimulatedEngine):
        async def fetch_output(self, file: Any, target: Path) -> int:
            await asyncio.to_thread((tmp_path / "data" / "output" / "a.txt").unlink)
            return await super().fetch_output(file, target)

    with pytest.raises(EngineError) as caught:
        await make(tmp_path, work(makes="output/a.txt"), Forgetful(SystemClock(), data=tmp_path / "data"))
    assert caught.value.code == "engine.no_file"


async def test_a_rejected_prompt_is_told(tmp_path: Path) -> None:
    with pytest.raises(PromptRejected, match="NoSuchNode"):
        await make(tmp_path, {"1": {"class_type": "NoSuchNode", "inputs": {}}})


async def test_cancelling_ends_the_prompt_by_its_id(tmp_path: Path) -> None:
    engine = SimulatedEngine(SystemClock(), data=tmp_path / "data")
    begun = asyncio.Event()
    await engine.start()
    batch = Batch(
        workflow="w", graph=work(steps=1000, step_ms=1000), object_info=OBJECT_INFO, folder=tmp_path, silence_ns=10**9
    )

    def listener(event: dict[str, Any], _: str) -> None:
        if event["event"] == "node":
            begun.set()

    running = asyncio.ensure_future(run_batch(batch, engine, listener))
    await asyncio.wait_for(begun.wait(), 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(running, 5)
    assert not await engine.cancel(engine.prompts[0])


def test_only_output_nodes_get_the_nonce_and_links_to_seeds_stay() -> None:
    graph: ApiGraph = {
        **work(seed=["9", 0]),
        "2": {"class_type": "LoadImage", "inputs": {"image": "a", "noise_seed": 3}},
    }
    prompt = prompt_of(graph, OBJECT_INFO, seed=7, run=1, nonce="n")
    assert prompt["4"]["inputs"]["seed"] == ["9", 0]
    assert prompt["2"]["inputs"] == {"image": "a", "noise_seed": 8}
    assert prompt["4"]["inputs"][NONCE] == "n"
    assert NONCE not in graph["4"]["inputs"]


def test_a_seed_beyond_a_nodes_range_is_refused_before_anything_runs() -> None:
    refuse_bad_seed(work(seed=0), OBJECT_INFO, seed=2**31 - 1, repeat=1)
    with pytest.raises(BadInput, match="2147483647"):
        refuse_bad_seed(work(seed=0), OBJECT_INFO, seed=2**31 - 1, repeat=2)
    with pytest.raises(BadInput, match="leave --seed out"):
        refuse_bad_seed(work(), OBJECT_INFO, seed=1, repeat=1)
