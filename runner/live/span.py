"""TalkSpan: one talk span of a turn, from the planned start to its end, whatever ends it."""

from __future__ import annotations

import asyncio
from contextvars import copy_context
from typing import Protocol

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.stream import PublishedPart
from hls.ticks import FRAME_TICKS, PART_FRAMES
from runner.live.channel import Channel
from runner.live.closing import Cut, frames_to_close
from runner.live.material import Material
from runner.live.planner import plan_start, split_windows
from runner.live.producer import Producer
from runner.live.studio import Studio
from runner.live.talk import TalkFeed, TalkPart

MAX_REENTRIES = 3
"""How often a talk that came late for its entry point is rendered for a later one; then it waits for its own."""


class SpanListener(Protocol):
    """Who is told what becomes of a span."""

    def planned(self, eta_ns: int) -> None:
        """Talk will be published in `eta_ns`."""

    def rendered(self) -> None:
        """A window is there."""

    def published(self, part: TalkPart, where: PublishedPart) -> None:
        """A part is on air; the first one of the span has its `start_frame`."""


class TalkSpan:
    """Runs once: says what there is from window `window` on. `reentries` were made by the spans before it."""

    def __init__(
        self,
        window: AudioWindow,
        *,
        material: Material,
        label: str,
        channel: Channel,
        studio: Studio,
        listener: SpanListener,
        reentries: int,
    ) -> None:
        self.feed: TalkFeed | None = None
        self._window = window
        self._material = material
        self._label = label
        self._channel = channel
        self._studio = studio
        self._listener = listener
        self._reentries = reentries

    async def run(self) -> Cut | None:
        """Return where talk goes on in a next span, or None when all is said, the turn was cut, or the entry `missed`.

        Raises: what ended the rendering or the publishing.
        """
        delay_ns = await self._start_delay_ns()
        entry = self._channel.entry_after(delay_ns)
        self._listener.planned(entry.due_ns - self._studio.clock.monotonic_ns())
        feed = self.feed = self._new_feed(entry.frame)
        producer = Producer(
            studio=self._studio,
            feed=feed,
            material=self._material,
            on_rendered=lambda: self._after_render(feed, producer),
        )
        feed.on_missed = lambda: self._tell_eta(feed, producer)
        rendering = asyncio.ensure_future(producer.run())
        context = copy_context()  # the channel's task calls, but what is logged is this turn's
        self._channel.offer(feed, lambda part, where: context.run(self._listener.published, part, where))
        try:
            await _first_ended(feed, rendering)
        finally:
            self._channel.withdraw(feed)
            rendering.cancel()
            await asyncio.gather(rendering, return_exceptions=True)
        if feed.end == "failed" and feed.error is not None:
            raise feed.error
        return feed.goes_on_at

    @property
    def missed(self) -> bool:
        """Whether the span never began, because a later entry point comes sooner."""
        return self.feed is not None and self.feed.end == "missed"

    def idle_after(self, limit_ticks: int) -> None:
        """Let the span end with the clause that ends at `limit_ticks` of the turn."""
        feed, idle = self.feed, self._studio.idle
        if feed is None:
            return
        feed.silent_from_ticks = limit_ticks
        feed.end_frame = frames_to_close(
            -(-limit_ticks // FRAME_TICKS),
            start_frame=feed.start_frame,
            entry_frame=feed.entry_frame,
            loop_frames=idle.frames,
            entry_points=idle.entry_points,
            tail_frames=0,
        )

    def _new_feed(self, entry_frame: int) -> TalkFeed:
        window, cut = self._window, self._material.windows.cut
        again = cut is not None and cut.index == window.index
        feed = TalkFeed(
            turn=self._material.names.turn,
            label=self._label,
            speech=self._material.speech,
            entry_frame=entry_frame,
            start_frame=window.start_frame,
            first_index=window.index,
            from_ticks=cut.ticks if cut is not None and again else window.start_frame * FRAME_TICKS,
        )
        feed.silent_from_ticks = self._material.limit_ticks
        return feed

    async def _start_delay_ns(self) -> int:
        """How long from now until talk may start (planner), the first window's render included."""
        studio, graph, material = self._studio, self._studio.renderer.graph, self._material
        step = graph.window_frames - graph.overlap_frames
        pace = studio.paces.step
        head_frames = self._window.new_frames
        windows = [head_frames, step]
        if not pace.keeps_up:
            while not material.speech.complete and material.speech.error is None:
                await material.speech.grown()
            rest = max(PART_FRAMES, material.frames_to_say - self._window.start_frame)
            windows = [head_frames, *split_windows(rest - head_frames, window_step=step)]
        start_ns = plan_start(windows, pace=pace, margin_ns=studio.margin_ns)
        short = self._window.index == 0 or head_frames < step
        first_ns = (studio.paces.first if short else pace).render_ns(head_frames) + studio.margin_ns
        return max(start_ns, first_ns)

    def _tell_eta(self, feed: TalkFeed, producer: Producer) -> None:
        start_ns = producer.start_in_ns()
        if start_ns is not None:
            self._listener.planned(self._channel.until_talk_ns(feed, start_ns))

    def _after_render(self, feed: TalkFeed, producer: Producer) -> None:
        """Where the entry passed before the first window was there: render it again for a later one, if sooner."""
        studio = self._studio
        self._listener.rendered()
        if feed.end == "open" and not feed.started:
            self._tell_eta(feed, producer)
        if feed.started or not feed.missed or feed.ready_windows != 1 or self._reentries >= MAX_REENTRIES:
            return
        again_ns = studio.paces.step.render_ns(feed.ready_frames) + studio.margin_ns
        entry = self._channel.entry_after(again_ns)
        if entry.due_ns - studio.clock.monotonic_ns() < self._channel.until_entry_ns(feed.entry_frame):
            studio.counters.windows_discarded += 1
            feed.close("missed")


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
