"""Turn: one answer, from its text to its last sample or its cut.

Long, because its spans, its sound, its cut and its one end share the same state.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import sys
from collections.abc import Callable

from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS
from runner.live import messages
from runner.live.announcer import Announcer
from runner.live.barge_in import BURST_PARTS, Heard, heard_words
from runner.live.channel import Channel
from runner.live.closing import Cut
from runner.live.kept import keep_utterance
from runner.live.material import Material
from runner.live.span import TalkSpan
from runner.live.speech_file import SpeechFile
from runner.live.stages import Stages
from runner.live.studio import Studio
from runner.live.synthesis import synthesise
from runner.live.talk import TalkPart
from runner.live.tries import Tries
from runner.live.turn_names import TurnNames
from runner.live.utterance import Utterance
from runner.live.windows import SpeechWindows
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
        new_windows: Callable[[SpeechFile], SpeechWindows],
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
        self._material = self._open(new_windows)
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
                self._journal(self.utterance.first_window)
                self._announcer.thinking()
                speaking = asyncio.ensure_future(self._speak())
                await self._say_all()
            self._finish("done" if self._material.limit_ticks == sys.maxsize else "interrupted")
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

    def _limit_to_clause(self) -> None:
        """End the turn where the next clause begins: at once, or as soon as the voice has come to it."""
        material = self._material
        feed = self._span.feed if self._span is not None else None
        if not self._idle_wanted or material.limit_ticks != sys.maxsize or (feed is None and self._resumed):
            return
        cursor = feed.cursor_frame * FRAME_TICKS if feed is not None else 0
        later = [start for start in material.speech.clause_starts[1:] if start > cursor]
        if later:
            material.limit_ticks = later[0]
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
        speech, whole = self._material.speech, reason == "done"
        ticks = speech.samples
        if not whole:
            ticks = self._heard.ticks_at(sys.maxsize if playhead_unix_ns is None else playhead_unix_ns)
        ticks = min(ticks, speech.samples, self._material.limit_ticks)
        heard = self.utterance.text if whole else self._words_until(ticks)
        self._channel.forget_turn(self.utterance.turn)
        self.ended = self._announcer.ended(reason, heard=heard, heard_ticks=ticks, seek=seek)

    def _words_until(self, ticks: int) -> str:
        try:
            return heard_words(self._material.speech.events(), ticks)
        except OSError:  # a disk that fails now must not leave the turn without an end
            return ""

    def _journal(self, next_window: int) -> None:
        kept = keep_utterance(self.utterance, self._material.windows.cut)
        self._channel.journal_turn(self.utterance.turn, next_window, kept)

    # -- its sound

    def _open(self, new_windows: Callable[[SpeechFile], SpeechWindows]) -> Material:
        told = self.utterance
        names = TurnNames(channel=self._channel.id, turn=told.turn)
        file = SpeechFile(self._studio.data / names.folder)
        if told.resumes and not file.complete:
            # Cut off while the voice spoke: all of it again, for half a sentence is nothing to go on with.
            file.reset()
        windows = new_windows(file)
        if told.cut is not None:
            windows.begin_at(told.cut)
        tries = Tries(base=told.resumes * RESUME_ATTEMPTS)
        return Material(names=names, speech=file, windows=windows, stages=Stages(self._studio.clock), tries=tries)

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
                on_clause=self._limit_to_clause,
                on_chunk=lambda: self._material.stages.reach("pcm"),
            )
        except Exception as exc:
            # Whatever it was, nobody may wait for this sound for ever.
            file.error = exc
            file.wake()

    # -- its pictures

    async def _say_all(self) -> None:
        index: int | None = self.utterance.first_window
        while index is not None:
            index = await self._say_from(index)

    async def _say_from(self, first: int) -> int | None:
        """Say in one talk span what there is from window `first` on; return the window to go on with, or None."""
        window = await self._material.windows.get(first)
        if window is None:
            return None
        self._material.stages.reach("window")
        span = self._span = TalkSpan(
            window,
            material=self._material,
            label=self.utterance.label,
            channel=self._channel,
            studio=self._studio,
            listener=self,
            reentries=self._reentries,
        )
        rest = await span.run()
        if span.missed:
            self._reentries += 1
            return first
        if rest is None:
            return None
        self._studio.counters.spans_resumed += 1
        await self._go_on_at(rest)
        return rest.index

    async def _go_on_at(self, rest: Cut) -> None:
        """Cut the windows anew where a span ended inside one, so that nothing is said twice, nor left out."""
        windows = self._material.windows
        following = await windows.get(rest.index)
        if following is not None and following.start_frame * FRAME_TICKS != rest.ticks:
            windows.begin_at(rest)
        self._journal(rest.index)

    # -- what its spans tell

    def planned(self, eta_ns: int) -> None:
        """See `span.SpanListener`."""
        self._announcer.thinking(eta_ns)

    def rendered(self) -> None:
        """See `span.SpanListener`."""
        self._limit_to_clause()
        self._announcer.stats()

    def published(self, part: TalkPart, where: PublishedPart) -> None:
        """See `span.SpanListener`: words, journal, messages."""
        self._heard.published(part, where)
        feed = self._span.feed if self._span is not None else None
        if feed is not None and part.start_frame == feed.start_frame:
            self._announcer.talking()
        self._announcer.part(part, where)
        if part.window_end:
            self._channel.journal_turn(self.utterance.turn, part.window + 1)


def remove_turn(studio: Studio, channel: str, turn: str) -> None:
    """Delete an old turn's files."""
    shutil.rmtree(studio.data / TurnNames(channel=channel, turn=turn).folder, ignore_errors=True)
