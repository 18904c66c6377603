"""Captions: a turn's clauses and words on the channel's timeline, as its parts are published."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hls.ticks import FRAME_TICKS
from runner.live import messages
from runner.live.speech_file import SpeechFile


@dataclass(slots=True)
class _Told:
    """A clause whose beginning is on air: its words so far, by where each one starts in the turn."""

    index: int
    start_ticks: int
    words: dict[int, messages.Word]


class Captions:
    """Gives `clause` messages: when one begins, and again when more of its words are known or they have moved."""

    def __init__(self, clauses: Sequence[str], speech: SpeechFile, *, turn: str, begun: bool) -> None:
        """`begun`: a restart took the turn up in its middle; the clauses before the one under way were told."""
        self._clauses = clauses
        self._speech = speech
        self._turn = turn
        self._begun = begun
        self._next = 0
        self._told: _Told | None = None

    def published(self, start_frame: int, *, said_until_ticks: int, where_ticks: int) -> list[messages.Message]:
        """Return what to tell of a part of the turn that begins at `where_ticks` of the channel."""
        starts, first_tick = self._speech.clause_starts, start_frame * FRAME_TICKS
        offset = where_ticks - first_tick
        if not self._next and self._begun:
            self._next = max(0, sum(start <= first_tick for start in starts) - 1)
        found = []
        if self._told is not None and self._follow(self._told, first_tick, offset):
            found.append(self._message(self._told))
        while self._next < len(starts) and starts[self._next] < said_until_ticks:
            self._told = _Told(self._next, offset + max(starts[self._next], first_tick), {})
            self._follow(self._told, first_tick, offset)
            found.append(self._message(self._told))
            self._next += 1
        return found

    def paused(self, ticks: int) -> list[messages.Message]:
        """Return what to tell when talk breaks off at this tick of the turn: the words after it come later."""
        told = self._told
        if told is None or all(start < ticks for start in told.words):
            return []
        told.words = {start: word for start, word in told.words.items() if start < ticks}
        return [self._message(told)]

    def _follow(self, told: _Told, first_tick: int, offset: int) -> bool:
        """Place the clause's words from `first_tick` on; tell whether any is new, or was elsewhere."""
        starts = self._speech.clause_starts
        end = starts[told.index + 1] if told.index + 1 < len(starts) else None
        spoken = [
            (start, name)
            for start, name in self._speech.words
            if start >= starts[told.index] and (end is None or start < end)
        ]
        placed, text, at = {}, self._clauses[told.index], 0
        for start, name in spoken:
            found = text.find(name, at)
            if found < 0:
                continue  # read out otherwise than it is written
            at = found + len(name)
            before = told.words.get(start)
            if before is not None and start < first_tick:
                placed[start] = before
            elif start >= first_tick:
                placed[start] = messages.Word(at=found, chars=len(name), start_ticks=offset + start)
        changed = placed != told.words
        told.words = placed
        if end is not None:
            self._speech.forget_words_before(starts[told.index])
        return changed

    def _message(self, told: _Told) -> messages.Message:
        last = told.index == len(self._clauses) - 1
        return messages.clause(
            turn=self._turn,
            index=told.index,
            text=self._clauses[told.index],
            flush_reason="end" if last else "sentence",
            start_ticks=told.start_ticks,
            words=list(told.words.values()),
        )
