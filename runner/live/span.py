"""TalkSpan: one talk span of a turn, from the planned start to its end, whatever ends it.

Long, because how it ends, and how it goes on in another scene, are read from the same feed.
"""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import Protocol

from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS, PART_FRAMES
from runner.live.channel import Channel
from runner.live.closing import Cut, frames_to_close
from runner.live.material import Material
from runner.live.passages import passage_end
from runner.live.planner import Piece, Stretch, plan_start
from runner.live.producer import Producer
from runner.live.studio import Studio
from runner.live.talk import TalkFeed, TalkPart

MAX_REENTRIES = 3
"""How often a talk that came late for its entry point is rendered for a later one; then it waits for its own."""


class SpanListener(Protocol):
    """Who is told what becomes of a span."""

    def planned(self, eta_ns: int) -> None:
        """Talk will be published in `eta_ns`."""

    def published(self, part: TalkPart, where: PublishedPart) -> None:
        """A part is on air; the first one of the span has its `start_frame`."""


class TalkSpan:
    """Runs once: says what there is from `at` on, in one passage or all. `reentries` were made by the spans before it.

    `fresh`: the producer has rendered nothing yet, so any entry point will do.
    """

    def __init__(
        self,
        at: Cut,
        *,
        producer: Producer,
        fresh: bool,
        material: Material,
        label: str,
        channel: Channel,
        studio: Studio,
        listener: SpanListener,
        reentries: int,
    ) -> None:
        self.feed: TalkFeed | None = None
        self.superseded = False
        """Whether another scene came before it began: it ends without a word."""
        self._at = at
        self._producer = producer
        self._fresh = fresh
        self._material = material
        self._label = label
        self._channel = channel
        self._studio = studio
        self._listener = listener
        self._reentries = reentries
        self._loop_from = (0, 0)
        self._cut: Cut | None = None

    async def run(self) -> Cut | None:
        """Return where talk goes on in a next span, or None when all is said, the turn was cut, or the entry `missed`.

        Raises: what ended the rendering or the publishing.
        """
        delay_ns = await self._start_delay_ns()
        if self.superseded:
            return self._at
        neutral = self._studio.idle.neutral_frame
        entry = self._channel.entry_after(delay_ns, frame=None if self._fresh else neutral)
        self._listener.planned(entry.due_ns - self._studio.clock.monotonic_ns())
        feed = self.feed = self._new_feed(entry.frame)
        feed.on_missed = lambda: self._entry_passed(feed)
        self._loop_from = (feed.start_frame, feed.entry_frame)
        self._producer.attach(feed)
        context = copy_context()  # the channel's task calls, but what is logged is this turn's
        self._channel.offer(feed, lambda part, where: context.run(self._listener.published, part, where))
        try:
            await self._first_ended(feed)
        finally:
            self._channel.withdraw(feed)
        if feed.end == "failed" and feed.error is not None:
            raise feed.error
        if feed.end == "done" and self._cut is not None and self._cut.frame == feed.cursor_frame:
            return self._cut
        # Not asked of the producer: a span that took one passage may end after all the rest was asked for at once.
        return self._passage_at(feed.cursor_frame) if feed.end == "done" else feed.goes_on_at

    @property
    def missed(self) -> bool:
        """Whether the span never began, because a later entry point comes sooner."""
        return self.feed is not None and self.feed.end == "missed"

    @property
    def broken(self) -> bool:
        """Whether it ended before all was said, because a window came late."""
        return self.feed is not None and self.feed.end == "late"

    def idle_after(self, limit_ticks: int) -> None:
        """Let the span end with the clause that ends at `limit_ticks` of the turn."""
        feed, idle = self.feed, self._studio.idle
        if feed is None:
            return
        feed.silent_from_ticks = limit_ticks
        frame, loop_frame = self._loop_from
        if limit_ticks <= frame * FRAME_TICKS:  # in what another scene rendered; idle follows from its nearest entry
            feed.end_frame = (
                feed.start_frame + -(-(limit_ticks // FRAME_TICKS - feed.start_frame) // PART_FRAMES) * PART_FRAMES
            )
            return
        feed.end_frame = frames_to_close(
            -(-limit_ticks // FRAME_TICKS),
            start_frame=frame,
            entry_frame=loop_frame,
            loop_frames=PART_FRAMES if self._studio.anchored else idle.frames,
            entry_points=(loop_frame % PART_FRAMES,) if self._studio.anchored else idle.entry_points,
            tail_frames=0,
        )

    # -- another scene

    def loop_frame_at(self, frame: int) -> int:
        """Return where in its loop the graph on air is at this frame of the turn."""
        begun, loop_frame = self._loop_from
        return loop_frame + frame - begun

    def handed_on(self, producer: Producer, *, material: Material, loop_frame: int) -> None:
        """From where `producer` begins on, its windows are shown, in this phase of its scene's loop."""
        self._producer, self._material, self._studio = producer, material, producer.studio
        self._at = producer.begins_at
        self._loop_from = (self._at.frame, loop_frame)

    def end_with_passage(self) -> bool:
        """Let it end with the passage on air; False: where that ends is not known yet."""
        feed, passages, start = self.feed, self._material.passages, self._at
        assert feed is not None
        while (after := self._after(start)) is not None and after.frame <= feed.cursor_frame:
            start = after
        end = passages.closing_of(start)
        if end is not None:
            feed.end_frame = end
            if after is not None:
                self._producer.stop_before(after.index)
        return end is not None

    def end_with_clause(self, index: int) -> None:
        """Let it end before the next clause, which goes on as window `index`; with the turn where there is none."""
        feed = self.feed
        assert feed is not None
        starts = self._material.speech.clause_starts
        end = passage_end(starts, start_frame=feed.cursor_frame, least_frames=PART_FRAMES)
        if end is not None:
            feed.end_frame = end
            self._cut = Cut(index=index, frame=end, ticks=end * FRAME_TICKS)
            self._producer.stop_before(index)

    def replanned(self) -> None:
        """It is waited for something else now: say how long that takes."""
        if self.feed is not None and self.feed.end == "open" and not self.feed.started:
            self._tell_eta(self.feed)

    def rendered(self) -> None:
        """A window is there: say how long it still takes, or begin anew for an entry point that comes sooner."""
        feed = self.feed
        if feed is None or feed.end != "open" or feed.started:
            return
        self._tell_eta(feed)
        if feed.missed and feed.ready_windows == 1:
            self._look_for_a_sooner_entry(feed)

    def _passage_at(self, frame: int) -> Cut | None:
        """Return the passage that begins at `frame`, None where the turn ends there."""
        start: Cut | None = self._at
        if self._at.frame > frame or self._material.passages.limit_ticks <= frame * FRAME_TICKS:
            return None
        while start is not None and start.frame < frame:
            start = self._after(start)
        return start

    def _after(self, start: Cut) -> Cut | None:
        return self._material.passages.after(start, step_frames=self._studio.step_frames)

    def _new_feed(self, entry_frame: int) -> TalkFeed:
        feed = TalkFeed(
            turn=self._material.names.turn,
            label=self._label,
            speech=self._material.speech,
            entry_frame=entry_frame,
            start_frame=self._at.frame,
            first_index=self._at.index,
            from_ticks=self._at.ticks,
        )
        feed.silent_from_ticks = self._material.passages.limit_ticks
        return feed

    async def _start_delay_ns(self) -> int:
        """How long from now until talk may start (planner), the first window's render included."""
        studio, speech, producer = self._studio, self._material.speech, self._producer
        while (start_ns := producer.forecast.start_in_ns()) is None and speech.error is None:
            await speech.grown()
        window = await producer.first_window()
        if not self._fresh or window is None or start_ns is None:
            return start_ns or 0
        short = window.index == 0 or window.new_frames < studio.step_frames
        first_ns = (studio.paces.first if short else studio.paces.step).render_ns(window.new_frames) + studio.margin_ns
        if producer.forecast.keeps_up:
            later = Stretch(
                pieces=tuple(Piece(new_frames=n, shown_frames=n) for n in (window.new_frames, studio.step_frames))
            )
            start_ns = plan_start([later], pace=studio.paces.step, margin_ns=studio.margin_ns)
        return max(start_ns, first_ns)

    def _tell_eta(self, feed: TalkFeed) -> None:
        start_ns = self._producer.forecast.start_in_ns()
        if start_ns is not None:
            self._listener.planned(self._channel.until_talk_ns(feed, start_ns))

    def _entry_passed(self, feed: TalkFeed) -> None:
        """Idle came to the entry point and what is rendered was not enough, perhaps by a moment."""
        self._tell_eta(feed)
        if feed.ready_windows:
            self._look_for_a_sooner_entry(feed)

    def _look_for_a_sooner_entry(self, feed: TalkFeed) -> None:
        """What is rendered fits the entry that passed alone: render it again for a later one, if that is sooner."""
        studio, start_ns = self._studio, self._producer.forecast.start_in_ns()
        if start_ns is None or self._reentries >= MAX_REENTRIES or studio.anchored:
            return
        again_ns = studio.paces.step.render_ns(feed.ready_frames) + studio.margin_ns
        entry = self._channel.entry_after(again_ns + start_ns)
        if entry.due_ns - studio.clock.monotonic_ns() < self._channel.until_talk_ns(feed, start_ns):
            studio.counters.windows_discarded += 1
            feed.close("missed")

    async def _first_ended(self, feed: TalkFeed) -> None:
        """Wait for the span's end. Where rendering fails, what is rendered is still said, then its error is raised."""
        ended = asyncio.ensure_future(feed.ended.wait())
        try:
            error = None
            while error is None and not ended.done():
                producer = self._producer
                assert producer.task is not None
                await asyncio.wait({ended, producer.task}, return_when=asyncio.FIRST_COMPLETED)
                error = _error_of(producer.task)
                if producer is self._producer:
                    break
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


def _error_of(task: asyncio.Task[None]) -> BaseException | None:
    return task.exception() if task.done() and not task.cancelled() else None
