"""Producer: has the passages of a turn rendered by one lane or several, and hands their windows over in order.

Long, because who renders what, what is there, and when talk may start are read from the same passages.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterator

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.errors import MediaParameters
from hls.ticks import FRAME_TICKS, frames_to_ticks, ticks_to_ns
from runner.errors import ComfyLost, ComfySilent, ComfyUnreachable
from runner.live.closing import Cut, frames_to_close
from runner.live.course import Course, Job
from runner.live.jobs import fit_units
from runner.live.lane import Lane
from runner.live.material import Material
from runner.live.passages import TAIL_FRAMES
from runner.live.planner import Piece, Stretch, comes_late, plan_start, split_stretch
from runner.live.pulse import Pulse
from runner.live.renderer import Rendered
from runner.live.studio import Studio
from runner.live.talk import ReadyWindow, TalkFeed
from runner.live.windows import FIRST_NEW_FRAMES

KEPT_WINDOWS = 3
"""Rendered ahead of the air where rendering keeps up: what an interruption throws away."""
LOADED_WINDOWS = 4
"""Clips held in memory; more wait on disk."""
ENGINE_GONE = (ComfyLost, ComfySilent, ComfyUnreachable)


class Producer:
    """Renders from `begin` on, for one TalkFeed after another. `entry_frame`: where the loop is left for the first.

    `by_passage`: each feed takes one passage only.
    """

    def __init__(
        self,
        *,
        studio: Studio,
        material: Material,
        begin: Cut,
        on_rendered: Callable[[], None],
        by_passage: bool = False,
    ) -> None:
        self.moved = Pulse()
        self.task: asyncio.Task[None] | None = None
        self.by_passage = by_passage
        self._begin = begin
        self._studio = studio
        self._material = material
        self._on_rendered = on_rendered
        self._feed: TalkFeed | None = None
        self._entry_frame = studio.idle.neutral_frame
        self._lanes = [
            Lane(number, renderer=renderer, desk=self, studio=studio, material=material)
            for number, renderer in sorted(enumerate(studio.renderers), key=lambda one: studio.busy[one[0]])
        ]
        self._courses: deque[Course] = deque()
        """Passages given out and not wholly delivered, in the order of play."""
        self._returned: deque[Course] = deque()
        self._first = self._new_course(begin)
        material.speech.recall_events()
        self._returned.append(self._first)
        self._courses.append(self._first)
        self._given = self._first
        self._end_index: int | None = None
        """The window after the turn's last one, once that is queued."""
        self._shelf: dict[int, ReadyWindow] = {}
        self._next_index = begin.index
        """The window that the feed gets next."""

    # -- its feeds

    async def first_window(self) -> AudioWindow | None:
        """Return the first window, as soon as its sound is there; None when nothing is said. Raises: of the voice."""
        return await self._first.windows.get(self._first.start.index)

    def attach(self, feed: TalkFeed) -> None:
        """Feed `feed` from now on; the first one begins the rendering."""
        self._feed = feed
        feed.moved = self.moved
        feed.may_start = self.may_start
        feed.will_be_late = self.will_be_late
        if self.task is None:
            self._entry_frame = feed.entry_frame
            self._first.entry_state = self._first.next_state = self._studio.idle.state_name(feed.entry_frame)
            self.task = asyncio.ensure_future(self._run())
        self._fill()

    def goes_on_at(self, cut: Cut) -> bool:
        """Take back what the last feed left, and tell whether the next one may begin at `cut`, rendered as it is."""
        feed, self._feed = self._feed, None
        if feed is None or not self._studio.anchored or self.task is None or self._failed:
            return False
        if not any(course.start == cut for course in self._courses) and cut != self._after_given():
            return False
        for window in feed.unused:
            self._shelf[window.index] = window
        self._next_index = cut.index
        return True

    def speak_by_passage(self, on: bool) -> None:
        """Let a feed end with its passage from now on, or with the turn; one that is on air ends as it can."""
        self.by_passage, feed = on, self._feed
        if feed is None or feed.started or feed.end != "open":
            return
        for window in feed.give_back():
            self._shelf[window.index] = window
            self._next_index = min(self._next_index, window.index)
        self._fill()

    async def close(self) -> None:
        """Stop rendering."""
        self._feed = None
        if self.task is not None:
            self.task.cancel()
            await asyncio.gather(self.task, return_exceptions=True)
        # Lanes lead back here: cut, so that a turn's clips are freed now, not at some collection.
        self._lanes.clear()
        self.task = None

    @property
    def _failed(self) -> bool:
        return self.task is not None and self.task.done() and not self.task.cancelled() and bool(self.task.exception())

    # -- when talk may start

    def may_start(self) -> bool:
        """Whether, from now, no window will be due before it is ready."""
        feed = self._feed
        return feed is not None and bool(feed.ready_windows) and self.start_in_ns() == 0

    def start_in_ns(self) -> int | None:
        """Return how long from now until talk may start; None while the speech's length is not known."""
        left, lanes = self._left(), self._living()
        if left is None:
            return None
        return plan_start(
            left,
            pace=self._studio.paces.step,
            lanes_running_ns=[lane.running_ns for lane in lanes],
            margin_ns=self._studio.margin_ns,
            ready_frames=self._feed.ready_frames if self._feed is not None else 0,
        )

    def will_be_late(self) -> bool:
        """Whether the next window will not be there when what is rendered has been published."""
        feed = self._feed
        if feed is None or self._next_index in self._shelf or self._next_index == self._end_index:
            return False
        lane = next((one for one in self._lanes if one.jobs and one.jobs[0].window.index == self._next_index), None)
        new_frames = lane.jobs[0].window.new_frames if lane is not None else self._studio.step_frames
        running_ns = lane.running_ns if lane is not None else 0
        pace = self._studio.paces.step
        return comes_late(new_frames, pace=pace, running_ns=running_ns, ready_frames=feed.ready_frames)

    @property
    def keeps_up(self) -> bool:
        """Whether rendering keeps up with playing, what is rendered beyond the passages' ends included."""
        pace, least, step = self._studio.paces.step, self._material.passages.least_frames, self._studio.step_frames
        if self.by_passage:
            return False
        if least is None or not self._studio.anchored:
            return pace.keeps_up
        return pace.rtf * (1.0 + pace.spread) * (1.0 + (step - 8) / max(least, step)) <= 1.0

    def _left(self) -> list[Stretch] | None:
        """What is not rendered yet and decides the start; None while the length is not known."""
        if self._end_index is None and self.keeps_up:
            step = self._studio.step_frames
            return [Stretch(pieces=(Piece(new_frames=step, shown_frames=step),))]
        stretches: list[Stretch] = []
        limit = self._feed.end_frame if self._feed is not None else None
        for start, course in self._ahead():
            if limit is not None and start.frame >= limit:
                break
            end = self._end_after(start)
            if end is None:
                return None
            stretches.append(self._stretch(start, end, course))
            if self.by_passage:
                break
        return stretches

    def _ahead(self) -> Iterator[tuple[Cut, Course | None]]:
        """Yield the passages from the next window on: those given out, then those to come as far as they are known."""
        given = {course.start: course for course in self._courses}
        start: Cut | None = self._courses[0].start
        while start is not None:
            after = self._material.passages.after(start, step_frames=self._studio.step_frames)
            if after is None or after.index > self._next_index:
                yield start, given.get(start)
            start = after if self._studio.anchored else None

    def _stretch(self, start: Cut, end: int, course: Course | None) -> Stretch:
        studio = self._studio
        any_length, step = studio.renderer.graph.any_length, studio.step_frames
        feed, done = self._feed, 0
        if feed is not None and self._next_index > start.index:
            done = feed.cursor_frame + feed.ready_frames - start.frame
        first = FIRST_NEW_FRAMES if any_length and not done else None
        whole = split_stretch(max(0, end - start.frame - done), step=step, first_frames=first, any_length=any_length)
        index = max(self._next_index, start.index)
        pieces = tuple(
            Piece(new_frames=0, shown_frames=one.shown_frames) if index + n in self._shelf else one
            for n, one in enumerate(whole.pieces)
        )
        numbers = [lane.number for lane in self._living()]
        lane = numbers.index(course.lane) if course is not None and course.lane in numbers else None
        return Stretch(pieces=pieces, lane=lane)

    def _living(self) -> list[Lane]:
        return [lane for lane in self._lanes if lane.alive]

    # -- what lanes ask (see `lane.Desk`)

    def has_room(self, lane: Lane) -> bool:
        """See `Desk`."""
        if lane.course is None and lane.jobs and len(self._living()) > 1:
            return False  # whoever is free first takes the next passage
        if not self.keeps_up:
            return True
        ready = self._feed.ready_windows if self._feed is not None else 0
        ahead = ready + len(self._shelf) + sum(len(one.jobs) for one in self._lanes)
        return ahead < KEPT_WINDOWS and lane is self._living()[0]

    async def next_course(self, lane: Lane) -> Course | None:
        """See `Desk`."""
        while self._next_index != self._end_index:
            course = self._returned.popleft() if self._returned else self._follow()
            if course is not None:
                course.lane = lane.number
                return course
            speech = self._material.speech
            if self._material.passages.complete or speech.complete:
                await self.moved.wait()  # a lane may fail yet, and leave its passage to this one
            elif speech.error is not None:
                raise speech.error
            else:
                await speech.grown()
        return None

    def exhausted(self, course: Course) -> None:
        """See `Desk`."""
        if course is self._given and self._after_given() is None:
            self._end_index = course.next_index
        self._settle_end()
        self._forget_delivered()
        self.moved.beat()

    def end_of(self, course: Course) -> int | None:
        """See `Desk`."""
        self._settle_end()
        return self._end_after(course.start)

    def closing_state(self, course: Course, end_frame: int) -> str:
        """See `Desk`."""
        idle = self._studio.idle
        return idle.state_name(idle.neutral_frame) if self._studio.anchored else ""

    def hand_over(self, lane: Lane, courses: list[Course], exc: Exception) -> bool:
        """See `Desk`."""
        others = [one for one in self._living() if one is not lane]
        if not others or not isinstance(exc, ENGINE_GONE):
            return False
        self._studio.meter.error(exc.code)
        self._studio.counters.passages_moved += 1
        for course in courses:
            for index in range(course.start.index, course.next_index):
                self._material.tries.failed.pop(index, None)
            course.restart()
        self._returned.extendleft(reversed(courses))
        self.moved.beat()
        return True

    def deliver(self, job: Job, rendered: Rendered) -> None:
        """See `Desk`."""
        window = job.window
        self._drop_states(job)
        if window.index < self._next_index or window.index in self._shelf:
            return  # rendered again, on another engine, for the sake of the state
        studio = self._studio
        try:
            units = fit_units(rendered.media, name=rendered.clip.name, idle=studio.idle, new_frames=window.new_frames)
        except MediaParameters:
            studio.counters.media_parameters += 1
            raise
        self._measure(window, rendered)
        self._shelf[window.index] = ReadyWindow(
            index=window.index,
            start_frame=window.start_frame,
            frames=job.shown_frames,
            clip=rendered.clip,
            units=units if window.index - self._next_index < LOADED_WINDOWS else None,
            pauses_ticks=job.pauses_ticks,
            closes=job.closes,
        )
        job.course.windows.forget_before(window.index)
        self._fill()
        self._material.stages.reach("clip")
        self._on_rendered()
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

    def _new_course(self, start: Cut) -> Course:
        passages, idle = self._material.passages, self._studio.idle
        windows = self._material.new_windows(self._material.speech, start=start, end=lambda: passages.end_of(start))
        state = idle.state_name(idle.neutral_frame)
        return Course(start=start, windows=windows, entry_state=state, next_index=start.index, next_state=state)

    def _follow(self) -> Course | None:
        """Return the passage after the last one that was given out, if it is known."""
        start = self._after_given() if self._studio.anchored else None
        if start is None:
            return None
        self._given = self._new_course(start)
        self._courses.append(self._given)
        return self._given

    def _after_given(self) -> Cut | None:
        return self._material.passages.after(self._given.start, step_frames=self._studio.step_frames)

    def _end_after(self, start: Cut) -> int | None:
        """Return where the passage from `start` ends, for a graph that follows the loop on an entry point."""
        passages, idle = self._material.passages, self._studio.idle
        end = passages.end_of(start)
        if self._studio.anchored:
            return passages.closing_of(start)
        if end is None and not passages.complete:
            return None
        return frames_to_close(
            passages.frames_to_say if end is None else end,
            start_frame=start.frame,
            entry_frame=self._entry_frame,
            loop_frames=idle.frames,
            entry_points=idle.entry_points,
            tail_frames=TAIL_FRAMES if end is None else 0,
        )

    def _settle_end(self) -> None:
        """Tell the feed where its talk ends, as soon as that is known."""
        feed, passages = self._feed, self._material.passages
        if feed is None or feed.end_frame is not None or not (self.by_passage or passages.complete):
            return
        for start, _ in self._ahead():
            last = start
            if self.by_passage:
                break
        feed.end_frame = self._end_after(last)

    def _fill(self) -> None:
        """Give the feed what is there, in order, up to its end."""
        feed = self._feed
        if feed is None or feed.end != "open":
            return
        self._settle_end()
        while (window := self._shelf.get(self._next_index)) is not None:
            if feed.end_frame is not None and window.start_frame >= feed.end_frame:
                break
            feed.add(self._shelf.pop(self._next_index))
            self._next_index += 1
        self._forget_delivered()
        graph = self._studio.renderer.graph
        heard_frame = feed.cursor_frame + feed.ready_frames - graph.overlap_frames - graph.context_frames
        self._material.speech.forget_events_before(heard_frame * FRAME_TICKS)
        # What is not published yet may have to be rendered again for a next span.
        self._material.tries.forget_before(feed.next_index)

    def _forget_delivered(self) -> None:
        on_air = self._feed.next_index if self._feed is not None else self._next_index
        while len(self._courses) > 1 and self._courses[1].start.index <= min(on_air, self._next_index):
            self._courses.popleft()

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
