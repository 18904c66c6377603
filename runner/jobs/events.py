"""EventsFile: words and phonemes of a job's speech on disk, read along with its windows."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from custom_nodes.hls_segment.request import RequestEvent
from custom_nodes.rolling_wav.rolling_wav import RATE_HZ, AudioWindow
from custom_nodes.rolling_wav.sound import events_of
from hls.ticks import LIVE_FPS, TICKS_HZ
from runner.engine.files import write_file

NAME = "speech.events.jsonl"
TICKS_PER_SAMPLE = TICKS_HZ // RATE_HZ
FRAME_SAMPLES = RATE_HZ // LIVE_FPS


def write_events(folder: Path, events: Iterable[Mapping[str, Any]]) -> bool:
    """Write events (`start_samples` at 16 kHz) in their order, in 48 kHz as a turn's; whether there are any.

    Raises: EngineError `engine.disk`.
    """
    ordered = sorted(events, key=lambda event: int(event["start_samples"]))
    lines = [
        json.dumps({**event, "start_samples": int(event["start_samples"]) * TICKS_PER_SAMPLE}, ensure_ascii=False)
        for event in ordered
    ]
    if lines:
        write_file(folder / NAME, ("\n".join(lines) + "\n").encode())
    return bool(lines)


class EventsFile:
    """Reads forward only: no more is held than what a window hears."""

    def __init__(self, folder: Path) -> None:
        self._lines = self._read(folder / NAME)
        self._held: deque[dict[str, Any]] = deque()
        self._next = next(self._lines, None)

    def heard_in(self, window: AudioWindow) -> list[RequestEvent]:
        """Return the events of this window or a later one than before, counted from its first sample at 16 kHz."""
        first = (window.start_frame - window.overlap_frames) * FRAME_SAMPLES
        samples = len(window.pcm_s16le) // 2 - window.context_samples
        while self._next is not None and self._next["start_samples"] < first + samples:
            self._held.append(self._next)
            self._next = next(self._lines, None)
        heard = events_of(self._held, start_samples=first, context_samples=window.context_samples, samples=samples)
        kept = {event["start_samples"] + first for event in heard}
        while self._held and self._held[0]["start_samples"] < min(kept, default=first):
            self._held.popleft()
        return [RequestEvent(**event) for event in heard]

    @staticmethod
    def _read(path: Path) -> Iterator[dict[str, Any]]:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                told = json.loads(line)
                yield {**told, "start_samples": told["start_samples"] // TICKS_PER_SAMPLE}
