"""Producer: has a turn's passages rendered by one lane or several, and its talk spans fed with their windows in order.

A little long: it is the desk between lanes and spans, and all that both ask of it stands here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.errors import MediaParameters
from hls.ticks import FRAME_TICKS, frames_to_ticks, ticks_to_ns
from runner.errors import ComfyLost, ComfySilent, ComfyUnreachable
from runner.live.closing import Cut
from runner.live.course import Course, Job
from runner.live.courses import Courses
from runner.live.forecast import Forecast
from runner.live.jobs import fit_units
from runner.live.lane import Lane
from runner.live.material import Material
from runner.live.pulse import Pulse
from runner.live.renderer import Rendered
from runner.live.shelf import Shelf
from runner.live.studio import Studio
from runner.live.talk import ReadyWindow, TalkFeed

KEPT_WINDOWS = 3
"""Rendered ahead of the air where rendering keeps up: what an interruption throws away."""
LOADED_WINDOWS = 4
"""Clips held in memory; more wait on disk."""
ENGINE_GONE = (ComfyLost, ComfySilent, ComfyUnreachable)


class Producer:
    """Renders from `begin` on, for one TalkFeed after another. `by_passage`: each feed takes one passage only."""

    def __init__(
        self,
        *,
        studio: Studio,
        material: Material,
        begin: Cut,
        on_rendered: Callable[[AudioWindow, Rendered], None],
        by_passage: bool = False,
    ) -> None:
        self.moved = Pulse()
        self.task: asyncio.Task[None] | None = None
        self._begin = begin
        self._studio = studio
        self._material = material
        self._on_rendered = on_rendered
        material.speech.recall_events()
        self._courses = Courses(studio=studio, material=material, begin=begin, by_passage=by_passage)
        self._shelf = Shelf(begin.index)
        self._heir: Producer | None = None
        self._lanes = [
            Lane(number, renderer=renderer, desk=self, studio=studio, material=material)
            for number, renderer in sorted(enumerate(studio.renderers), key=lambda one: studio.busy[one[0]])
        ]
        self.forecast = Forecast(
            studio=studio,
            courses=self._courses,
            shelf=self._shelf,
            lanes=self._lanes,
            least_frames=material.passages.least_frames,
        )

    @property
    def begins_at(self) -> Cut:
        """Where it begins."""
        return self._begin

    @property
    def by_passage(self) -> bool:
        """Whether each feed takes one passage only."""
        return self._courses.by_passage

    async def first_window(self) -> AudioWindow | None:
        """Return the first window, as soon as its sound is there; None when nothing is said. Raises: of the voice."""
        return await self._courses.first.windows.get(self._begin.index)

    @property
    def studio(self) -> Studio:
        """What it renders with."""
        return self._studio

    @property
    def feeds(self) -> bool:
        """Whether a span gets its windows."""
        return self._shelf.feed is not None

    @property
    def next_index(self) -> int:
        """The first window that is not asked for yet."""
        return max((course.next_index for course in self._courses.given), default=self._begin.index)

    def next_cut(self) -> Cut | None:
        """Return where the first window begins that is not asked for yet; None: there is none, or it is not one chain.

        Of a graph that follows the loop, whose turn is one passage.
        """
        course = self._courses.first
        if self.task is None or self.task.done() or self._studio.anchored or self._courses.end_index is not None:
            return None
        end = self._courses.end_of(course.start)
        if end is not None and course.next_frame >= end:
            return None
        return Cut(index=course.next_index, frame=course.next_frame, ticks=course.next_frame * FRAME_TICKS)

    def stop_before(self, index: int) -> None:
        """Ask for no window from `index` on."""
        for lane in self._lanes:
            lane.stop_before(index)
        self.moved.beat()

    def hand_on(self, heir: Producer, loop_frame: int) -> None:
        """Let `heir` render from where it begins on, at this frame of its loop; what is before goes on."""
        self._heir = heir
        self.stop_before(heir.begins_at.index)
        heir.begin(loop_frame)
        self._serve()

    def begin(self, loop_frame: int) -> None:
        """Begin to render, from this frame of the loop."""
        self._courses.enter_at(loop_frame)
        self.task = asyncio.ensure_future(self._run())

    def attach(self, feed: TalkFeed) -> None:
        """Feed `feed` from now on; the first one begins the rendering."""
        self._shelf.feed = feed
        feed.moved = self.moved
        feed.may_start = self.forecast.may_start
        feed.will_be_late = self.forecast.will_be_late
        if self.task is None:
            self.begin(feed.entry_frame)
        self._serve()

    def goes_on_at(self, cut: Cut) -> bool:
        """Take back what the last feed left, and tell whether the next one may begin at `cut`, rendered as it is."""
        feed, self._shelf.feed = self._shelf.feed, None
        if feed is None or self.task is None or _failed(self.task):
            return False
        if not self._studio.anchored or not self._courses.begins_at(cut):
            return False
        self._shelf.take_back(feed.unused, from_index=cut.index)
        return True

    def speak_by_passage(self, on: bool) -> None:
        """Let a feed end with its passage from now on, or with the turn; one that is on air ends as it can."""
        self._courses.by_passage, feed = on, self._shelf.feed
        if feed is not None and not feed.started and feed.end == "open":
            self._shelf.take_back(feed.give_back(), from_index=feed.next_index)
            self._serve()

    async def close(self) -> None:
        """Stop rendering."""
        self._shelf.feed = None
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        # Lanes lead back here: cut, so that a turn's clips are freed now, not at some collection.
        self._lanes.clear()
        self.task = None

    # -- what lanes ask (see `lane.Desk`)

    def has_room(self, lane: Lane) -> bool:
        """See `Desk`."""
        living = self.forecast.living
        if lane.course is None and lane.jobs and len(living) > 1:
            return False  # whoever is free first takes the next passage
        if not self.forecast.keeps_up:
            return True
        ahead = self._shelf.ready_windows + len(self._shelf) + sum(len(one.jobs) for one in self._lanes)
        return ahead < KEPT_WINDOWS and lane is living[0]

    async def next_course(self, lane: Lane) -> Course | None:
        """See `Desk`."""
        while self._shelf.next_index != self._courses.end_index:
            course = self._courses.take(lane.number)
            if course is not None:
                return course
            speech = self._material.speech
            if self._material.passages.complete:
                await self.moved.wait()  # a lane may fail yet, and leave its passage to this one
            elif speech.error is not None:
                raise speech.error
            else:
                await speech.grown()
        return None

    def exhausted(self, course: Course) -> None:
        """See `Desk`."""
        self._courses.exhausted(course)
        self._settle_end()
        self.moved.beat()

    def end_of(self, course: Course) -> int | None:
        """See `Desk`."""
        self._settle_end()
        return self._courses.end_of(course.start)

    def closing_state(self) -> str:
        """See `Desk`."""
        idle = self._studio.idle
        return idle.state_name(idle.neutral_frame) if self._studio.anchored else ""

    def hand_over(self, lane: Lane, courses: list[Course], exc: Exception) -> bool:
        """See `Desk`."""
        if not isinstance(exc, ENGINE_GONE) or not any(one is not lane for one in self.forecast.living):
            return False
        self._studio.meter.error(exc.code)
        self._studio.counters.passages_moved += 1
        for course in courses:
            for index in range(course.start.index, course.next_index):
                self._material.tries.failed.pop(index, None)
        self._courses.give_back(courses)
        self.moved.beat()
        return True

    def deliver(self, job: Job, rendered: Rendered) -> None:
        """See `Desk`."""
        window, studio = job.window, self._studio
        self._drop_states(job)
        if self._shelf.knows(window.index):
            return  # rendered again, on another engine, for the sake of the state
        try:
            units = fit_units(rendered.media, name=rendered.clip.name, idle=studio.idle, new_frames=window.new_frames)
        except MediaParameters:
            studio.counters.media_parameters += 1
            raise
        self._measure(window, rendered)
        self._shelf.put(
            ReadyWindow(
                index=window.index,
                start_frame=window.start_frame,
                frames=job.shown_frames,
                clip=rendered.clip,
                units=units if window.index - self._shelf.next_index < LOADED_WINDOWS else None,
                pauses_ticks=job.pauses_ticks,
                closes=job.closes,
                loop_frame=self._courses.entry_frame if window.index == self._begin.index else None,
            )
        )
        job.course.windows.forget_before(window.index)
        self._serve()
        self._material.stages.reach("clip")
        self._on_rendered(window, rendered)
        self.moved.beat()

    # -- how

    async def _run(self) -> None:
        lanes = {asyncio.ensure_future(lane.run()) for lane in self._lanes}
        try:
            done, _ = await asyncio.wait(lanes, return_when=asyncio.FIRST_EXCEPTION)
            for one in done:
                one.result()
        finally:
            for one in lanes:
                one.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)

    def _settle_end(self) -> None:
        """Tell the feed where its talk ends, as soon as that is known; an heir's is for the heir to tell."""
        feed = self._shelf.feed
        if feed is not None and feed.end_frame is None and self._heir is None:
            feed.end_frame = self._courses.end_from(self._shelf.next_index)

    def _serve(self) -> None:
        """Give the feed what is there, and forget what no window needs any more."""
        feed = self._shelf.feed
        if feed is None or feed.end != "open":
            return
        self._settle_end()
        self._shelf.serve()
        if self._heir is not None and self._shelf.next_index >= self._heir.begins_at.index:
            self._shelf.feed, feed.end_frame = None, None
            self._heir.attach(feed)
            return
        self._courses.forget_before(self._shelf.on_air_index)
        graph = self._studio.renderer.graph
        heard_frame = self._shelf.rendered_frame - graph.overlap_frames - graph.context_frames
        self._material.speech.forget_events_before(heard_frame * FRAME_TICKS)
        # What is not published yet may have to be rendered again for a next span.
        self._material.tries.forget_before(feed.next_index)

    def _measure(self, window: AudioWindow, rendered: Rendered) -> None:
        studio = self._studio
        studio.counters.windows_rendered += 1
        first = window.index == self._begin.index
        studio.paces.measured(new_frames=window.new_frames, render_ns=rendered.render_ns, first=first)
        playing_ns = ticks_to_ns(frames_to_ticks(window.new_frames))
        studio.meter.window(render_ns=rendered.render_ns, playing_ns=playing_ns)
        if rendered.colour_drift is not None:
            studio.meter.colour_drift(rendered.colour_drift)

    def _drop_states(self, job: Job) -> None:
        """Remove what no window needs any more: k+1 starts from state k, also when it is rendered again."""
        first, index, names = job.course.start.index, job.window.index, self._material.names
        for old in (index - 2, *((index - 1, index) if job.closes else ())):
            if old >= first:
                (self._studio.data / names.state(old)).unlink(missing_ok=True)


def _failed(task: asyncio.Task[None]) -> bool:
    return task.done() and not task.cancelled() and task.exception() is not None
