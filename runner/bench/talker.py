"""`runner bench talker`: how fast one thread turns sound into talking frames."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from custom_nodes.portrait.drawn import DEFAULT, draw
from custom_nodes.portrait.driver import CONTEXT_FRAMES, LOOKAHEAD_FRAMES
from custom_nodes.portrait.loudness import RATE_HZ
from custom_nodes.portrait.spans import Event
from custom_nodes.portrait.talker import Talker
from custom_nodes.tts.errors import TtsError
from custom_nodes.tts.speech import SpeechEvent
from runner.bench.machine import machine

FPS = 25
FRAME_SAMPLES = RATE_HZ // FPS
WINDOW_FRAMES = 45
TEXT = "Good evening, and welcome. Here is what happened today: people and machines met, and both improved. "

Pcm = NDArray[np.int16]


def bench_talker(
    seconds: float = 10, sizes: Sequence[tuple[int, int]] = ((512, 512), (832, 480), (1280, 720))
) -> dict[str, Any]:
    """Render `seconds` of speech at every size (width, height) in windows of 45 frames, as the live loop does.

    JSON-able: per size the median and 95th percentile of milliseconds a frame (sound analysis included), times real
    time over all frames, milliseconds to prepare the picture, and the first, cold window apart from the rest.
    """
    pcm, events, source = _speech(seconds)
    return {
        "bench": "talker",
        "seconds": seconds,
        "speech": source,
        "threads": 1,
        **machine(),
        "sizes": [_measure(size, pcm, events) for size in sizes],
    }


def _measure(size: tuple[int, int], pcm: Pcm, events: list[SpeechEvent]) -> dict[str, Any]:
    picture = draw(DEFAULT, *size)
    begun = time.perf_counter_ns()
    talker = Talker(picture)
    prepared = time.perf_counter_ns()
    frame_ns: list[int] = []
    cold_ns = 0
    frames_in_all = len(pcm) // FRAME_SAMPLES
    for first in range(0, frames_in_all, WINDOW_FRAMES):
        window_ns = _window(talker, pcm, events, first, min(WINDOW_FRAMES, frames_in_all - first))
        cold_ns = cold_ns or sum(window_ns)
        frame_ns += window_ns
    milliseconds = [value / 1e6 for value in frame_ns]
    return {
        "width": size[0],
        "height": size[1],
        "frames": len(frame_ns),
        "median_ms": round(statistics.median(milliseconds), 3),
        "p95_ms": round(float(np.percentile(milliseconds, 95)), 3),
        "times_real_time": round(len(frame_ns) / FPS / (sum(frame_ns) / 1e9), 1),
        "prepare_ms": round((prepared - begun) / 1e6, 1),
        "first_window_ms": round(cold_ns / 1e6, 1),
    }


def _window(talker: Talker, pcm: Pcm, events: list[SpeechEvent], first: int, frames: int) -> list[int]:
    """Nanoseconds of every frame of one window; the first one carries the analysis of the window's sound."""
    context = min(first, CONTEXT_FRAMES)
    start = first * FRAME_SAMPLES
    end = start + (frames + LOOKAHEAD_FRAMES) * FRAME_SAMPLES
    heard = pcm[start - context * FRAME_SAMPLES : end]
    near: list[Event] = [
        SpeechEvent(kind=e.kind, name=e.name, start_samples=e.start_samples - start)
        for e in events
        if start - CONTEXT_FRAMES * FRAME_SAMPLES <= e.start_samples < end
    ]
    spent = []
    mark = time.perf_counter_ns()
    for _ in talker.render(heard, near, context_samples=context * FRAME_SAMPLES, start_frame=first, frames=frames):
        now = time.perf_counter_ns()
        spent.append(now - mark)
        mark = now
    return spent


def _speech(seconds: float) -> tuple[Pcm, list[SpeechEvent], str]:
    """Speech of the offline voice at 16 kHz with its phonemes; where it is not installed, syllables of a buzz."""
    wanted = round(seconds * RATE_HZ) // FRAME_SAMPLES * FRAME_SAMPLES
    try:
        from custom_nodes.tts.providers.espeak import EspeakProvider

        pcm, events = _spoken(EspeakProvider(), wanted)
    except (ImportError, OSError, TtsError):
        return _buzz(wanted), [], "synthetic"
    return pcm, events, "espeak"


def _spoken(provider: Any, wanted: int) -> tuple[Pcm, list[SpeechEvent]]:
    from custom_nodes.tts.resample import resample

    pieces, events, length = [], [], 0
    while length < wanted:
        raw, rate_hz = bytearray(), RATE_HZ
        for chunk in provider.stream(TEXT, voice="en"):
            rate_hz = chunk.rate_hz
            raw += chunk.pcm_s16le
            for event in chunk.events:
                at = length + event.start_samples * RATE_HZ // rate_hz
                events.append(SpeechEvent(kind=event.kind, name=event.name, start_samples=at))
        piece = np.frombuffer(resample(bytes(raw), rate_hz, RATE_HZ), dtype="<i2").astype(np.int16)
        if not len(piece):
            raise OSError("the voice gave no sound")
        pieces.append(piece)
        length += len(piece)
    return np.concatenate(pieces)[:wanted], events


def _buzz(samples: int) -> Pcm:
    """Return a voice-like buzz of 120 Hz in four syllables a second."""
    t = np.arange(samples) / RATE_HZ
    tone = sum(np.sin(2 * np.pi * 120 * k * t) / k for k in range(1, 12))
    envelope = np.clip(np.sin(2 * np.pi * 4 * t), 0, 1) * (0.6 + 0.4 * np.sin(2 * np.pi * 0.5 * t))
    return np.asarray(tone * envelope * 9000, dtype=np.int16)
