"""Announcer: tells a session's readers, the meter and the log what becomes of a turn."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS, NS_PER_MS
from runner.live import messages
from runner.live.material import Material
from runner.live.studio import Studio
from runner.live.talk import TalkPart
from runner.live.utterance import Utterance

log = logging.getLogger(__name__)


class Announcer:
    """`emit` gets the messages of CONTRACTS section 4; `waiting` says how many utterances wait behind this one."""

    def __init__(
        self,
        utterance: Utterance,
        *,
        studio: Studio,
        material: Material,
        lead_ns: int,
        waiting: Callable[[], int],
        emit: Callable[[messages.Message], None],
    ) -> None:
        self._utterance = utterance
        self.studio = studio
        self._material = material
        self._waiting = waiting
        self._lead_ns = lead_ns
        self._emit = emit
        self._asked_ns = studio.clock.monotonic_ns()
        self._latency_ns = 0
        self._told_clauses = 0

    def thinking(self, eta_ns: int | None = None) -> None:
        """The turn has its channel; talk begins in `eta_ns`, once that is known."""
        eta_ms = max(0, eta_ns // NS_PER_MS) if eta_ns is not None else None
        told = self._utterance
        self._emit(messages.state("thinking", turn=told.turn, eta_ms=eta_ms, client_id=told.client_id))

    def talking(self) -> None:
        """The first part of a span is on air."""
        self._emit(messages.state("talking", turn=self._utterance.turn))
        self.stats()

    def part(self, part: TalkPart, where: PublishedPart) -> None:
        """A part is on air: the first one ends the wait, and the clauses that begin in it are told."""
        if not self._latency_ns:
            self._latency_ns = self.studio.clock.monotonic_ns() - self._asked_ns
            self.studio.meter.first_frame(self._latency_ns)
            self._material.stages.reach("published")
            told = {"turn": self._utterance.turn, "stages_ms": self._material.stages.reached_ms()}
            log.info("first part published", extra=told)
        starts, first_tick = self._material.speech.clause_starts, part.start_frame * FRAME_TICKS
        if not self._told_clauses and self._utterance.first_window:
            # Those before the one under way were told before the restart.
            self._told_clauses = max(0, sum(start <= first_tick for start in starts) - 1)
        while self._told_clauses < len(starts) and starts[self._told_clauses] < part.said_until_ticks:
            self._clause(self._told_clauses, where.start_ticks + max(0, starts[self._told_clauses] - first_tick))
            self._told_clauses += 1

    def failed(self, exc: Exception) -> None:
        """An error ends the turn."""
        told = messages.error(exc, turn=self._utterance.turn)
        # A traceback says more than the sentence only where nobody foresaw it.
        unforeseen = exc if not hasattr(messages.plain(exc), "code") else None
        fields = {"turn": self._utterance.turn, "code": told["code"], "reason": told["message"]}
        log.warning("turn failed", exc_info=unforeseen, extra=fields)
        self.studio.meter.error(told["code"])
        self._emit(told)

    def ended(
        self, reason: messages.Reason, *, heard: str, heard_ticks: int, seek: PublishedPart | None
    ) -> messages.Message:
        """The turn is over; returns what was told."""
        told = messages.turn_end(
            turn=self._utterance.turn,
            reason=reason,
            heard=heard,
            heard_ticks=heard_ticks,
            seek=seek,
            client_id=self._utterance.client_id,
        )
        counters = self.studio.counters
        counters.turns_done += reason == "done"
        counters.turns_interrupted += reason == "interrupted"
        counters.turns_failed += reason == "failed"
        self._emit(told)
        self._emit(messages.state("idle"))
        return told

    def stats(self) -> None:
        """Figures for people."""
        self._emit(
            messages.stats(
                rtf=self.studio.paces.last_rtf,
                latency_ms=self._latency_ns // NS_PER_MS,
                lead_ms=self._lead_ns // NS_PER_MS,
                queue=self._waiting(),
            )
        )

    def _clause(self, index: int, start_ticks: int) -> None:
        last = index == len(self._utterance.clauses) - 1
        self._emit(
            messages.clause(
                turn=self._utterance.turn,
                index=index,
                text=self._utterance.clauses[index],
                flush_reason="end" if last else "sentence",
                start_ticks=start_ticks,
            )
        )
