"""`run` of a graph of windows: killed at any instant it goes on where it stood, and the result is the same file."""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from custom_nodes.rolling_wav.sound import to_wav
from tests.comfy_server import ComfyServer
from tests.e2e.decoded import decode_file
from tests.e2e.killed_run import KilledRun
from tests.tiny_models.files import SETTINGS, SIZES

pytestmark = pytest.mark.comfyui

log = logging.getLogger(__name__)
SIDE = 256
PORTRAIT = ["workflows/portrait_live.json", "--set", f"OnAirWindow.width={SIDE}", "--set", f"OnAirWindow.height={SIDE}"]
PORTRAIT += ["--set", "OnAirWindow.window_frames=37", "--set", "OnAirWindow.overlap_frames=13"]
STEP_FRAMES = 24
SERIES = 50
KILLS_A_JOB = 7
WINDOWS = 9
MP4 = "portrait_live.mp4"
INSTANTS = [(victim, kind) for victim in ("runner", "comfyui") for kind in ("clip", "state", "sidecar", "time")]
INSTANTS += [("runner", kind) for kind in ("speech", "record", "request", "joined", "placed")]


def speech(path: Path, seconds: float) -> Path:
    """Syllables of a buzzing voice, each louder than the one before."""
    at = np.arange(int(seconds * 16_000)) / 16_000
    voice = sum(np.sin(2 * np.pi * 130 * harmonic * at) / harmonic for harmonic in range(1, 6))
    loud = np.maximum(0.0, np.sin(2 * np.pi * 3.3 * at)) ** 2 * (0.3 + 0.7 * at / seconds)
    path.write_bytes(to_wav((6_000 * voice * loud).astype("<i2").tobytes()))
    return path


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[list[KilledRun]]:
    made: list[KilledRun] = []
    yield made
    for run in made:
        run.close()


def new_run(runs: list[KilledRun], folder: Path, words: list[str], sound: Path, *, where: str = "") -> KilledRun:
    (folder / "data").mkdir(parents=True)
    runs.append(
        KilledRun(data=folder / "data", out=folder / "out", words=[*words, "--input", f"audio={sound}"], where=where)
    )
    return runs[-1]


def file_of(kind: str, index: int) -> str:
    """Return the file whose renaming is the instant; `index` is the window that comes."""
    named = {"clip": f"window_{index:05d}.mp4", "state": f"state_{index:05d}.safetensors"}
    named |= {"sidecar": f"window_{index:05d}.json", "request": f"window_{index:05d}.request.json"}
    return {**named, "speech": "speech.s16le", "record": "job.json", "joined": "result.mp4", "placed": MP4}[kind]


def kill(run: KilledRun, victim: str, kind: str, dice: random.Random) -> bool:
    """Kill right behind the renaming of a file of this kind; whether it was met before the run ended."""
    if kind == "time":
        limit = time.monotonic() + dice.uniform(0.5, 12)
        while not run.ended and (time.monotonic() < limit or (victim == "comfyui" and run.comfyui() is None)):
            time.sleep(0.01)
        if run.ended:
            return False
    else:
        run.pause_after(file_of(kind, run.whole + 1))
        if not run.reached():
            return False
    run.kill(victim)
    return True


def in_a_job(instants: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Sort instants as a job meets them: its sound first, the joining last."""
    place = {"speech": 0, "record": 1, "joined": 3, "placed": 4}
    return sorted(instants, key=lambda instant: place.get(instant[1], 2))


class Series:
    """Jobs over the same sound, killed at one instant after the other, each compared with an undisturbed one."""

    def __init__(self, runs: list[KilledRun], folder: Path, *, reference: str, where: str = "") -> None:
        self._runs, self._folder, self._where = runs, folder, where
        self._sound = speech(folder / "speech.wav", WINDOWS * STEP_FRAMES / 25 - 0.3)
        undisturbed = new_run(runs, folder / "undisturbed", PORTRAIT, self._sound, where=reference)
        undisturbed.start()
        undisturbed.finish()
        self._wanted = (undisturbed.out / MP4).read_bytes()
        self._jobs = 0
        self.met: Counter[str] = Counter()

    def kill_at_all(self, instants: list[tuple[str, str]], dice: random.Random) -> None:
        """Go on with new jobs until every instant was met."""
        waiting = list(instants)
        while waiting:
            here, waiting = in_a_job(waiting[:KILLS_A_JOB]), waiting[KILLS_A_JOB:]
            waiting += self._job(here, dice)
            log.info("%d kills in %d jobs: %s", sum(self.met.values()), self._jobs, dict(self.met))

    def _job(self, instants: list[tuple[str, str]], dice: random.Random) -> list[tuple[str, str]]:
        """Run one to its end; return the instants that it did not meet."""
        self._jobs += 1
        run = new_run(self._runs, self._folder / f"job_{self._jobs}", PORTRAIT, self._sound, where=self._where)
        run.start()
        missed: list[tuple[str, str]] = []
        for place, (victim, kind) in enumerate(instants):
            if not kill(run, victim, kind, dice):
                missed = instants[place:]
                break
            self.met[f"{victim} behind {kind}"] += 1
            if victim == "runner":
                run.start()
        run.go_on()
        run.finish()
        assert (run.out / MP4).read_bytes() == self._wanted
        assert [path.name for path in run.out.glob("*.mp4")] == [MP4]
        assert run.home is None
        return missed


def seeded(
    first: list[tuple[str, str]], kinds: list[tuple[str, str]], kills: int, dice: random.Random
) -> list[tuple[str, str]]:
    """Return `kills` instants: these first, as far as they go, then every kind again and again in another order."""
    instants = first[:kills]
    while len(instants) < kills:
        instants += dice.sample(kinds, min(len(kinds), kills - len(instants)))
    return instants


@pytest.mark.parametrize("kills", [2, pytest.param(SERIES, marks=pytest.mark.full)])
def test_a_run_killed_at_seeded_instants_gives_the_same_file_as_an_undisturbed_one(
    kills: int, comfyui_server: ComfyServer, runs: list[KilledRun], tmp_path: Path
) -> None:
    dice = random.Random(4)
    series = Series(runs, tmp_path, reference=comfyui_server.url)
    first = [("runner", "clip"), ("comfyui", "state"), ("runner", "speech")]
    series.kill_at_all(seeded(first, INSTANTS, kills, dice), dice)
    assert sum(series.met.values()) == kills


@pytest.mark.full
def test_a_runner_killed_beside_a_server_of_somebody_else_s_gives_the_same_file(
    comfyui_server: ComfyServer, runs: list[KilledRun], tmp_path: Path
) -> None:
    """What the runner's own process renames: the clip and the sidecar are fetched there."""
    dice = random.Random(5)
    kinds = [("runner", kind) for kind in ("speech", "record", "request", "clip", "sidecar", "joined", "placed")]
    series = Series(runs, tmp_path, reference=comfyui_server.url, where=comfyui_server.url)
    series.kill_at_all(seeded([], kinds, SERIES // 2, dice), dice)
    assert sum(series.met.values()) == SERIES // 2


@pytest.mark.parametrize(
    "name",
    [
        "infinitetalk_single",
        pytest.param("infinitetalk_live", marks=pytest.mark.full),
        pytest.param("infinitetalk_two_speakers_live", marks=pytest.mark.full),
    ],
)
def test_a_generated_clip_goes_on_after_a_kill_and_is_the_same_file(
    name: str, tiny_server: ComfyServer, runs: list[KilledRun], tmp_path: Path
) -> None:
    settings = [word for setting in (*SETTINGS, *SIZES) for word in ("--set", setting)]
    words = [f"workflows/{name}.json", *settings, "--seed", "7"]
    if name == "infinitetalk_single":
        words += ["--input", f"image={tiny_server.base / 'input' / 'face.png'}"]
    if name == "infinitetalk_two_speakers_live":
        words += ["--input", f"audio_2={speech(tmp_path / 'second.wav', 1.9)}"]
    sound = speech(tmp_path / "speech.wav", 2.3)
    whole = new_run(runs, tmp_path / "whole", words, sound, where=tiny_server.url)
    whole.start()
    whole.finish()
    run = new_run(runs, tmp_path / "killed", words, sound, where=tiny_server.url)
    run.start()
    run.pause_after("window_00002.request.json")
    assert run.reached()
    done = run.whole
    run.kill("runner")
    run.start()
    run.finish()
    assert [event["next"] for event in run.events("job")] == [0, done]
    assert (run.out / f"{name}.mp4").read_bytes() == (whole.out / f"{name}.mp4").read_bytes()
    assert len(decode_file(run.out / f"{name}.mp4").frames) == 58


def test_without_a_sound_file_the_graph_s_own_is_spoken_and_ctrl_c_leaves_what_is_done(
    comfyui_server: ComfyServer, runs: list[KilledRun], tmp_path: Path
) -> None:
    words = [*PORTRAIT, "--set", "OnAirTextToSpeech.text=Good evening. This is a sentence of some length."]
    run = KilledRun(data=tmp_path / "data", out=tmp_path / "out", words=words, where=comfyui_server.url)
    runs.append(run)
    run.data.mkdir()
    run.start()
    run.pause_after("window_00002.request.json")
    assert run.reached()
    assert run.stop() == 130
    done = run.whole
    assert 1 <= done < 4
    assert comfyui_server.get("/queue") == {"queue_running": [], "queue_pending": []}
    run.start()
    run.finish()
    assert len(run.events("prompt")) == 1  # the sound is made once
    assert run.events("job")[-1]["next"] == done
    made = decode_file(run.out / "portrait_live.mp4")
    assert np.abs(made.pcm).max() > 2_000
    assert len(made.frames) > 50
