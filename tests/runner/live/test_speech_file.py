"""SpeechFile: what a thread appends and the event loop reads, and what comes back from disk."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from custom_nodes.tts.speech import PcmChunk, SpeechEvent
from runner.live.speech_file import SpeechFile

CHUNK = 480
CHUNKS = 3000


def chunk(number: int) -> PcmChunk:
    word = SpeechEvent(kind="word", name=str(number), start_samples=number * CHUNK)
    return PcmChunk(start_samples=number * CHUNK, rate_hz=48_000, pcm_s16le=b"\1\0" * CHUNK, events=(word,))


@pytest.fixture
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_no_event_is_lost_while_a_thread_appends_and_windows_forget_the_old_ones(
    tmp_path: Path, switching_often: None
) -> None:
    file = SpeechFile(tmp_path)
    voice = threading.Thread(target=lambda: [file.append(chunk(number)) for number in range(CHUNKS)])
    voice.start()
    while voice.is_alive():
        file.forget_events_before(0)
    voice.join()
    file.wake()
    assert file.word_starts(0, CHUNKS * CHUNK) == [number * CHUNK for number in range(CHUNKS)]
    file.close()


def test_where_clauses_begin_comes_back_from_disk_and_is_no_event(tmp_path: Path) -> None:
    file = SpeechFile(tmp_path)
    for number in range(4):
        if number % 2 == 0:
            file.begin_clause()
        file.append(chunk(number))
    file.finish()
    file.wake()
    file.close()
    again = SpeechFile(tmp_path)
    assert again.complete
    assert again.clause_starts == file.clause_starts == [0, 2 * CHUNK]
    assert [event.name for event in again.events()] == ["0", "1", "2", "3"]
    again.reset()
    assert (again.samples, again.clause_starts, list(again.events())) == (0, [], [])
    again.close()
