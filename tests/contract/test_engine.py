"""The port Engine: the simulated one and real ComfyUI keep the same promises."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from runner.clock import SystemClock
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace
from runner.engine.own_nodes import OWN_NODES
from runner.engine.simulated import SimulatedEngine
from runner.errors import ComfyLost, EngineError, PromptCancelled, PromptFailed, PromptRejected
from runner.ports import ApiGraph, Engine, OutputFile, PromptJob, PromptProgress, PromptResult

ROOT = Path(__file__).resolve().parents[2]
PROBES = ROOT / "tests" / "data" / "probe_pack"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class Kit:
    engine: Engine
    node: str
    lose: Callable[[], None]
    real: bool
    data: Path

    def graph(self, *, steps: int = 1, step_ms: int = 1, message: str = "", attempt: str | None = None) -> ApiGraph:
        inputs = {"steps": steps, "step_ms": step_ms, "message": message, "attempt": attempt or uuid.uuid4().hex}
        return {"7": {"class_type": self.node, "inputs": inputs}}

    def job(self, **told: Any) -> PromptJob:
        return prompt_job(self.graph(**told))

    async def running(self, job: PromptJob) -> asyncio.Task[PromptResult]:
        """Start a prompt and return when it renders."""
        begun = asyncio.Event()
        task = asyncio.ensure_future(self.engine.run(job, lambda _: begun.set()))
        await asyncio.wait({task, asyncio.ensure_future(begun.wait())}, return_when=asyncio.FIRST_COMPLETED)
        return task


def prompt_job(graph: ApiGraph) -> PromptJob:
    return PromptJob(prompt_id=str(uuid.uuid4()), graph=graph, silence_timeout_ns=60_000_000_000)


def comfyui_root() -> Path:
    root = os.environ.get("ONAIR_TEST_COMFYUI", "")
    if not root:
        pytest.fail("set ONAIR_TEST_COMFYUI to a ComfyUI folder whose requirements this Python has")
    return Path(root)


@pytest_asyncio.fixture(
    scope="module", loop_scope="module", params=["simulated", pytest.param("real", marks=pytest.mark.comfyui)]
)
async def kit(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Kit]:
    data = tmp_path_factory.mktemp("data")
    if request.param == "simulated":
        simulated = SimulatedEngine(SystemClock(), data=data)
        await simulated.start()
        yield Kit(simulated, "SimulatedWork", simulated.lose_next, False, data)
        await simulated.close()
        return
    packs = (PROBES, ROOT)
    place = ComfyPlace(
        root=comfyui_root(), python=Path(sys.executable), base=data / "comfyui", data=data, packs=packs, cpu=True
    )
    real = ComfyEngine(place=place)
    await real.start()

    def kill() -> None:
        pid = real.status().pid
        assert pid is not None
        asyncio.get_running_loop().call_later(0.3, os.kill, pid, signal.SIGKILL)

    yield Kit(real, "ProbeSteps", kill, True, data)
    await real.close()


async def test_prompts_run_in_the_order_of_the_calls(kit: Kit) -> None:
    ended: list[int] = []

    async def one(number: int) -> None:
        await kit.engine.run(kit.job(steps=2, step_ms=5))
        ended.append(number)

    await asyncio.gather(*(one(number) for number in range(6)))
    assert ended == list(range(6))


async def test_a_result_names_its_outputs_and_progress_reaches_the_end(kit: Kit) -> None:
    told: list[PromptProgress] = []
    job = kit.job(steps=3, step_ms=20, attempt="first")
    result = await kit.engine.run(job, told.append)
    assert result.outputs["7"]["probe"][0]["attempt"] == "first"
    assert result.executed_nodes == ("7",)
    assert result.render_ns >= 55_000_000
    assert (told[-1].value, told[-1].maximum, told[-1].node) == (3, 3, "7")


async def test_a_node_that_begins_is_told_before_its_steps(kit: Kit) -> None:
    told: list[PromptProgress] = []
    await kit.engine.run(kit.job(steps=2, step_ms=20), told.append)
    assert [(one.node, one.value, one.maximum) for one in told] == [("7", 0, 0), ("7", 1, 2), ("7", 2, 2)]


async def test_an_input_keeps_its_name_until_other_bytes_have_it(kit: Kit, tmp_path: Path) -> None:
    stem, names = uuid.uuid4().hex, []
    for number, content in enumerate([b"one", b"two", b"one"]):
        source = tmp_path / str(number) / f"{stem}.bin"
        source.parent.mkdir()
        source.write_bytes(content)
        names.append(await kit.engine.put_input(source))
    assert names == [f"{stem}.bin", f"{stem} (1).bin", f"{stem}.bin"]


async def test_an_output_that_is_not_there_is_told_and_leaves_nothing(kit: Kit, tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        await kit.engine.fetch_output(OutputFile(kind="output", subfolder="a", name="no.bin"), tmp_path / "b" / "x")
    assert caught.value.code == "engine.no_file"
    assert not (tmp_path / "b" / "x").exists()


async def test_a_repeated_graph_runs_again_under_a_new_attempt(kit: Kit) -> None:
    results = [await kit.engine.run(kit.job(attempt=attempt)) for attempt in ("one", "two")]
    assert [result.outputs["7"]["probe"][0]["attempt"] for result in results] == ["one", "two"]
    assert all(result.executed_nodes == ("7",) for result in results)


async def test_a_pending_prompt_is_cancelled_and_never_runs(kit: Kit) -> None:
    first = await kit.running(kit.job(steps=20, step_ms=20))
    pending = kit.job(steps=1)
    waiting = asyncio.ensure_future(kit.engine.run(pending))
    await asyncio.sleep(0)
    assert await kit.engine.cancel(pending.prompt_id)
    with pytest.raises(PromptCancelled):
        await waiting
    assert not first.done()
    await first


async def test_a_running_prompt_is_cancelled_and_the_next_one_runs(kit: Kit) -> None:
    job = kit.job(steps=3000, step_ms=10)
    task = await kit.running(job)
    assert await kit.engine.cancel(job.prompt_id)
    with pytest.raises(PromptCancelled):
        await task
    await asyncio.wait_for(kit.engine.run(kit.job()), 10)


async def test_cancelling_the_coroutine_cancels_the_prompt(kit: Kit) -> None:
    task = await kit.running(kit.job(steps=3000, step_ms=10))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(kit.engine.run(kit.job()), 10)


async def test_an_ended_or_unknown_prompt_cannot_be_cancelled(kit: Kit) -> None:
    job = kit.job()
    await kit.engine.run(job)
    assert not await kit.engine.cancel(job.prompt_id)
    assert not await kit.engine.cancel(str(uuid.uuid4()))


async def test_an_unknown_node_is_rejected_by_name(kit: Kit) -> None:
    job = prompt_job({"1": {"class_type": "NoSuchNode", "inputs": {}}})
    with pytest.raises(PromptRejected, match="NoSuchNode"):
        await kit.engine.run(job)


async def test_a_nodes_code_becomes_the_errors_code(kit: Kit) -> None:
    with pytest.raises(PromptFailed) as caught:
        await kit.engine.run(kit.job(message="[state.missing] the state is not there"))
    assert (caught.value.code, caught.value.retryable) == ("state.missing", True)
    assert str(caught.value) == "the state is not there"
    with pytest.raises(PromptFailed) as caught:
        await kit.engine.run(kit.job(message="no code here"))
    assert (caught.value.code, caught.value.retryable) == ("prompt.failed", False)


async def test_a_window_without_its_state_says_so(kit: Kit) -> None:
    from custom_nodes.hls_segment.request import WindowRequest

    name = f"turns/c/{uuid.uuid4().hex}/window_00001"
    request = WindowRequest(
        workflow_sha256="w", channel="c", turn="t", index=1, attempt=0, start_frame=40, new_frames=8, overlap_frames=5,
        context_samples=0, fps=25, width=64, height=64, seed=0, loop_frames=192, audio="", image="",
        state_in=f"{name}.no.safetensors", clip_out=f"{name}.mp4", state_out=f"{name}.safetensors",
    )  # fmt: skip
    path = kit.data / f"{name}.request.json"
    path.parent.mkdir(parents=True)
    path.write_text(request.to_json())
    shape = {"index": 0, "window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 64, "height": 64, "seed": 0}
    graph = {
        "1": {"class_type": "OnAirWindow", "inputs": {**shape, "request_path": f"{name}.request.json"}},
        "2": {"class_type": "OnAirSegment", "inputs": {"images": ["1", 3], "window": ["1", 8], "preview": False}},
    }
    with pytest.raises(PromptFailed) as caught:
        await kit.engine.run(prompt_job(graph))
    assert caught.value.code == "state.missing"


async def test_the_same_id_twice_at_once_is_refused(kit: Kit) -> None:
    job = kit.job(steps=20, step_ms=10)
    task = await kit.running(job)
    with pytest.raises(EngineError):
        await kit.engine.run(job)
    await task


async def test_files_are_put_and_fetched_by_name(kit: Kit, tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(b"bytes")
    await kit.engine.put("turns/x/given", tmp_path / "given")
    await kit.engine.fetch("turns/x/given", tmp_path / "got")
    assert (tmp_path / "got").read_bytes() == b"bytes"
    with pytest.raises(EngineError):
        await kit.engine.fetch("turns/x/none", tmp_path / "none")


async def test_the_definitions_are_those_that_graphs_are_judged_by_before_the_start(kit: Kit) -> None:
    info = await kit.engine.object_info()
    for kind, known in OWN_NODES.items():
        for group in ("required", "optional"):
            told, own = info[kind]["input"].get(group, {}), known["input"][group]
            assert list(told) == list(own), kind
            assert [_range(one) for one in told.values()] == [_range(one) for one in own.values()], kind


def _range(spec: Any) -> tuple[Any, Any, Any]:
    limits = spec[1] if len(spec) > 1 else {}
    return spec[0], limits.get("min"), limits.get("max")


async def test_a_lost_engine_says_so_and_then_runs_again(kit: Kit) -> None:
    job = kit.job(steps=300, step_ms=10)
    kit.lose()
    task = await kit.running(job)
    with pytest.raises(ComfyLost) as caught:
        await task
    assert caught.value.retryable
    await kit.engine.run(kit.job())
    assert kit.engine.status().up
    assert kit.engine.status().restarts == 1
