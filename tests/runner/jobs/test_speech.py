"""A job's speech as windows and as sound: two voices, words and phonemes, and where it begins again."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from custom_nodes.rolling_wav.loudness import LoudnessMeter
from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from custom_nodes.rolling_wav.sound import events_of, to_wav
from custom_nodes.tts.resample import resample
from runner.engine.binding import LiveGraph
from runner.jobs.branch import branch_of, sound_links
from runner.jobs.events import EventsFile, write_events
from runner.jobs.hearing import hear_files
from runner.jobs.record import JobRecord, read_record
from runner.jobs.speech import JobSpeech

pytestmark = pytest.mark.fast

GRAPH = LiveGraph(
    graph={}, window_id="1", segment_id="2", workflow_sha256="", any_length=True, needs_face=False, window_frames=45,
    overlap_frames=5, fps=25, width=64, height=64, seed=0,
)  # fmt: skip


def tone(path: Path, seconds: float, *, hz: int, rate_hz: int = 16_000) -> Path:
    at = np.arange(int(rate_hz * seconds)) / rate_hz
    path.write_bytes(to_wav((8_000 * np.sin(2 * np.pi * hz * at)).astype("<i2").tobytes()))
    return path


def test_windows_are_those_of_the_whole_sound_and_the_same_wherever_one_begins(tmp_path: Path) -> None:
    record = hear_files({"audio": tone(tmp_path / "a.wav", 6.03, hz=300)}, tmp_path)
    speech = JobSpeech(tmp_path, record, GRAPH)
    rolling = RollingWav(context_frames=GRAPH.context_frames, tail_frames=0, any_length=True)
    pcm = resample((tmp_path / "speech.s16le").read_bytes(), 48_000, 16_000)
    whole = rolling.feed(pcm) + rolling.finish()
    assert [heard.window for heard in speech.windows_from(0)] == whole
    assert [heard.window for heard in speech.windows_from(2)] == whole[2:]
    assert speech.windows == len(whole) == 4
    assert record.frames == 151


def test_the_model_hears_each_voice_at_one_loudness_by_its_whole_speech(tmp_path: Path) -> None:
    loud, low = tone(tmp_path / "a.wav", 6.0, hz=300), tmp_path / "b.wav"
    samples = np.concatenate([np.zeros(48_000), 500 * np.sin(np.arange(48_000) / 3)])  # silent in its first window
    low.write_bytes(to_wav(samples.astype("<i2").tobytes()))
    record = hear_files({"audio": loud, "audio_2": low}, tmp_path)
    heard = list(JobSpeech(tmp_path, record, replace(GRAPH, loudness_lufs=-23.0)).windows_from(0))
    for voice in ([one.window.pcm_s16le for one in heard], [one.pcm_2 for one in heard]):
        meter = LoudnessMeter()
        meter.feed(voice[2])
        assert meter.lufs == pytest.approx(-23.0, abs=0.5)


@pytest.mark.parametrize("samples", [1, 1_919, 1_920, 1_921, 40 * 1_920, 40 * 1_920 + 1, 120 * 1_920])
def test_there_are_as_many_windows_as_are_told_and_they_cover_every_frame(samples: int, tmp_path: Path) -> None:
    (tmp_path / "speech.s16le").write_bytes(bytes(2 * samples))
    record = JobRecord(samples=samples, channels=1)
    speech = JobSpeech(tmp_path, record, GRAPH)
    windows = [heard.window for heard in speech.windows_from(0)]
    assert len(windows) == speech.windows
    assert sum(window.new_frames for window in windows) >= record.frames


def test_the_longer_of_two_voices_counts_and_both_are_heard(tmp_path: Path) -> None:
    voices = {"audio": tone(tmp_path / "a.wav", 2, hz=300), "audio_2": tone(tmp_path / "b.wav", 5, hz=700)}
    record = hear_files(voices, tmp_path)
    assert (record.samples, record.channels, record.two_voices) == (5 * 48_000, 1, True)
    heard = list(JobSpeech(tmp_path, record, GRAPH).windows_from(0))
    assert len(heard) == 4
    assert not any(heard[-1].window.pcm_s16le[:-40_000])
    assert all(any(one.pcm_2) and len(one.pcm_2) == len(one.window.pcm_s16le) for one in heard)
    with JobSpeech(tmp_path, record, GRAPH).sound() as read:
        mixed = np.frombuffer(read(2 * 48_000 * 6), "<i2").astype(float)
    for start, pitches in ((0, {300, 700}), (3, {700})):
        spectrum = np.abs(np.fft.rfft(mixed[start * 48_000 :][:48_000]))
        assert {int(at) for at in np.flatnonzero(spectrum > spectrum.max() / 2)} == pitches
    assert not mixed[5 * 48_000 :].any()


def test_a_record_is_read_back_and_another_version_is_none(tmp_path: Path) -> None:
    record = hear_files({"audio": tone(tmp_path / "a.wav", 1, hz=300)}, tmp_path)
    assert read_record(tmp_path) == record
    path = tmp_path / "job.json"
    path.write_text(path.read_text().replace('"version": 1', '"version": 0'))
    assert read_record(tmp_path) is None


def test_words_and_phonemes_are_read_along_as_if_all_were_held(tmp_path: Path) -> None:
    dice = random.Random(1)
    events: list[dict[str, Any]] = [
        {"kind": dice.choice(["word", "phoneme"]), "name": str(at), "start_samples": at}
        for at in sorted(dice.sample(range(16_000 * 20), 300))
    ]
    assert write_events(tmp_path, dice.sample(events, len(events)))
    rolling = RollingWav(any_length=True)
    windows: list[AudioWindow] = rolling.feed(bytes(2 * 16_000 * 20)) + rolling.finish()
    file = EventsFile(tmp_path)
    for window in windows:
        first = (window.start_frame - window.overlap_frames) * 640
        samples = len(window.pcm_s16le) // 2 - window.context_samples
        wanted = events_of(events, start_samples=first, context_samples=window.context_samples, samples=samples)
        got = file.heard_in(window)
        assert [(one.kind, one.name, one.start_samples) for one in got] == [tuple(one.values()) for one in wanted]
    assert not write_events(tmp_path, [])


def test_the_branch_is_what_the_sound_needs_and_a_node_that_saves_it() -> None:
    graph = {
        "1": {"class_type": "OnAirTextToSpeech", "inputs": {"text": ["9", 0]}},
        "9": {"class_type": "PrimitiveString", "inputs": {"value": "Hello"}},
        "2": {"class_type": "OnAirWindow", "inputs": {"audio": ["1", 0], "events": ["1", 1], "image": ["3", 0]}},
        "3": {"class_type": "LoadImage", "inputs": {}},
    }
    links = sound_links(graph, "2", ("audio", "audio_2", "events"))
    branch = branch_of(graph, links)
    assert set(branch) == {"1", "9", "onair_audio", "onair_events"}
    assert branch["onair_audio"]["inputs"]["audio"] == ["1", 0]
    assert branch["onair_events"]["inputs"]["source"] == ["1", 1]
