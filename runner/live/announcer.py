"""Announcer: tells a session's readers, the meter and the log what becomes of a turn."""

from __future__ import annotations

import logging
from collections.abc import Callable

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.stream import PublishedPart
from hls.ticks import NS_PER_MS
from runner.live import messages
from runner.live.captions import Captions
from runner.live.material import Material
from runner.live.planner import Pace
from runner.live.renderer import Rendered
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
        self._captions = Captions(
            utterance.clauses, material.speech, turn=utterance.turn, begun=utterance.first_window > 0
        )

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
            self._tell_latency()
        for message in self._captions.published(
            part.start_frame, said_until_ticks=part.said_until_ticks, where_ticks=where.start_ticks
        ):
            self._emit(message)

    def paused(self, ticks: int) -> None:
        """Talk breaks off at this tick of the turn, and goes on later."""
        for message in self._captions.paused(ticks):
            self._emit(message)

    def rendered(self, window: AudioWindow, rendered: Rendered) -> None:
        """A window is there."""
        self._emit(
            messages.window(
                turn=self._utterance.turn,
                index=window.index,
                frames=window.new_frames,
                render_ms=rendered.render_ns // NS_PER_MS,
                rtf=Pace.rtf_of(new_frames=window.new_frames, render_ns=rendered.render_ns),
                node_ms=rendered.node_ms,
            )
        )
        self.stats()

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

    def _tell_latency(self) -> None:
        reached = self._material.stages.reached_ms()
        self._emit(
            messages.latency(
                turn=self._utterance.turn,
                client_id=self._utterance.client_id,
                speech_ms=reached.get("pcm"),
                rendered_ms=reached.get("clip"),
                published_ms=reached["published"],
            )
        )
