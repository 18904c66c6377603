"""Channel: one stream and the task that keeps it going, part by part, idle or talk.

Long, because pacing, the gate between idle and talk, and the cut share one deadline and one open span.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hls.errors import MediaParameters
from hls.init_segment import StreamParameters
from hls.stream import PublishedPart, Stream
from hls.ticks import NS_PER_MS, NS_PER_SECOND, PART_FRAMES, PART_TICKS, ticks_to_ns
from runner.live.counters import LiveCounters
from runner.live.edge import Edge, SegmentOnAir
from runner.live.idle import IdleLoop
from runner.live.idle_run import IdleRun
from runner.live.pacing import PART_NS, Pacing
from runner.live.scene import Scene
from runner.live.talk import FeedEnd, TalkFeed, TalkPart
from runner.live.waiters import Waiters
from runner.ports import Clock

log = logging.getLogger(__name__)

SILENT_PART = b"\0" * (PART_TICKS * 2)
STALL_NS = NS_PER_SECOND
"""A publication later than this gets a discontinuity and a new anchor (CONTRACTS section 3)."""
BIRTH_PARTS = 3
"""Parts of idle published at once at birth: players start 0.96 s (PART-HOLD-BACK) behind the edge."""
CLOCK_SET_BACK_NS = 60 * NS_PER_SECOND
"""Dates of a resumed stream that lie further in the future than any number of bursts: the wall clock was set back."""
FAILURES_TO_GIVE_UP = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """The next chance to start talk: the loop frame, and when its part is due."""

    frame: int
    due_ns: int


class Channel:
    """One avatar's stream, any number of viewers. Only its pacing task and `cut` append to the stream."""

    def __init__(
        self,
        *,
        channel_id: str,
        clock: Clock,
        stream: Stream,
        scene: Scene,
        counters: LiveCounters,
        lead_ns: int,
        own: bool = True,
        open_turn: str | None = None,
    ) -> None:
        self.id = channel_id
        self.stream = stream
        self.scene = scene
        self.own = own
        self.floor = asyncio.Lock()
        """Turns of a broadcast channel take it in the order of their asking."""
        self.changing = asyncio.Lock()
        """Changes of its scene follow each other."""
        self.last_activity_ns = clock.monotonic_ns()
        self._clock = clock
        self._counters = counters
        self._idle_frame = 0
        self._idle_run = IdleRun()
        self._feed: TalkFeed | None = None
        self._on_part: Callable[[TalkPart, PublishedPart], None] | None = None
        self._fade_out = b""
        self._next_scene: Scene | None = None
        """Waits for the end of the open span."""
        self.open_turn = open_turn
        """The turn that the journal carries."""
        self._edge = Edge(stream, channel_id=channel_id)
        self._waiters = Waiters(stream.has)
        self._pacing = Pacing(lead_ns=lead_ns, origin_ns=clock.monotonic_ns())
        self._task: asyncio.Task[None] | None = None
        self._caught_up = False

    @property
    def listeners(self) -> list[Callable[[SegmentOnAir], None]]:
        """Who is told of whole segments."""
        return self._edge.listeners

    @property
    def published_end_unix_ns(self) -> int:
        """Programme date of the published edge."""
        return self._edge.end_unix_ns

    @property
    def lead_ns(self) -> int:
        """How far the published end runs ahead of the clock."""
        return self._pacing.lead_ns

    @property
    def ahead_ns(self) -> int:
        """How much further it runs ahead, until bursts are paid back."""
        return self._pacing.ahead_ns

    @property
    def idle(self) -> IdleLoop:
        """The loop that goes on air between turns."""
        return self.scene.idle

    @property
    def next_scene(self) -> Scene:
        """The scene that what begins now shall show: the one on air, or what waits for the open span's end."""
        return self._next_scene or self.scene

    @property
    def width(self) -> int:
        """Picture width in pixels."""
        return self.idle.width

    @property
    def height(self) -> int:
        """Picture height in pixels."""
        return self.idle.height

    @property
    def running(self) -> bool:
        """Whether the stream goes on."""
        return self._task is not None and not self._task.done()

    @property
    def talking(self) -> bool:
        """Whether a talk span is open."""
        return self._feed is not None and self._feed.started

    def start(self, *, resumed: bool = False) -> None:
        """Begin to publish, at once. A resumed stream's dates go on where the old ones ended, never before."""
        now_unix_ns = self._clock.unix_ns()
        birth_unix_ns = now_unix_ns - BIRTH_PARTS * PART_NS
        ahead_ns = 0
        if resumed:
            old_end_ns = self.stream.timeline.pdt_unix_ns(self.stream.next_ticks)
            if old_end_ns <= now_unix_ns + CLOCK_SET_BACK_NS:
                # What the old stream was ahead is owed, as after a burst: nobody waits until its dates are due.
                ahead_ns = max(0, old_end_ns - birth_unix_ns)
        anchor_ns = birth_unix_ns + ahead_ns - ticks_to_ns(self.stream.next_ticks)
        self.stream.anchor(anchor_ns)
        self._pacing.begin(anchor_ns - (now_unix_ns - self._clock.monotonic_ns()), ahead_ns=ahead_ns)
        self._task = asyncio.get_running_loop().create_task(self._run(), name=f"channel {self.id}")

    async def close(self, *, end: bool = False) -> None:
        """Stop publishing. `end` writes EXT-X-ENDLIST; without it a restart goes on where this stopped."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        if end:
            self.stream.end()
        self._answer_waiters(closing=True)

    # -- talk ---------------------------------------------------------------------------------------------

    def entry_after(self, delay_ns: int, *, frame: int | None = None) -> Entry:
        """Return the first entry point of the idle loop whose part is due `delay_ns` from now or later.

        `frame`: no other one than this loop frame.
        """
        wanted, due_ns, frame = frame, self._deadline_ns(), self._idle_frame
        while (
            due_ns < self._clock.monotonic_ns() + delay_ns
            or not self.idle.is_entry(frame)
            or (wanted is not None and frame != wanted)
        ):
            due_ns += PART_NS
            frame = (frame + PART_FRAMES) % self.idle.frames
        return Entry(frame=frame, due_ns=due_ns)

    def until_entry_ns(self, frame: int) -> int:
        """Return how long the idle loop takes from now to loop frame `frame`."""
        parts = (frame - self._idle_frame) % self.idle.frames // PART_FRAMES
        return max(0, self._deadline_ns() + parts * PART_NS - self._clock.monotonic_ns())

    def until_talk_ns(self, feed: TalkFeed, start_in_ns: int) -> int:
        """Return how long from now the idle loop comes to `feed`'s entry point, not before `start_in_ns`."""
        wait_ns, round_ns = self.until_entry_ns(feed.entry_frame), self.idle.frames // PART_FRAMES * PART_NS
        return wait_ns + max(0, -(-(start_in_ns - wait_ns) // round_ns)) * round_ns

    def offer(self, feed: TalkFeed, on_part: Callable[[TalkPart, PublishedPart], None]) -> None:
        """Let `feed` start when the idle loop comes to its entry frame and it is startable."""
        self._feed, self._on_part = feed, on_part

    def withdraw(self, feed: TalkFeed) -> None:
        """Close `feed`'s span if it is open; idle follows with the next part."""
        if self._feed is feed:
            self._end_span("cut")

    def cut(self, feed: TalkFeed, *, burst_parts: int) -> PublishedPart | None:
        """End `feed`'s span now: nothing of it is published any more, its sound fades in the next part.

        On the session's own channel `burst_parts` of idle are published at once and the pacing clock moves by the
        same time, so dates stay linear. Returns the first idle part of the burst, to seek to; None without a burst.
        """
        if self._feed is not feed:
            return None
        was_talking = feed.started
        self._end_span("cut")
        if not (was_talking and self.own and self._pacing.may_burst(burst_parts)):
            return None
        parts = [self._append_idle() for _ in range(burst_parts)]
        self._pacing.burst(burst_parts)
        self._counters.bursts += 1
        self._answer_waiters()
        return parts[0] if parts else None

    def journal_turn(self, turn: str | None, next_window: int = 0, told: dict[str, Any] | None = None) -> None:
        """Let the journal carry the turn on air: the first window not wholly published, and what it says (`told`)."""
        if turn is None or told is not None:
            self.stream.extra["turn"] = told
        self.open_turn = turn
        self.stream.set_open_turn(turn, next_window)

    def forget_turn(self, turn: str) -> None:
        """Let the journal carry `turn` no more, if it does: another one may have the floor."""
        if self.open_turn == turn:
            self.journal_turn(None)

    def change(self, scene: Scene) -> None:
        """Show another scene: idle goes on in its loop, at an entry point; talk under way is for its turn to change.

        Where its pictures do not fit the stream, that comes after the open span, with one discontinuity.
        """
        if scene.fits_stream_of(self.scene):
            self._enter(scene)
        elif self.talking:
            self._next_scene = scene
        else:
            self._begin_anew(scene)

    def _enter(self, scene: Scene) -> None:
        self.scene, self._next_scene = scene, None
        if not self.talking:
            self._idle_frame = scene.idle.nearest_entry(self._idle_frame % scene.idle.frames)

    def _begin_anew(self, scene: Scene) -> None:
        """Write the scene's pictures behind a discontinuity: they are of another size, or coded otherwise."""
        idle = scene.idle
        self._counters.discontinuities += 1
        self.stream.discontinuity(
            self.stream.timeline.anchor_unix_ns,
            StreamParameters(width=idle.width, height=idle.height, fps=idle.fps, sps=idle.sps, pps=idle.pps),
        )
        self._enter(scene)

    # -- blocking reload ----------------------------------------------------------------------------------

    async def wait_for(self, media_sequence: int, part: int | None, timeout_ns: int) -> bool:
        """Wait until the playlist lists this segment (or part of it). False: timeout, or the stream ended."""
        self.touch()
        if self.stream.has(media_sequence, part):
            return True
        if not self.running:
            return False
        return await self._waiters.wait(media_sequence, part, deadline_ns=self._clock.monotonic_ns() + timeout_ns)

    def touch(self) -> None:
        """Note that somebody uses the channel (a viewer's request): it is not abandoned."""
        self.last_activity_ns = self._clock.monotonic_ns()

    def _answer_waiters(self, *, closing: bool = False) -> None:
        self._waiters.answer(self._clock.monotonic_ns(), closing=closing)

    # -- pacing -------------------------------------------------------------------------------------------

    def _deadline_ns(self) -> int:
        return self._pacing.due_ns(self.stream.next_ticks)

    async def _run(self) -> None:
        failures = 0
        try:
            while failures < FAILURES_TO_GIVE_UP:
                await self._clock.sleep_until_ns(self._deadline_ns())
                try:
                    self._publish_due()
                    failures = 0
                except Exception:
                    # An error never ends the stream, not even a bug: the next part is tried when it is due.
                    failures += 1
                    log.exception("publishing failed", extra={"channel": self.id})
                    await self._clock.sleep_until_ns(self._clock.monotonic_ns() + PART_NS)
            self._counters.channels_failed += 1
        finally:
            self._end_span("cut")
            self._answer_waiters(closing=True)

    def _publish_due(self) -> None:
        late_ns = self._clock.monotonic_ns() - self._deadline_ns()
        if not self._caught_up:
            # The parts of birth are dated back, and so "late".
            self._caught_up = late_ns <= self.lead_ns
        elif late_ns > STALL_NS:
            self._after_stall(late_ns)
        else:
            self._counters.publish_late_ns_max = max(self._counters.publish_late_ns_max, late_ns)
        if not self._append_talk():
            self._append_idle()
        self._edge.tell_of_the_disk()
        self._answer_waiters()

    def _after_stall(self, late_ns: int) -> None:
        """Go on in a new timeline; an open span ends, because the new one has to begin with an IDR."""
        log.warning("the stream stalled", extra={"channel": self.id, "late_ms": late_ns // NS_PER_MS})
        if self.talking:
            self._end_span("late")
        self._counters.discontinuities += 1
        origin_ns = self._pacing.after_stall(late_ns)
        old_anchor_ns = self.stream.timeline.anchor_unix_ns
        wall_offset_ns = self._clock.unix_ns() - self._clock.monotonic_ns()
        # Dates never run backwards, also where the wall clock was set back meanwhile.
        self.stream.discontinuity(max(origin_ns + wall_offset_ns, old_anchor_ns))

    def _append_talk(self) -> bool:
        """Append the next part of the open (or now opening) span. False: idle is due."""
        feed = self._feed
        if feed is None or not self._opens_or_is_open(feed):
            return False
        on_part = self._on_part
        try:
            part = feed.take()
            if part is None:
                self._end_span("done" if feed.exhausted else "late")
                return False
            published = self._edge.append(
                part.units, part.pcm_s16le, "talk", label=feed.label, clip_start=part.clip_start, turn=feed.turn
            )
        except Exception as exc:  # also a file that cannot be read any more: the turn hears of it, idle follows
            self._counters.media_parameters += isinstance(exc, MediaParameters)
            self._end_span("failed", exc)
            return False
        self._counters.parts_talk += 1
        self._fade_out = b""
        begun_at = self._idle_frame if part.loop_frame is None else part.loop_frame
        self._idle_frame = (begun_at + len(part.units)) % self.idle.frames
        if part.closes:
            self._idle_frame = self.idle.neutral_frame
        if on_part is not None:
            on_part(part, published)
        if feed.exhausted:
            self._end_span("done")
        return True

    def _opens_or_is_open(self, feed: TalkFeed) -> bool:
        if feed.started:
            return True
        if feed.end != "open" or self._idle_frame != feed.entry_frame:
            return False
        if not feed.may_start():
            self._counters.entries_missed += not feed.missed
            feed.missed = True
            feed.moved.beat()
            feed.on_missed()
            return False
        feed.started = True
        feed.moved.beat()
        self.stream.timeline.open_talk()
        self._counters.spans_opened += 1
        return True

    def _append_idle(self) -> PublishedPart:
        # A span that ended elsewhere than on an entry point (late) goes on at the next one: idle never waits.
        pcm, self._fade_out = self._fade_out or SILENT_PART, b""
        part = self._idle_run.part(self.idle, self._idle_frame, self.stream)
        published = self._edge.append(part.units, pcm, "idle", clip_start=part.clip_start)
        self._counters.parts_idle += 1
        self._idle_frame = (self._idle_frame + PART_FRAMES) % self.idle.frames
        self._pacing.pay_back()
        return published

    def _end_span(self, end: FeedEnd, error: Exception | None = None) -> None:
        """Close the gate's talk side, whatever the reason: the next part is idle."""
        feed, self._feed, self._on_part = self._feed, None, None
        if feed is None:
            return
        if feed.started:
            self.stream.timeline.close_talk()
            if end != "done":
                self._fade_out = feed.fading_tail()
            # Where no span began, idle never stopped, and has nothing to come back to.
            if not self.idle.is_entry(self._idle_frame):
                self._idle_frame = self.idle.nearest_entry(self._idle_frame)
        if end == "late":
            self._counters.windows_late += 1
        self._idle_frame %= self.idle.frames  # of a scene that came meanwhile
        feed.close(end, error)
        if self._next_scene is not None:
            self._begin_anew(self._next_scene)
