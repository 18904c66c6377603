"""Turn: one answer, from its text to its last sample or its cut.

Long, because its spans, its sound, its cut and its one end share the same state.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS
from runner.live import messages
from runner.live.announcer import Announcer
from runner.live.barge_in import BURST_PARTS, Heard, heard_words
from runner.live.breath import Breath
from runner.live.channel import Channel
from runner.live.closing import Cut
from runner.live.kept import keep_utterance
from runner.live.material import Material
from runner.live.passages import Passages
from runner.live.producer import Producer
from runner.live.renderer import Rendered
from runner.live.span import TalkSpan
from runner.live.speech_file import SpeechFile
from runner.live.stages import Stages
from runner.live.studio import Studio
from runner.live.synthesis import synthesise
from runner.live.talk import TalkPart
from runner.live.tries import Tries
from runner.live.turn_names import TurnNames
from runner.live.utterance import Utterance
from runner.live.windows import new_speech_windows
from runner.speech.port import SpeechPort

log = logging.getLogger(__name__)

RESUME_ATTEMPTS = 1000
"""Attempts are counted from here after a crash, from twice here after two: no prompt id comes back."""


class Turn:
    """Runs once. `emit` gets CONTRACTS section 4's messages; an error ends the turn, never the stream."""

    def __init__(
        self,
        utterance: Utterance,
        *,
        channel: Channel,
        studio: Studio,
        speech: SpeechPort,
        waiting: Callable[[], int],
        emit: Callable[[messages.Message], None],
    ) -> None:
        self.utterance = utterance
        self.ended: messages.Message | None = None
        self._channel = channel
        self._studio = studio
        self._voice = speech
        self._heard = Heard()
        self._span: TalkSpan | None = None
        self._on_floor = False
        self._reentries = 0
        self._producer: Producer | None = None
        self._retired: list[Producer] = []
        """Those whose windows may still play; closed with the rendering."""
        self._dropped: list[asyncio.Task[None]] = []
        self._change_waits = False
        self._by_passage = utterance.by_clause
        self._base = utterance.cut or Cut(index=0, frame=0, ticks=0)
        self._material = self._open()
        self._announcer = Announcer(
            utterance, studio=studio, material=self._material, lead_ns=channel.lead_ns, waiting=waiting, emit=emit
        )
        self._idle_wanted = False

    @property
    def talking(self) -> bool:
        """Whether a talk span of this turn is on air."""
        feed = self._span.feed if self._span is not None else None
        return feed is not None and feed.started and feed.end == "open"

    # -- the turn's life

    async def run(self) -> None:
        """Say it all. Returns when the last part is published, the turn was interrupted, or it failed."""
        speaking: asyncio.Task[None] | None = None
        try:
            async with self._channel.floor:
                self._on_floor = True
                self._renew()
                self._journal(self.utterance.first_window)
                self._announcer.thinking()
                speaking = asyncio.ensure_future(self._speak())
                await self._say_all()
            self._finish("done" if self._material.passages.limit_ticks == sys.maxsize else "interrupted")
        except asyncio.CancelledError:
            # Not asked for by `interrupt`: the runner is closing, and the journal keeps a turn that has the floor for
            # the next one.
            if self.ended is None:
                if not self._on_floor:
                    self._finish("interrupted")
                raise
        except Exception as exc:
            self._announcer.failed(exc)
            self._finish("failed")
        finally:
            try:
                await self._stop_rendering()
                if speaking is not None:
                    speaking.cancel()
                    await asyncio.gather(speaking, return_exceptions=True)
            finally:
                self._material.speech.close()
                self._span = None  # it tells this turn, and so holds it

    def interrupt(self, *, playhead_unix_ns: int) -> messages.Message:
        """End the turn now: no further talk part is published. Cancel the task that runs it afterwards.

        Returns the `turn_end` message: what was heard at the playhead, and where to seek.
        """
        if self.ended is None:
            self._finish("interrupted", playhead_unix_ns=playhead_unix_ns, seek=self._cut())
        assert self.ended is not None
        return self.ended

    def _cut(self) -> PublishedPart | None:
        feed = self._span.feed if self._span is not None else None
        try:
            return self._channel.cut(feed, burst_parts=BURST_PARTS) if feed is not None else None
        except Exception:  # a stop that was asked for is a stop; the channel tries its next part when that is due
            log.exception("no idle at once after a stop", extra={"turn": self.utterance.turn})
            return None

    def idle_after_clause(self) -> None:
        """Let the clause that is being said (or comes first) be the last one."""
        self._idle_wanted = True
        self._limit_to_clause()

    def speak_by_passage(self, on: bool) -> None:
        """Let idle come between its passages, or not."""
        if self._material.passages.least_frames is None:
            return
        self._by_passage = on
        if self._producer is not None:
            self._producer.speak_by_passage(on)
            if self._span is not None:
                self._span.replanned()

    def change_scene(self, studio: Studio) -> None:
        """Go on with another scene: with the next window, passage or clause that nobody has asked for yet."""
        if studio.scene is self._studio.scene or self.ended is not None:
            return
        self._studio, span = studio, self._span
        feed = span.feed if span is not None else None
        if span is not None and (feed is None or not feed.started):
            span.superseded = True
            if feed is not None:
                feed.close("missed")
        elif feed is not None and feed.end == "open":
            self._change_on_air()

    def _change_on_air(self) -> None:
        span, producer, passages = self._span, self._producer, self._material.passages
        assert span is not None
        assert producer is not None
        self._change_waits = False
        scene, before = self._studio.scene, producer.studio.scene
        if passages.limit_ticks != sys.maxsize or scene is before:
            return
        if before.anchored:
            self._change_waits = not span.end_with_passage()
        elif not scene.fits_stream_of(before):
            span.end_with_clause(producer.next_index)
        else:
            self._hand_on(span, producer)

    def _hand_on(self, span: TalkSpan, producer: Producer) -> None:
        """Let the next window, and all after it, be rendered by the new scene; the span goes on."""
        feeding = next((one for one in self._retired if one.feeds), None)
        cut = producer.begins_at if feeding is not None else producer.next_cut()
        if cut is None:
            return  # all is asked for: the turn ends as it is
        idle = self._studio.idle
        loop_frame = idle.nearest_entry(span.loop_frame_at(cut.frame) % idle.frames)
        self._renew()
        if feeding is None:
            self._retired.append(producer)
        else:  # it never came on air
            self._dropped.append(asyncio.ensure_future(producer.close()))
        heir = self._producer = self._new_producer(cut)
        (feeding or producer).hand_on(heir, loop_frame)
        span.handed_on(heir, material=self._material, loop_frame=loop_frame)

    def _renew(self) -> None:
        """Cut the sound for the scene that is shown now."""
        if self._material.studio is self._studio:
            return
        limit_ticks = self._material.passages.limit_ticks
        least = self._studio.least_passage(by_clause=self.utterance.by_clause)
        passages = Passages(self._material.speech, least_frames=least)
        passages.limit_ticks = limit_ticks
        self._material = replace(
            self._material, passages=passages, new_windows=new_speech_windows(self._studio), studio=self._studio
        )
        self._announcer.studio = self._studio

    def _limit_to_clause(self) -> None:
        """End the turn where the next clause begins: at once, or as soon as the voice has come to it."""
        material = self._material
        feed = self._span.feed if self._span is not None else None
        if not self._idle_wanted or material.passages.limit_ticks != sys.maxsize or (feed is None and self._resumed):
            return
        cursor = feed.cursor_frame * FRAME_TICKS if feed is not None else 0
        later = [start for start in material.speech.clause_starts[1:] if start > cursor]
        if later:
            material.passages.limit_ticks = later[0]
            if self._span is not None:
                self._span.idle_after(later[0])

    @property
    def _resumed(self) -> bool:
        """Whether a restart took it up in its middle: which clause comes first is known with the first window."""
        return self.utterance.first_window > 0

    def _finish(
        self, reason: messages.Reason, *, playhead_unix_ns: int | None = None, seek: PublishedPart | None = None
    ) -> None:
        if self.ended is not None:
            return
        speech = self._material.speech
        ticks = self._heard.ticks_at(sys.maxsize if playhead_unix_ns is None else playhead_unix_ns)
        ticks = min(ticks, speech.samples, self._material.passages.limit_ticks)
        whole = reason == "done" and ticks >= speech.samples
        heard = self.utterance.text if whole else self._words_until(ticks)
        self._channel.forget_turn(self.utterance.turn)
        self.ended = self._announcer.ended(reason, heard=heard, heard_ticks=ticks, seek=seek)

    def _words_until(self, ticks: int) -> str:
        try:
            return heard_words(self._material.speech.events(), ticks)
        except OSError:  # a disk that fails now must not leave the turn without an end
            return ""

    def _journal(self, next_window: int) -> None:
        kept = keep_utterance(self.utterance, self._base)
        self._channel.journal_turn(self.utterance.turn, next_window, kept)

    # -- its sound

    def _open(self) -> Material:
        told = self.utterance
        names = TurnNames(channel=self._channel.id, turn=told.turn)
        file = SpeechFile(self._studio.data / names.folder)
        if told.resumes and not file.complete:
            # Cut off while the voice spoke: all of it again, for half a sentence is nothing to go on with.
            file.reset()
        return Material(
            names=names,
            speech=file,
            passages=Passages(file, least_frames=self._studio.least_passage(by_clause=told.by_clause)),
            new_windows=new_speech_windows(self._studio),
            stages=Stages(self._studio.clock),
            tries=Tries(base=told.resumes * RESUME_ATTEMPTS),
            speaker=told.speaker,
            studio=self._studio,
        )

    async def _speak(self) -> None:
        """Synthesise to disk. A failure reaches the turn where it waits for the sound."""
        told, file = self.utterance, self._material.speech
        try:
            await synthesise(
                file,
                told.clauses,
                speech=self._voice,
                voice=told.voice,
                speed=told.speed,
                offload=self._studio.offload,
                breath=Breath(self._studio.renderer.graph.overlap_frames)
                if self._material.passages.least_frames is not None
                else None,
                on_clause=self._limit_to_clause,
                on_chunk=lambda: self._material.stages.reach("pcm"),
            )
        except Exception as exc:
            # Whatever it was, nobody may wait for this sound for ever.
            file.error = exc
            file.wake()

    # -- its pictures

    async def _say_all(self) -> None:
        at = await self._where(self.utterance.first_window)
        while at is not None:
            at = await self._say_from(at)

    async def _where(self, index: int) -> Cut | None:
        """Return where window `index` begins: a restart goes on with it, from an entry state."""
        start: Cut | None = self._base
        while start is not None and start.index < index:
            after = await self._passage_after(start)
            if after is None or after.index > index:
                end = partial(self._material.passages.end_of, start)
                windows = self._material.new_windows(self._material.speech, start=start, end=end)
                window = await windows.get(index)
                frame = window.start_frame if window is not None else 0
                start = Cut(index=index, frame=frame, ticks=frame * FRAME_TICKS) if window is not None else None
                break
            start = after
        if start is not None and start != self._base:
            self._base = start
            self._journal(start.index)
        return start

    async def _passage_after(self, start: Cut) -> Cut | None:
        """Return where the passage after the one from `start` begins, once that is known; None: the turn ends first."""
        passages, speech = self._material.passages, self._material.speech
        while (after := passages.after(start, step_frames=self._studio.step_frames)) is None:
            if passages.least_frames is None or passages.complete or speech.error is not None:
                return None
            await speech.grown()
        return after

    async def _say_from(self, at: Cut) -> Cut | None:
        """Say in one talk span what there is from `at` on; return where to go on in a next one, or None."""
        producer, fresh = await self._producer_at(at)
        if await producer.first_window() is None:
            return None
        if producer.studio.scene is not self._studio.scene:
            return at  # another scene came while the voice spoke
        self._material.stages.reach("window")
        span = self._span = TalkSpan(
            at,
            producer=producer,
            fresh=fresh,
            material=self._material,
            label=self.utterance.label,
            channel=self._channel,
            studio=producer.studio,
            listener=self,
            reentries=self._reentries,
        )
        rest = await span.run()
        if span.superseded:
            return at
        if span.missed:
            self._reentries += 1
            return at
        if rest is None:
            return None
        self._studio.counters.spans_resumed += span.broken
        self._announcer.paused(rest.ticks)
        self._base = rest
        self._journal(rest.index)
        return rest

    async def _producer_at(self, at: Cut) -> tuple[Producer, bool]:
        """Return who renders from `at` on, and whether it begins there; else it has rendered some already."""
        producer = self._producer
        if producer is not None and producer.studio.scene is self._studio.scene and producer.goes_on_at(at):
            return producer, False
        await self._stop_rendering()
        self._renew()
        self._producer = self._new_producer(at)
        return self._producer, True

    def _new_producer(self, at: Cut) -> Producer:
        return Producer(
            studio=self._studio,
            material=self._material,
            begin=at,
            on_rendered=self._rendered,
            by_passage=self._by_passage and self._material.passages.least_frames is not None,
        )

    async def _stop_rendering(self) -> None:
        producers = [*self._retired, *([self._producer] if self._producer is not None else [])]
        self._producer, self._retired = None, []
        dropped, self._dropped = self._dropped, []
        await asyncio.gather(*(producer.close() for producer in producers), *dropped)

    # -- what its spans tell

    def planned(self, eta_ns: int) -> None:
        """See `span.SpanListener`."""
        self._announcer.thinking(eta_ns)

    def _rendered(self, window: AudioWindow, rendered: Rendered) -> None:
        self._limit_to_clause()
        self._announcer.rendered(window, rendered)
        if self._span is not None:
            self._span.rendered()

    def published(self, part: TalkPart, where: PublishedPart) -> None:
        """See `span.SpanListener`: words, journal, messages."""
        self._heard.published(part, where)
        feed = self._span.feed if self._span is not None else None
        if feed is not None and part.start_frame == feed.start_frame:
            self._announcer.talking()
        self._announcer.part(part, where)
        if part.window_end and self._studio.scene.own:
            self._channel.journal_turn(self.utterance.turn, part.window + 1)
        elif part.window_end:
            # A restart may have to go on with the server's own graph, whose windows are others: here, wherever that is.
            frame = part.start_frame + len(part.units)
            self._base = Cut(index=part.window + 1, frame=frame, ticks=frame * FRAME_TICKS)
            self._journal(part.window + 1)
        if self._change_waits:
            self._change_on_air()


def remove_turn(studio: Studio, channel: str, turn: str) -> None:
    """Delete an old turn's files."""
    shutil.rmtree(studio.data / TurnNames(channel=channel, turn=turn).folder, ignore_errors=True)
