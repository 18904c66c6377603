"""Windows and idle loops through the port, on the simulated engine in virtual time."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.rolling_wav.sound import read_wav
from hls.access_unit import read_clip
from runner.clock import FakeClock
from runner.engine.binding import LiveGraph, bind
from runner.engine.idle_loops import KEPT, is_whole
from runner.engine.idle_renderer import IdleGraph, IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow
from runner.errors import ComfyLost, PromptFailed
from runner.live.idle import IdleLoop, load_idle_loop
from runner.live.offload import inline
from runner.ports import PromptJob, PromptProgress, PromptResult

SILENCE_NS = 10_000_000_000
SHAPE = {"window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 64, "height": 64, "seed": 0, "index": 0}
WINDOW = {"class_type": "OnAirWindow", "inputs": SHAPE}


def live_graph() -> LiveGraph:
    segment = {"class_type": "OnAirSegment", "inputs": {"images": ["1", 3], "window": ["1", 8]}}
    return bind(Workflow(name="w", graph={"1": WINDOW, "2": segment}), OBJECT_INFO)


def idle_graph() -> IdleGraph:
    idle = {"class_type": "OnAirIdle", "inputs": {"image": ["1", 2], "window": ["1", 8], "frames": 48}}
    return bind_idle(Workflow(name="i", graph={"1": WINDOW, "2": idle}), OBJECT_INFO)


def request(index: int, state_in: str = "") -> WindowRequest:
    folder = "turns/c/t"
    return WindowRequest(
        workflow_sha256=live_graph().workflow_sha256, channel="c", turn="t", index=index, attempt=0,
        start_frame=40 * index, new_frames=40, overlap_frames=5, context_samples=0, fps=25, width=64, height=64,
        seed=0, loop_frames=48, audio="", image="", state_in=state_in, clip_out=f"{folder}/window_{index:05d}.mp4",
        state_out=f"{folder}/state_{index:05d}.safetensors",
    )  # fmt: skip


def chance(index: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_OID, str(index)))


async def started(clock: FakeClock, data: Path, **told: float) -> SimulatedEngine:
    engine = SimulatedEngine(clock, data=data, rtf=told.get("rtf", 0.5), spread=told.get("spread", 0.0))
    await engine.start()
    return engine


async def test_a_chain_of_windows_takes_the_time_of_its_rtf(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path, rtf=0.5)
    renderer = WindowRenderer(engine, live_graph(), tmp_path, offload=inline, silence_timeout_ns=SILENCE_NS)
    begun = clock.monotonic_ns()
    requests = [request(0), request(1, "turns/c/t/state_00000.safetensors")]
    both = asyncio.gather(*(renderer.render(one, prompt_id=chance(one.index)) for one in requests))
    windows = await clock.run_until(both)
    assert clock.monotonic_ns() - begun == 2 * 800_000_000
    assert [window.render_ns for window in windows] == [800_000_000] * 2
    assert [len(window.media.units) for window in windows] == [40, 40]
    assert [unit.is_idr for unit in windows[0].media.units].index(True, 1) == 24
    assert windows[1].sidecar["index"] == 1
    assert (tmp_path / windows[1].state_name).exists()


async def test_a_window_before_its_state_is_retryable_and_then_works(tmp_path: Path) -> None:
    clock = FakeClock()
    renderer = WindowRenderer(
        await started(clock, tmp_path), live_graph(), tmp_path, offload=inline, silence_timeout_ns=SILENCE_NS
    )
    second = request(1, "turns/c/t/state_00000.safetensors")
    with pytest.raises(PromptFailed) as caught:
        await clock.run_until(renderer.render(second, prompt_id=chance(1)))
    assert (caught.value.code, caught.value.retryable) == ("state.missing", True)
    await clock.run_until(renderer.render(request(0), prompt_id=chance(2)))
    again = dataclasses.replace(second, attempt=1)
    assert (await clock.run_until(renderer.render(again, prompt_id=chance(3)))).sidecar["attempt"] == 1


async def test_failures_are_injected_once_and_in_order(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path)
    renderer = WindowRenderer(engine, live_graph(), tmp_path, offload=inline, silence_timeout_ns=SILENCE_NS)
    engine.fail_next("comfy.out_of_memory")
    engine.lose_next()
    with pytest.raises(PromptFailed) as caught:
        await clock.run_until(renderer.render(request(0), prompt_id=chance(1)))
    assert (caught.value.code, caught.value.retryable) == ("comfy.out_of_memory", True)
    with pytest.raises(ComfyLost):
        await clock.run_until(renderer.render(request(0), prompt_id=chance(2)))
    await clock.run_until(renderer.render(request(0), prompt_id=chance(3)))


async def test_a_spread_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    async def times() -> list[int]:
        clock = FakeClock()
        engine = await started(clock, tmp_path, spread=0.5)
        renderer = WindowRenderer(engine, live_graph(), tmp_path, offload=inline, silence_timeout_ns=SILENCE_NS)
        return [(await clock.run_until(renderer.render(request(0), prompt_id=chance(i)))).render_ns for i in range(3)]

    first = await times()
    assert first == await times()
    assert len(set(first)) == 3
    assert all(400_000_000 <= took <= 1_200_000_000 for took in first)


async def test_the_idle_loop_is_rendered_once_and_reused_whole(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path)
    idle = IdleRenderer(engine, tmp_path, version="1", silence_timeout_ns=SILENCE_NS)
    begun: list[str] = []
    folder = await clock.run_until(idle.render(idle_graph(), on_begin=lambda: begun.append("first")))
    assert is_whole(folder)
    assert len(read_clip(folder / "loop.mp4").units) == 48
    assert await clock.run_until(idle.render(idle_graph(), on_begin=lambda: begun.append("again"))) == folder
    assert len(engine.prompts) == 1
    assert begun == ["first"]  # of a loop that is there nobody is told that it is rendered
    other = await clock.run_until(
        IdleRenderer(engine, tmp_path, version="2", silence_timeout_ns=SILENCE_NS).render(idle_graph())
    )
    assert other != folder


@pytest.mark.parametrize("broken", ["loop.json", "loop.mp4", "entry_8.safetensors", "truncated", "unreadable"])
async def test_half_a_loop_is_rendered_again(tmp_path: Path, broken: str) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path)
    idle = IdleRenderer(engine, tmp_path, version="1", silence_timeout_ns=SILENCE_NS)
    folder = await clock.run_until(idle.render(idle_graph()))
    if broken == "truncated":
        told = json.loads((folder / "loop.json").read_text())
        (folder / "loop.json").write_text(json.dumps({**told, "frames": 24}))
    elif broken == "unreadable":
        (folder / "loop_24.mp4").write_bytes(b"")
    else:
        (folder / broken).unlink()
    await clock.run_until(idle.render(idle_graph()))
    assert len(engine.prompts) == 2
    assert is_whole(folder)


async def test_both_codings_come_from_an_engine_elsewhere_and_one_where_its_pack_is_older(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path / "there")

    async def fetched(here: Path) -> IdleLoop:
        renderer = IdleRenderer(engine, here, version="1", silence_timeout_ns=SILENCE_NS)
        return load_idle_loop(await clock.run_until(renderer.render(idle_graph())), data=here)

    assert len((await fetched(tmp_path / "here")).long_gop_units) == 48
    for clip in (tmp_path / "there").rglob("loop_24.mp4"):
        clip.unlink()
    older = await fetched(tmp_path / "later")
    assert (len(older.units), older.long_gop_units) == (48, ())
    assert len(engine.prompts) == 1


class Heard(SimulatedEngine):
    """Keeps what it is given."""

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        self.silences_ns = [*getattr(self, "silences_ns", []), job.silence_timeout_ns]
        return await super().run(job, on_progress)


async def test_every_prompt_has_the_patience_that_was_set(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = Heard(clock, data=tmp_path)
    await engine.start()
    await clock.run_until(IdleRenderer(engine, tmp_path, version="1", silence_timeout_ns=7).render(idle_graph()))
    windows = WindowRenderer(engine, live_graph(), tmp_path, offload=inline, silence_timeout_ns=8)
    await clock.run_until(windows.render(request(0), prompt_id=chance(0)))
    assert engine.silences_ns == [7, 8]


async def test_the_loops_used_last_are_kept_and_never_this_one_is_removed(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path)
    idle = IdleRenderer(engine, tmp_path, version="1", silence_timeout_ns=SILENCE_NS)
    folder = await clock.run_until(idle.render(idle_graph()))
    for used_s in range(KEPT + 2):
        (folder.parent / f"other_{used_s}").mkdir()
        os.utime(folder.parent / f"other_{used_s}", (used_s, used_s))
    os.utime(folder, (0, 0))  # the oldest, and in use again
    with caplog.at_level("INFO"):
        assert await clock.run_until(idle.render(idle_graph())) == folder
    others = {f"other_{used_s}" for used_s in range(3, KEPT + 2)}
    assert {one.name for one in folder.parent.iterdir()} == {folder.name, *others}
    removed = [record.folder for record in caplog.records if "removed" in record.message]  # type: ignore[attr-defined]
    assert removed == ["other_0", "other_1", "other_2"]


async def test_a_windows_sound_is_written_in_the_order_of_the_calls_however_long_it_takes(tmp_path: Path) -> None:
    clock = FakeClock()
    engine = await started(clock, tmp_path)
    writes = 0

    async def slow_at_first(work: Callable[[], Any]) -> Any:
        nonlocal writes
        writes += 1
        await clock.sleep_until_ns(clock.monotonic_ns() + (500_000_000 if writes == 1 else 0))
        return work()

    renderer = WindowRenderer(engine, live_graph(), tmp_path, offload=slow_at_first, silence_timeout_ns=SILENCE_NS)
    asked = [
        dataclasses.replace(one, audio=f"turns/c/t/window_{one.index:05d}.wav")
        for one in (request(0), request(1, "turns/c/t/state_00000.safetensors"))
    ]
    sounds = [b"\1\0" * 16_000, b"\2\0" * 16_000]
    both = zip(asked, sounds, strict=True)
    await clock.run_until(
        asyncio.gather(*(renderer.render(one, prompt_id=chance(one.index), pcm_s16le=pcm) for one, pcm in both))
    )
    assert engine.prompts == [chance(0), chance(1)]
    assert [read_wav(tmp_path / one.audio) for one in asked] == sounds
