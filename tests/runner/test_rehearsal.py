"""The rehearsal: short for a slow graph, warm for a quick one, and its speed is what the hub begins with."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from runner import rehearsal
from runner.clock import SystemClock
from runner.compose import Stage, new_hub
from runner.engine.binding import bind
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow
from runner.errors import PromptFailed
from runner.live.counters import LiveCounters, NoMeter
from runner.live.idle import load_idle_loop
from runner.live.paces import Paces
from runner.rehearsal import rehearse
from runner.settings import load_settings
from runner.speech.tone import ToneSpeech

SILENCE_NS = 10_000_000_000
SHAPE = {"window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 64, "height": 64, "seed": 0, "index": 0}
WINDOW = {"class_type": "OnAirWindow", "inputs": SHAPE}
PORTRAIT = {"class_type": "OnAirPortrait", "inputs": {"image": ["1", 2], "audio": ["1", 0], "window": ["1", 8]}}
SEGMENT = {"class_type": "OnAirSegment", "inputs": {"images": ["2", 0], "window": ["1", 8]}}
IDLE = {"class_type": "OnAirIdle", "inputs": {"image": ["1", 2], "window": ["1", 8], "frames": 48}}


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    engine = SimulatedEngine(SystemClock(), data=tmp_path, rtf=0.01)
    await engine.start()
    talk = bind(Workflow(name="talk", graph={"1": WINDOW, "2": PORTRAIT, "3": SEGMENT}), OBJECT_INFO)
    idle = bind_idle(Workflow(name="idle", graph={"1": WINDOW, "2": IDLE}), OBJECT_INFO)
    folder = await IdleRenderer(engine, tmp_path, version="test", silence_timeout_ns=SILENCE_NS).render(
        idle, overlap_frames=5
    )
    yield Stage(
        engine=engine,
        renderer=WindowRenderer(engine, talk, tmp_path, silence_timeout_ns=SILENCE_NS),
        idle=load_idle_loop(folder, data=tmp_path),
        avatar=None,
        speech=ToneSpeech(),
        data=tmp_path,
    )
    await engine.close()


async def rehearsed(stage: Stage, said: list[str] | None = None) -> Paces:
    settings = load_settings(data=stage.data, voice="low")
    return await rehearse(stage, settings, clock=SystemClock(), say=(said if said is not None else []).append)


async def test_a_quick_graph_is_rehearsed_warm_and_its_speed_handed_on(stage: Stage) -> None:
    said: list[str] = []
    paces = await rehearsed(stage, said)
    assert said[:2] == ["Rehearsing: window 1 …", "Rehearsing: window 2 …"]
    assert len(said) >= 4
    assert 0.005 < paces.step.rtf < 0.1  # 0.3 would be the assumption
    hub = new_hub(
        stage,
        load_settings(data=stage.data),
        clock=SystemClock(),
        counters=LiveCounters(),
        meter=NoMeter(),
        paces=paces,
    )
    assert hub.capacity == 8
    assert not list((stage.data / "turns").glob("*/*"))


@pytest.mark.parametrize("without", [{"rehearsal": False}, {"fake_run": True}, {"allow_generation": False}])
async def test_nothing_is_rehearsed_where_that_is_not_wanted_or_nothing_is_rendered(
    stage: Stage, without: dict[str, bool]
) -> None:
    assert isinstance(stage.engine, SimulatedEngine)
    before, settings = len(stage.engine.prompts), load_settings(data=stage.data, voice="low", **without)
    assert (await rehearse(stage, settings, clock=SystemClock(), say=lambda _: None)).step.rtf == pytest.approx(0.3)
    assert len(stage.engine.prompts) == before


async def test_a_slow_graph_renders_one_word_and_the_figure_stands_until_it_is_measured(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rehearsed(stage)
    whole = len(stage.engine.prompts)  # type: ignore[attr-defined]
    monkeypatch.setattr(rehearsal, "QUICK_NS", 0)
    paces = await rehearsed(stage)
    assert len(stage.engine.prompts) - whole < whole / 2  # type: ignore[attr-defined]
    assert paces.step.rtf < 0.3
    paces.measured(new_frames=40, render_ns=3_200_000_000, first=False)
    assert paces.step.rtf == pytest.approx(2.0)  # what loading cost is forgotten at once


async def test_what_cannot_go_on_air_is_told_and_what_passes_is_not(stage: Stage) -> None:
    engine = stage.engine
    assert isinstance(engine, SimulatedEngine)
    engine.fail_next("media.parameters", "the clip is another size")
    with pytest.raises(PromptFailed, match="another size"):
        await rehearsed(stage)
    for _ in range(2):
        engine.fail_next("comfy.out_of_memory", "no memory")
    assert (await rehearsed(stage)).step.rtf == pytest.approx(0.3)
