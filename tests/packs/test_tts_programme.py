"""Programme sound: contiguous 48 kHz chunks that hold their own events, as soon as the voice gives any."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from custom_nodes.tts.errors import ProviderFailed
from custom_nodes.tts.programme import programme
from custom_nodes.tts.speech import PcmChunk, SpeechEvent


def chunk(start: int, samples: int, *, rate: int = 24_000, events: tuple[int, ...] = ()) -> PcmChunk:
    named = tuple(SpeechEvent(kind="word", name=str(at), start_samples=at) for at in events)
    return PcmChunk(start_samples=start, rate_hz=rate, pcm_s16le=b"\1\0" * samples, events=named)


def test_events_move_to_48_khz_and_to_the_chunk_that_holds_them() -> None:
    made = list(programme([chunk(0, 4_000, events=(0, 3_999)), chunk(4_000, 4_000, events=(4_000, 7_999))]))
    places = [(event.name, event.start_samples) for part in made for event in part.events]
    assert places == [("0", 0), ("3999", 7_998), ("4000", 8_000), ("7999", 15_998)]
    at = 0
    for part in made:
        assert part.start_samples == at
        at += len(part.pcm_s16le) // 2
        assert all(part.start_samples <= event.start_samples < at for event in part.events)
    assert at == 16_000


def test_an_event_that_comes_late_starts_with_its_chunk() -> None:
    made = list(programme([chunk(0, 20_000), chunk(20_000, 20_000, events=(10,))]))
    assert made[0].events == ()
    assert [event.start_samples for event in made[1].events] == [made[1].start_samples]


def test_an_event_at_the_end_of_the_sound_is_dropped() -> None:
    assert [event for part in programme([chunk(0, 100, events=(100,))]) for event in part.events] == []


def test_an_utterance_that_starts_later_is_counted_from_its_start() -> None:
    made = list(programme([chunk(500, 4_000, rate=48_000, events=(600,))]))
    assert (made[0].start_samples, made[0].events[0].start_samples) == (0, 100)


@pytest.mark.parametrize("second", [chunk(101, 100), chunk(99, 100), chunk(100, 100, rate=16_000)])
def test_a_gap_or_another_rate_is_the_providers_fault(second: PcmChunk) -> None:
    with pytest.raises(ProviderFailed, match="the voice sent sample"):
        list(programme([chunk(0, 100), second]))


def test_sound_comes_out_while_the_voice_still_speaks() -> None:
    taken = 0

    def endless() -> Iterator[PcmChunk]:
        nonlocal taken
        while True:
            yield chunk(taken * 1_324, 1_324, rate=22_050)
            taken += 1

    next(programme(endless()))
    assert taken < 3


def test_no_chunks_make_no_sound() -> None:
    assert list(programme([])) == []
