"""What was really heard of a turn: a playhead in programme time, mapped to the turn's samples and words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from custom_nodes.tts.speech import SpeechEvent
from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS, ns_to_ticks, ticks_to_ns
from runner.live.talk import TalkPart

BURST_PARTS = 3
"""Idle published at once at a cut: what the page holds behind the edge (0.7 s), rounded up to parts."""
PAGE_BEHIND_NS = 700_000_000
"""Where a page plays when it has not told: this far behind the published edge (CONTRACTS section 3)."""


@dataclass(slots=True, kw_only=True)
class _Mark:
    """A stretch that was published without a break."""

    start_unix_ns: int
    start_ticks: int
    duration_ticks: int


class Heard:
    """Remembers which samples of the turn went out under which programme date; a few marks, one a talk span."""

    def __init__(self) -> None:
        self._marks: list[_Mark] = []

    def published(self, part: TalkPart, where: PublishedPart) -> None:
        """Note one part of the turn."""
        start_ticks = part.start_frame * FRAME_TICKS
        said_ticks = part.said_until_ticks - start_ticks
        if self._marks:
            last = self._marks[-1]
            end_unix_ns = last.start_unix_ns + ticks_to_ns(last.duration_ticks)
            if last.start_ticks + last.duration_ticks == start_ticks and end_unix_ns == where.pdt_unix_ns:
                last.duration_ticks += said_ticks
                return
        self._marks.append(_Mark(start_unix_ns=where.pdt_unix_ns, start_ticks=start_ticks, duration_ticks=said_ticks))

    def ticks_at(self, playhead_unix_ns: int) -> int:
        """Return how many ticks of the turn had been played when the playhead was there; at most what was published."""
        heard = 0
        for mark in self._marks:
            played_ns = playhead_unix_ns - mark.start_unix_ns
            if played_ns > 0:
                heard = max(heard, mark.start_ticks + min(ns_to_ticks(played_ns), mark.duration_ticks))
        return heard


def heard_words(events: Iterable[SpeechEvent], heard_ticks: int) -> str:
    """Return the words that had begun before `heard_ticks`, joined by blanks."""
    return " ".join(e.name for e in events if e.kind == "word" and e.start_samples < heard_ticks)
