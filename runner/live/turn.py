"""Turn: one answer, from its text to its last sample or its cut.

Long, because the sound, the spans, the cut and what was heard of one answer share its state and end together.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS, PART_FRAMES
from runner.live import messages
from runner.live.barge_in import BURST_PARTS, Heard, heard_words
from runner.live.channel import Channel
from runner.live.jobs import TurnNames
from runner.live.planner import plan_start, split_windows
from runner.live.producer import Producer, Studio, Tries
from runner.live.speech_file import SpeechFile
from runner.live.stages import Stages
from runner.live.synthesis import synthesise
from runner.live.talk import TalkFeed, TalkPart, frames_to_close
from runner.live.windows import SpeechWindows
from runner.speech.port import SpeechPort

log = logging.getLogger(__name__)

MAX_REENTRIES = 3
"""How often a talk that came late for its entry point is rendered for a later one; then it waits for its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """What a turn says, and how; `first_window` > 0 goes on with a turn that a crash cut off."""

    turn: str
    label: str
    clauses: tuple[str, ...]
    voice: str = ""
    speed: float = 1.0
    first_window: int = 0
    resumes: int = 0

    @property
    def text(self) -> str:
        """All of it."""
        return " ".join(self.clauses)


class Turn:
    """Runs once. `emit` gets CONTRACTS section 4's messages; an error ends the turn, never the stream."""

    def __init__(
        self,
        script: Script,
        *,
        channel: Channel,
        studio: Studio,
        speech: SpeechPort,
        new_windows: Callable[[SpeechFile], SpeechWindows],
        emit: Callable[[messages.Message], None],
    ) -> None:
        self.script = script
        self.ended: messages.Message | None = None
        self.latency_ns = 0
        self._channel = channel
        self._studio = studio
        self._voice = speech
        self._emit = emit
        self._names = TurnNames(channel=channel.id, turn=script.turn)
        self._file = SpeechFile(studio.data / self._names.folder)
        if script.resumes and not self._file.complete:
            # Cut off while the voice spoke: all of it again, for half a sentence is nothing to go on with.
            self._file.reset()
        self._windows = new_windows(self._file)
        self._tries = Tries(base=script.resumes * 1000)
        self._heard = Heard()
        self._feed: TalkFeed | None = None
        self._asked_ns = studio.clock.monotonic_ns()
        self._stages = Stages(studio.clock)
        self._clause_starts: list[int] = []
        self._told_clauses = 0
        self._limit_frames = sys.maxsize
        self._limit_ticks = sys.maxsize
        self._reentries = 0

    # -- the turn's life

    async def run(self) -> None:
        """Say it all. Returns when the last part is published, the turn was interrupted, or it failed."""
        speaking: asyncio.Task[None] | None = None
        try:
            async with self._channel.floor:
                self._journal(self.script.first_window)
                self._emit(messages.state("thinking", turn=self.script.turn))
                speaking = asyncio.ensure_future(self._speak())
                await self._say_all()
            self._finish("done" if self._limit_frames == sys.maxsize else "interrupted")
        except asyncio.CancelledError:
            # Not asked for by `interrupt`: the runner is closing, and the journal keeps the turn for the next one.
            if self.ended is None:
                raise
        except Exception as exc:
            told = messages.error(exc, turn=self.script.turn)
            # A traceback says more than the sentence only where nobody foresaw it.
            unforeseen = exc if not hasattr(messages.plain(exc), "code") else None
            fields = {"turn": self.script.turn, "code": told["code"], "reason": told["message"]}
            log.warning("turn failed", exc_info=unforeseen, extra=fields)
            self._studio.meter.error(told["code"])
            self._emit(told)
            self._finish("failed")
        finally:
            if speaking is not None:
                speaking.cancel()
                await asyncio.gather(speaking, return_exceptions=True)
            self._file.close()

    def interrupt(self, *, playhead_unix_ns: int) -> messages.Message:
        """End the turn now: no further talk part is published. Cancel the task that runs it afterwards.

        Returns the `turn_end` message: what was heard at the playhead, and where to seek.
        """
        if self.ended is None:
            seek = self._channel.cut(self._feed, burst_parts=BURST_PARTS) if self._feed is not None else None
            self._finish("interrupted", playhead_unix_ns=playhead_unix_ns, seek=seek)
        assert self.ended is not None
        return self.ended

    def idle_after_clause(self) -> None:
        """Let the clause that is being said (or comes first) be the last one."""
        cursor = self._feed.cursor_frame * FRAME_TICKS if self._feed is not None else 0
        later = [start for start in self._clause_starts[1:] if start > cursor]
        if not later:
            return
        self._limit_ticks = later[0]
        self._limit_frames = -(-later[0] // FRAME_TICKS)
        feed, idle = self._feed, self._studio.idle
        if feed is not None:
            feed.silent_from_ticks = self._limit_ticks
            feed.end_frame = frames_to_close(
                self._limit_frames,
                start_frame=feed.start_frame,
                entry_frame=feed.entry_frame,
                loop_frames=idle.frames,
                entry_points=idle.entry_points,
                tail_frames=0,
            )

    def _finish(
        self, reason: messages.Reason, *, playhead_unix_ns: int | None = None, seek: PublishedPart | None = None
    ) -> None:
        whole = reason == "done"
        published = self._file.samples if playhead_unix_ns is None else self._heard.ticks_at(playhead_unix_ns)
        ticks = published if whole or playhead_unix_ns is not None else self._published_ticks()
        ticks = min(ticks, self._file.samples, self._limit_ticks)
        heard = self.script.text if whole else heard_words(self._file.events(), ticks)
        self.ended = messages.turn_end(turn=self.script.turn, reason=reason, heard=heard, heard_ticks=ticks, seek=seek)
        counters = self._studio.counters
        counters.turns_done += whole
        counters.turns_interrupted += reason == "interrupted"
        counters.turns_failed += reason == "failed"
        self._channel.journal_turn(None)
        self._emit(self.ended)
        self._emit(messages.state("idle"))

    def _published_ticks(self) -> int:
        return self._heard.ticks_at(sys.maxsize)

    def _journal(self, next_window: int) -> None:
        script = self.script
        told: dict[str, Any] = {
            "label": script.label,
            "clauses": list(script.clauses),
            "voice": script.voice,
            "speed": script.speed,
            "resumes": script.resumes,
        }
        self._channel.journal_turn(script.turn, next_window, told)

    # -- its sound

    async def _speak(self) -> None:
        """Synthesise to disk. A failure reaches the turn where it waits for the sound."""
        script = self.script
        try:
            await synthesise(
                self._file,
                script.clauses,
                speech=self._voice,
                voice=script.voice,
                speed=script.speed,
                offload=self._studio.offload,
                on_clause=self._clause_starts.append,
                on_chunk=lambda: self._stages.reach("pcm"),
            )
        except Exception as exc:
            # Whatever it was, nobody may wait for this sound for ever.
            self._file.error = exc
            self._file.wake()

    # -- its pictures

    async def _say_all(self) -> None:
        index: int | None = self.script.first_window
        while index is not None:
            index = await self._span(index)

    async def _span(self, first: int) -> int | None:
        """Say in one talk span what there is from window `first` on; return the window to go on with, or None."""
        window = await self._windows.get(first)
        if window is None:
            return None
        self._stages.reach("window")
        delay_ns = await self._start_delay_ns(first, window.start_frame)
        entry = self._channel.entry_after(delay_ns)
        eta_ns = entry.due_ns - self._studio.clock.monotonic_ns()
        self._emit(messages.state("thinking", turn=self.script.turn, eta_ms=max(0, eta_ns // messages.NS_PER_MS)))
        feed = TalkFeed(
            turn=self.script.turn,
            label=self.script.label,
            speech=self._file,
            entry_frame=entry.frame,
            start_frame=window.start_frame,
        )
        feed.silent_from_ticks = self._limit_ticks
        self._feed = feed
        producer = Producer(
            studio=self._studio,
            feed=feed,
            names=self._names,
            speech=self._file,
            windows=self._windows,
            tries=self._tries,
            first_index=first,
            limit_frames=lambda: self._limit_frames,
            on_rendered=lambda: self._after_render(feed),
            stages=self._stages,
        )
        rendering = asyncio.ensure_future(producer.run())
        context = copy_context()  # the channel's task calls, but what is logged is this turn's
        self._channel.offer(feed, lambda part, where: context.run(self._on_part, part, where))
        try:
            await _first_ended(feed, rendering)
        finally:
            self._channel.withdraw(feed)
            rendering.cancel()
            await asyncio.gather(rendering, return_exceptions=True)
        if feed.end == "failed" and feed.error is not None:
            raise feed.error
        if feed.end == "late":
            self._studio.counters.spans_resumed += 1
            return await self._window_at(first, feed.cursor_frame)
        return first if feed.end == "missed" else None

    async def _window_at(self, first: int, frame: int) -> int:
        """Return the window that holds `frame`; windows from `first` on."""
        index = first
        while (window := await self._windows.get(index)) is not None:
            if window.start_frame + window.new_frames > frame:
                return index
            index += 1
        return index

    async def _start_delay_ns(self, first: int, start_frame: int) -> int:
        """How long from now until talk may start (planner), the first window's render included."""
        studio, graph = self._studio, self._studio.renderer.graph
        step = graph.window_frames - graph.overlap_frames
        pace = studio.paces.step
        head = await self._windows.get(first)
        head_frames = head.new_frames if head is not None else step
        windows = [head_frames, step]
        if not pace.keeps_up:
            while not self._file.complete and self._file.error is None:
                await self._file.grown()
            rest = max(PART_FRAMES, min(self._file.frames, self._limit_frames) - start_frame)
            windows = [head_frames, *split_windows(rest - head_frames, window_step=step)]
        plan = plan_start(windows, pace=pace, margin_ns=studio.margin_ns)
        first_ns = (studio.paces.first if first == 0 else pace).render_ns(head_frames) + studio.margin_ns
        return max(plan.start_delay_ns, first_ns)

    def _after_render(self, feed: TalkFeed) -> None:
        """Where the entry passed before the first window was there: render it again for a later one, if sooner."""
        studio = self._studio
        self._emit_stats()
        if feed.started or not feed.missed or feed.ready_windows != 1 or self._reentries >= MAX_REENTRIES:
            return
        again_ns = studio.paces.step.render_ns(feed.ready_frames) + studio.margin_ns
        entry = self._channel.entry_after(again_ns)
        if entry.due_ns - studio.clock.monotonic_ns() < self._channel.until_entry_ns(feed.entry_frame):
            self._reentries += 1
            studio.counters.windows_discarded += 1
            feed.close("missed")

    def _on_part(self, part: TalkPart, where: PublishedPart) -> None:
        """Note a part that is published: words, journal, messages."""
        self._heard.published(part, where)
        if not self.latency_ns:
            self.latency_ns = self._studio.clock.monotonic_ns() - self._asked_ns
            self._studio.meter.first_frame(self.latency_ns)
            self._stages.reach("published")
            told = {"turn": self.script.turn, "stages_ms": self._stages.reached_ms()}
            log.info("first part published", extra=told)
        if self._feed is not None and part.start_frame == self._feed.start_frame:
            self._emit(messages.state("talking", turn=self.script.turn))
            self._emit_stats()
        end_ticks = (part.start_frame + len(part.units)) * FRAME_TICKS
        while self._told_clauses < len(self._clause_starts) and self._clause_starts[self._told_clauses] < end_ticks:
            self._tell_clause(self._told_clauses, where.start_ticks - part.start_frame * FRAME_TICKS)
            self._told_clauses += 1
        if part.window_end:
            self._channel.journal_turn(self.script.turn, part.window + 1)

    def _tell_clause(self, index: int, turn_start_ticks: int) -> None:
        text, start = self.script.clauses[index], self._clause_starts[index]
        last = index == len(self.script.clauses) - 1
        self._emit(
            messages.clause(
                turn=self.script.turn,
                index=index,
                text=text,
                flush_reason="end" if last else "sentence",
                start_ticks=max(0, turn_start_ticks + start),
            )
        )

    def _emit_stats(self) -> None:
        self._emit(
            messages.stats(
                rtf=self._studio.paces.last_rtf,
                latency_ms=self.latency_ns // messages.NS_PER_MS,
                lead_ms=self._channel.lead_ns // messages.NS_PER_MS,
                queue=0,
            )
        )


async def _first_ended(feed: TalkFeed, rendering: asyncio.Task[None]) -> None:
    """Wait for the span's end. Where rendering fails, what is rendered is still said, then its error is raised."""
    ended = asyncio.ensure_future(feed.ended.wait())
    try:
        await asyncio.wait({ended, rendering}, return_when=asyncio.FIRST_COMPLETED)
        error = rendering.exception() if rendering.done() and not rendering.cancelled() else None
        if error is None or not feed.started:
            if error is not None and not ended.done():
                raise error
            await ended
            return
        feed.end_frame = feed.cursor_frame + feed.ready_frames
        await ended
        raise error
    finally:
        ended.cancel()


def remove_turn(studio: Studio, channel: str, turn: str) -> None:
    """Delete an old turn's files."""
    shutil.rmtree(studio.data / TurnNames(channel=channel, turn=turn).folder, ignore_errors=True)
