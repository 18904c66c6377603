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
        limit = time.monotonic() + dice.uniform(0.5, 14)
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
    first, last = ("speech", "record"), ("joined", "placed")
    return sorted(instants, key=lambda one: 0 if one[1] in first else 2 + last.index(one[1]) if one[1] in last else 1)


@pytest.mark.parametrize("kills", [3, pytest.param(SERIES, marks=pytest.mark.full)])
def test_a_run_killed_at_seeded_instants_gives_the_same_file_as_an_undisturbed_one(
    kills: int, comfyui_server: ComfyServer, runs: list[KilledRun], tmp_path: Path
) -> None:
    dice = random.Random(4)
    sound = speech(tmp_path / "speech.wav", WINDOWS * STEP_FRAMES / 25 - 0.3)
    undisturbed = new_run(runs, tmp_path / "undisturbed", PORTRAIT, sound, where=comfyui_server.url)
    undisturbed.start()
    undisturbed.finish()
    wanted = (undisturbed.out / MP4).read_bytes()
    waiting, met, jobs = [("runner", "speech"), ("runner", "clip"), ("comfyui", "state")], Counter[str](), 0
    while len(waiting) < kills:
        waiting += dice.sample(INSTANTS, min(len(INSTANTS), kills - len(waiting)))
    while waiting:
        jobs += 1
        run = new_run(runs, tmp_path / f"job_{jobs}", PORTRAIT, sound)
        run.start()
        here, waiting = in_a_job(waiting[:KILLS_A_JOB]), waiting[KILLS_A_JOB:]
        for place, (victim, kind) in enumerate(here):
            if not kill(run, victim, kind, dice):
                waiting += here[place:]
                break
            met[f"{victim} behind {kind}"] += 1
            if victim == "runner":
                run.start()
        run.go_on()
        run.finish()
        assert (run.out / MP4).read_bytes() == wanted
        assert [path.name for path in run.out.glob("*.mp4")] == [MP4]
        assert run.home is None
        log.info("%d kills in %d jobs: %s", sum(met.values()), jobs, dict(met))
    assert sum(met.values()) == kills


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
