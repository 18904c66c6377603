"""A provider's chunks as programme sound: 48 kHz, where one sample is one tick."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .errors import ProviderFailed
from .resample import PROGRAMME_HZ, Resampler
from .speech import PcmChunk, SpeechEvent


def programme(chunks: Iterable[PcmChunk]) -> Iterator[PcmChunk]:
    """Yield `chunks` at 48 kHz, contiguous from 0, each event with the chunk that holds its sample, in order.

    An event at or after the end of the sound is dropped: nothing is heard there.
    Raises: ProviderFailed when the provider leaves a gap or changes its rate.
    """
    resampler: Resampler | None = None
    rate_hz = next_in = next_out = 0
    waiting: list[SpeechEvent] = []
    for chunk in chunks:
        if resampler is None:
            rate_hz, next_in = chunk.rate_hz, chunk.start_samples
            first_in = next_in
            resampler = Resampler(rate_hz, PROGRAMME_HZ)
        if chunk.start_samples != next_in or chunk.rate_hz != rate_hz:
            raise ProviderFailed(
                f"the voice sent sample {chunk.start_samples} at {chunk.rate_hz} Hz, not {next_in} at {rate_hz} Hz; "
                "say it again, or choose another voice"
            )
        next_in += len(chunk.pcm_s16le) // 2
        waiting += [_event(event, first_in, rate_hz) for event in chunk.events]
        waiting.sort(key=lambda event: event.start_samples)
        pcm = resampler.feed(chunk.pcm_s16le)
        if pcm:
            yield _take(waiting, next_out, pcm)
            next_out += len(pcm) // 2
    pcm = resampler.finish() if resampler else b""
    if pcm:
        yield _take(waiting, next_out, pcm)


def _event(event: SpeechEvent, first_in: int, rate_hz: int) -> SpeechEvent:
    at = max(0, event.start_samples - first_in)
    return replace(event, start_samples=(at * PROGRAMME_HZ + rate_hz // 2) // rate_hz)


def _take(waiting: list[SpeechEvent], start_samples: int, pcm: bytes) -> PcmChunk:
    """Return a chunk with the waiting events that start before its end, and take them from the list."""
    end_samples = start_samples + len(pcm) // 2
    ready = 0
    while ready < len(waiting) and waiting[ready].start_samples < end_samples:
        ready += 1
    # An event that came after its sample was given away starts with this chunk rather than outside it.
    events = tuple(replace(event, start_samples=max(event.start_samples, start_samples)) for event in waiting[:ready])
    del waiting[:ready]
    return PcmChunk(start_samples=start_samples, rate_hz=PROGRAMME_HZ, pcm_s16le=pcm, events=events)
