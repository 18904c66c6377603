"""A job over the simulated engine: what it renders, keeps, refuses, and how it goes on."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import threading
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import CancelledError
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_nodes.hls_segment.state import State, read_state, write_state
from custom_nodes.portrait.picture import png_bytes
from custom_nodes.rolling_wav.sound import to_wav
from hls.access_unit import read_clip
from hls.errors import SoundCut, SoundEmpty, SoundUnreadable
from runner.batch.manifest import Manifest
from runner.clock import SystemClock
from runner.data_lock import lock_job
from runner.engine.simulated import SimulatedEngine
from runner.errors import BadInput, ComfyUnreachable, EngineError, PictureRefused, WorkflowRefused
from runner.jobs.forgotten import KEPT_NS, clear_forgotten
from runner.jobs.hearing import hear_files
from runner.jobs.job import JobPlace, run_job
from runner.jobs.order import holds_windows, make_order
from runner.jobs.series import forget
from runner.jobs.words import job_id, read_words

STEP_FRAMES = 40
SECONDS = 6.0
GRAPH: dict[str, Any] = {
    "1": {"class_type": "OnAirWindow", "inputs": {"width": 64, "height": 64, "seed": 5}},
    "2": {"class_type": "OnAirSegment", "inputs": {"images": ["1", 2], "window": ["1", 8]}},
}


def tone(seconds: float = SECONDS, *, hz: int = 300) -> bytes:
    at = np.arange(int(16_000 * seconds)) / 16_000
    return to_wav((8_000 * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes())


class Desk:
    """A folder of files, and jobs that are run from them with engines that fail as they are told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data, self.out = folder, folder / "data", folder / "out"
        self.out.mkdir()
        self.engines: list[SimulatedEngine] = []
        self.heard: list[dict[str, Any]] = []
        self.seen = asyncio.Event()
        self.write("speech.wav", tone())
        self.workflow(GRAPH)

    def write(self, name: str, content: bytes) -> Path:
        (self.folder / name).write_bytes(content)
        return self.folder / name

    def workflow(self, graph: dict[str, Any]) -> None:
        self.write("w.json", json.dumps(graph).encode())

    def order(
        self,
        *inputs: str,
        sets: Sequence[str] = (),
        seed: int | None = None,
        keep: bool = False,
        run: int = 0,
        more: bool = False,
    ) -> Any:
        words = read_words(
            self.folder / "w.json",
            sets=sets,
            seed=seed,
            inputs=[f"{name}={self.folder / file}" for name, _, file in (one.partition("=") for one in inputs)],
            place="",
            run=run,
        )
        return make_order(words, folder=self.out, silence_ns=10**9, keep=keep, more=more)

    async def run(self, *inputs: str, engine: SimulatedEngine | None = None, **told: Any) -> tuple[Any, Any]:
        order = self.order(*(inputs or ("audio=speech.wav",)), **told)

        @asynccontextmanager
        async def opened() -> AsyncIterator[SimulatedEngine]:
            self.engines.append(engine or SimulatedEngine(SystemClock(), data=self.data, rtf=0.0))
            await self.engines[-1].start()
            try:
                yield self.engines[-1]
            finally:
                await self.engines[-1].close()

        at = JobPlace(
            open_engine=opened, data=self.data, input_folders=(), lend=lambda _: None, clock=SystemClock(),
            listener=self.hear,
        )  # fmt: skip
        return await run_job(order, at)

    def hear(self, event: dict[str, Any], line: str) -> None:
        self.heard.append({**event, "line": line})
        if event["event"] == "window":
            self.seen.set()

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.heard if event["event"] == kind]

    @property
    def home(self) -> Path:
        (home,) = (self.data / "jobs").iterdir()
        return home


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


class Stop(Exception):
    """A kill, as far as one process can have it."""


def stopping(desk: Desk, *, after: int) -> SimulatedEngine:
    """An engine that takes `after` prompts and then fails for good."""
    engine = SimulatedEngine(SystemClock(), data=desk.data, rtf=0.0)
    run, taken = engine.run, 0

    async def limited(*arguments: Any) -> Any:
        nonlocal taken
        taken += 1
        if taken > after:
            raise EngineError("it is gone")
        return await run(*arguments)

    engine.run = limited  # type: ignore[method-assign]
    return engine


async def test_a_sound_becomes_one_mp4_of_its_length_and_nothing_else_stays(desk: Desk) -> None:
    ran, entry = await desk.run()
    assert (entry.file, entry.class_type) == ("w.mp4", "OnAirSegment")
    assert len(read_clip(desk.out / "w.mp4").units) == SECONDS * 25
    assert ran.windows == len(desk.events("window")) == 4
    assert list((desk.data / "jobs").iterdir()) == []
    assert [path.name for path in desk.out.iterdir()] == ["w.mp4"]


async def test_a_stopped_job_goes_on_and_the_result_is_the_same_file(desk: Desk) -> None:
    await desk.run()
    (desk.out / "w.mp4").rename(desk.folder / "undisturbed.mp4")
    desk.heard.clear()
    with pytest.raises(EngineError, match="it is gone"):
        await desk.run(engine=stopping(desk, after=2))
    speech = desk.home / "speech.s16le"
    made_ns = speech.stat().st_mtime_ns
    kept = [path.stat().st_mtime_ns for path in sorted(desk.home.glob("window_0000[01].mp4"))]
    await asyncio.sleep(0.02)

    with pytest.raises(EngineError, match="it is gone"):
        await desk.run(engine=stopping(desk, after=1))
    assert speech.stat().st_mtime_ns == made_ns
    assert [path.stat().st_mtime_ns for path in sorted(desk.home.glob("window_0000[01].mp4"))] == kept
    await desk.run()
    assert [event["line"] for event in desk.events("job")] == [
        "4 windows", "Going on at window 3 of 4", "Going on at window 4 of 4",
    ]  # fmt: skip
    assert (desk.out / "w.mp4").read_bytes() == (desk.folder / "undisturbed.mp4").read_bytes()


async def test_only_the_states_that_are_still_needed_stay(desk: Desk) -> None:
    with pytest.raises(EngineError):
        await desk.run(engine=stopping(desk, after=3))
    assert sorted(path.name for path in desk.home.glob("state_*")) == [
        "state_00001.safetensors", "state_00002.safetensors",
    ]  # fmt: skip


async def test_a_window_without_its_bytes_is_rendered_again_from_the_last_state_there_is(desk: Desk) -> None:
    await desk.run()
    whole = (desk.out / "w.mp4").read_bytes()
    with pytest.raises(EngineError):
        await desk.run(engine=stopping(desk, after=3))
    (desk.home / "window_00001.mp4").write_bytes(b"")
    desk.heard.clear()
    await desk.run()
    assert desk.events("job")[0]["next"] == 0
    assert (desk.out / "w (1).mp4").read_bytes() == whole


async def test_an_engine_lost_in_a_window_is_asked_again_and_the_file_is_the_same(desk: Desk) -> None:
    await desk.run()
    engine = SimulatedEngine(SystemClock(), data=desk.data, rtf=0.0)
    engine.lose_next()
    await desk.run(engine=engine)
    assert len(desk.events("retry")) == 1
    assert (desk.out / "w (1).mp4").read_bytes() == (desk.out / "w.mp4").read_bytes()


async def test_a_child_that_ends_while_it_starts_is_started_once_more(desk: Desk) -> None:
    refusing = SimulatedEngine(SystemClock(), data=desk.data, rtf=0.0)

    async def start() -> None:
        if len(desk.engines) == 1:
            raise ComfyUnreachable("it ended while it started")

    refusing.start = start  # type: ignore[method-assign]
    with pytest.raises(EngineError, match="not running"):  # the second one is the same here, and was never started
        await desk.run(engine=refusing)
    assert len(desk.engines) == 2
    assert [event["event"] for event in desk.heard][:2] == ["sound", "lost"]


async def test_a_window_that_fails_by_itself_ends_the_job_at_once(desk: Desk) -> None:
    engine = SimulatedEngine(SystemClock(), data=desk.data, rtf=0.0)
    engine.fail_next("media.parameters")
    with pytest.raises(EngineError) as failed:
        await desk.run(engine=engine)
    assert failed.value.code == "media.parameters"
    assert desk.events("retry") == desk.events("window") == []


@pytest.mark.parametrize("size", [(64, 64), (96, 64)])
async def test_a_foreign_state_is_refused_before_the_engine_is_asked(desk: Desk, size: tuple[int, int]) -> None:
    with pytest.raises(EngineError):
        await desk.run(engine=stopping(desk, after=2))
    path = desk.home / "state_00001.safetensors"
    state = read_state(path)
    frames = np.zeros((5, size[1], size[0], 3), np.float16)
    write_state(path, replace(state, motion_frames=frames, workflow_sha256="another"))
    assert isinstance(state, State)
    with pytest.raises(BadInput) as refused:
        await desk.run()
    assert refused.value.code == "state.foreign"
    assert "96x64" in str(refused.value) if size[0] == 96 else "another workflow" in str(refused.value)
    assert desk.engines[-1].prompts == []


async def test_changed_words_are_another_job(desk: Desk) -> None:
    def job(**told: Any) -> str:
        order = desk.order(*told.pop("inputs", ("audio=speech.wav",)), **told)
        return job_id(order.words, input_folders=())

    first = job()
    assert job() == first
    desk.write("face.png", png_bytes(np.full((64, 64, 3), 9, np.uint8)))
    others = [job(seed=4), job(sets=["OnAirWindow.width=96"]), job(inputs=("audio=speech.wav", "image=face.png"))]
    desk.write("speech.wav", tone(hz=310))
    others.append(job())
    desk.workflow({**GRAPH, "9": {"class_type": "LoadImage", "inputs": {"image": "face.png"}}})
    others.append(job())
    order = desk.order("audio=speech.wav")
    others.append(job_id(order.words, input_folders=(desk.folder,)))
    assert len({first, *others}) == 7


async def test_a_job_that_nobody_went_on_with_is_removed_after_thirty_days(desk: Desk) -> None:
    now_ns = SystemClock().unix_ns()
    homes = {name: desk.data / "jobs" / name for name in ("old", "new", "held")}
    for name, home in homes.items():
        home.mkdir(parents=True)
        (home / "speech.s16le").write_bytes(bytes(8))
        if name != "new":
            then_ns = now_ns - KEPT_NS - 10**9
            os.utime(home, ns=(then_ns, then_ns))
    with lock_job(homes["held"]):
        os.utime(homes["held"], ns=(0, 0))
        assert clear_forgotten(desk.data, unix_ns=now_ns) == 1
    assert [name for name, home in homes.items() if home.exists()] == ["new", "held"]


async def test_a_second_process_at_the_same_job_is_refused(desk: Desk) -> None:
    with pytest.raises(EngineError):
        await desk.run(engine=stopping(desk, after=1))
    with lock_job(desk.home), pytest.raises(BadInput) as refused:
        await desk.run()
    assert refused.value.code == "job.taken"


async def test_kept_window_files_stay_and_give_the_same_file_without_a_prompt(desk: Desk) -> None:
    await desk.run(keep=True)
    whole = (desk.out / "w.mp4").read_bytes()
    assert len(list(desk.home.glob("window_*.wav"))) == 4
    await desk.run(keep=True)
    assert desk.engines[-1].prompts == []
    assert (desk.out / "w.mp4").read_bytes() == whole


async def test_of_a_row_of_repeats_those_that_are_done_are_not_made_again(desk: Desk) -> None:
    first = await desk.run(seed=3, more=True)
    assert sorted(path.name for path in desk.home.iterdir()) == ["job.json", "job.lock"]
    assert await desk.run(seed=3, more=True) == first
    assert len(desk.engines) == 1
    (desk.out / "w.mp4").unlink()
    assert await desk.run(seed=3, more=True) == first
    assert (desk.out / "w.mp4").is_file()
    second = await desk.run(seed=4, run=1)
    assert second[1].file == "w (1).mp4"
    forget(desk.data, first[0].prompt_id)
    assert list((desk.data / "jobs").iterdir()) == []
    ids = {job_id(desk.order("audio=speech.wav", run=run).words, input_folders=()) for run in (0, 1)}
    assert len(ids) == 2


async def test_a_job_that_was_killed_behind_its_last_step_writes_no_second_file(desk: Desk) -> None:
    await desk.run(keep=True)
    kept = desk.folder / "kept"
    shutil.copytree(desk.home, kept)
    shutil.rmtree(desk.home)
    shutil.copytree(kept, desk.data / "jobs" / job_id(desk.order("audio=speech.wav").words, input_folders=()))
    await desk.run()
    assert [path.name for path in desk.out.iterdir()] == ["w.mp4"]


async def test_a_cancelled_job_cancels_its_prompts_and_keeps_its_windows(desk: Desk) -> None:
    engine = SimulatedEngine(SystemClock(), data=desk.data, rtf=0.0)
    work = asyncio.ensure_future(desk.run(engine=engine))
    await desk.seen.wait()
    engine.rtf = 1_000.0
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert (desk.home / "window_00000.json").exists()


@pytest.mark.parametrize(
    ("sets", "code", "said"),
    [
        (["OnAirWindow.window_frames=44"], "workflow.size", "multiple of 8"),
        (["OnAirWindow.window_frames=45", "OnAirWindow.overlap_frames=45"], "workflow.size", "no less than"),
        (["OnAirWindow.window_frames=45", "OnAirWindow.overlap_frames=53"], "workflow.size", "no less than"),
        (["OnAirWindow.width=50"], "workflow.size", "multiples of 16"),
        (["OnAirWindow.fps=30"], "workflow.size", "fps"),
    ],
)
def test_shapes_that_cannot_be_rendered_are_refused(desk: Desk, sets: list[str], code: str, said: str) -> None:
    with pytest.raises(WorkflowRefused, match=said) as refused:
        desk.order("audio=speech.wav", sets=sets)
    assert refused.value.code == code


def test_a_window_that_is_not_4n_plus_1_is_refused_for_a_model_that_needs_it(desk: Desk) -> None:
    graph = {**GRAPH, "3": {"class_type": "WanInfiniteTalkToVideo", "inputs": {"audio": ["1", 0]}}}
    graph["2"] = {"class_type": "OnAirSegment", "inputs": {"images": ["3", 0], "window": ["1", 8]}}
    desk.workflow(graph)
    with pytest.raises(WorkflowRefused, match="4n\\+1"):
        desk.order("audio=speech.wav", sets=["OnAirWindow.window_frames=48", "OnAirWindow.overlap_frames=8"])


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", SoundEmpty), (b"no sound", SoundUnreadable), (tone()[:-100], SoundCut), (tone(0), SoundEmpty)],
)
def test_a_sound_that_cannot_be_used_is_refused_before_comfyui_is_started(
    desk: Desk, content: bytes, kind: type[Exception]
) -> None:
    desk.write("speech.wav", content)
    with pytest.raises(kind):
        desk.order("audio=speech.wav")


def test_no_sound_and_a_second_voice_for_nobody_are_refused(desk: Desk) -> None:
    with pytest.raises(BadInput, match="--input audio=FILE") as refused:
        desk.order()
    assert refused.value.code == "job.no_sound"
    with pytest.raises(BadInput, match="audio_2 out"):
        desk.order("audio=speech.wav", "audio_2=speech.wav")
    with pytest.raises(BadInput, match="no file"):
        desk.order("audio=none.wav")


async def test_a_picture_that_cannot_be_used_is_refused_before_comfyui_is_started(desk: Desk) -> None:
    strip = png_bytes(np.full((33, 1_000, 3), 120, np.uint8))
    for content, code in ((b"no picture", "picture.unreadable"), (strip, "picture.too_small")):
        desk.write("face.png", content)
        with pytest.raises(PictureRefused) as refused:
            await desk.run("audio=speech.wav", "image=face.png")
        assert refused.value.code == code
    assert desk.engines == []


@pytest.mark.parametrize("size", [(33, 500), (500, 33), (5_000, 4_000)])
async def test_pictures_of_any_size_are_shown_in_the_stream_s(desk: Desk, size: tuple[int, int]) -> None:
    desk.write("face.png", png_bytes(np.full((size[1], size[0], 3), 120, np.uint8)))
    await desk.run("audio=speech.wav", "image=face.png")
    assert read_clip(desk.out / "w.mp4").width == 64


def test_which_workflows_are_run_window_by_window(desk: Desk) -> None:
    assert holds_windows(desk.folder / "w.json")
    for graph in ({"1": GRAPH["1"]}, {"2": GRAPH["2"]}, {**GRAPH, "3": GRAPH["1"]}, {"1": {"class_type": "Note"}}):
        desk.workflow(graph)
        assert not holds_windows(desk.folder / "w.json")


@pytest.mark.parametrize(
    "told",
    [b"", b"\0" * 40, b"[]", b'{"version": 1}', b'{"version": 2, "samples": 288000, "channels": 1}']
    + [json.dumps({"samples": 288_000, "channels": 1, "version": 1, **odd}).encode()
       for odd in ({"done": True, "target": 5}, {"channels": "2"}, {"channels": 2}, {"events": "yes"}, {"more": 1})],
)  # fmt: skip
async def test_a_damaged_record_is_no_record(desk: Desk, told: bytes) -> None:
    with pytest.raises(EngineError):
        await desk.run(engine=stopping(desk, after=1))
    (desk.home / "job.json").write_bytes(told)
    await desk.run()
    assert len(read_clip(desk.out / "w.mp4").units) == SECONDS * 25


async def test_names_and_texts_that_are_no_text_are_taken(desk: Desk) -> None:
    desk.workflow({**GRAPH, "3": {"class_type": "Note", "inputs": {"text": "\ud800"}}})
    order = desk.order("audio=speech.wav", sets=["1.seed=6"])
    assert job_id(order.words, input_folders=()) != job_id(replace(order.words, sets=("1.\udcff=6",)), input_folders=())
    Manifest(workflow="b\udcffd.json").write(desk.out)
    assert json.loads((desk.out / "manifest.json").read_text(encoding="utf-8"))["workflow"] == "b\udcffd.json"


async def test_a_signal_ends_the_reading_of_a_long_sound(desk: Desk) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(CancelledError):
        hear_files({"audio": desk.folder / "speech.wav"}, desk.out, stop=stop)
    assert list(desk.out.iterdir()) == []
