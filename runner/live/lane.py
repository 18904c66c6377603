"""Lane: one engine and the windows it renders for a turn, the next one queued while one runs, each retried once.

Long, because queue, retry and chain of states are one set of rules about the same jobs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Protocol, TypedDict

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.ticks import FRAME_TICKS
from runner.live.course import Course, Job
from runner.live.jobs import build_request
from runner.live.material import Material
from runner.live.pulse import Pulse
from runner.live.renderer import Rendered, Renderer
from runner.live.studio import Studio

DEPTH = 2
"""Prompts under way: the engine never waits for HTTP (DESIGN section 2)."""


class _Closing(TypedDict, total=False):
    """A request's fields for the end of its passage; none in the windows before."""

    closing_frames: int
    closing_state: str


class Desk(Protocol):
    """Who gives passages to lanes and takes their windows: the producer."""

    moved: Pulse
    """Beats when there may be room, or something to do, again."""

    def has_room(self, lane: Lane) -> bool:
        """Whether one more window may be queued."""

    async def next_course(self, lane: Lane) -> Course | None:
        """Return the next passage nobody renders; None when all is delivered. Raises: what the voice raised."""

    def end_of(self, course: Course) -> int | None:
        """Return the frame where a passage ends, as soon as that is known."""

    def exhausted(self, course: Course) -> None:
        """All windows of the passage are queued."""

    def closing_state(self) -> str:
        """Return the loop's state that the end of a passage dissolves into; "" where it ends there by itself."""

    def deliver(self, job: Job, rendered: Rendered) -> None:
        """Take a window. Raises: MediaParameters."""

    def hand_over(self, lane: Lane, courses: list[Course], exc: Exception) -> bool:
        """Whether other lanes take over what this one has begun, because its engine is gone."""


class Lane:
    """`run` ends when there is nothing left to render, or the engine is gone and another took over."""

    def __init__(self, number: int, *, renderer: Renderer, desk: Desk, studio: Studio, material: Material) -> None:
        self.number = number
        self.renderer = renderer
        self.alive = True
        self.head_since_ns = 0
        self.jobs: deque[Job] = deque()
        self.course: Course | None = None
        """The passage whose windows are queued next."""
        self._desk = desk
        self._studio = studio
        self._material = material
        self._waiting: deque[Course] = deque()
        self._getter: asyncio.Task[tuple[Course, AudioWindow] | None] | None = None
        self._over = False
        self._until_index: int | None = None

    @property
    def running_ns(self) -> int:
        """How long the first window has been rendering."""
        return self._studio.clock.monotonic_ns() - self.head_since_ns if self.jobs else 0

    async def run(self) -> None:
        """Render. Raises: RunnerError or HlsError of a window that failed twice or may not be retried."""
        try:
            while self.alive:
                if self._getter is None and not self._over and len(self.jobs) < DEPTH and self._desk.has_room(self):
                    self._getter = asyncio.ensure_future(self._next())
                if self._getter is None and not self.jobs:
                    if self._over:
                        return
                    await self._desk.moved.wait()
                    continue
                waiting: set[asyncio.Task[Rendered] | asyncio.Task[tuple[Course, AudioWindow] | None]] = set()
                waiting |= {job.task for job in list(self.jobs)[:1]} | ({self._getter} if self._getter else set())
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                self._queue_what_is_cut()
                if self.jobs and self.jobs[0].task.done():
                    await self._finish_head()
        finally:
            self._drop_getter()
            await self._cancel_jobs()

    def stop_before(self, index: int) -> None:
        """Render no window from `index` on: others do."""
        self._until_index = index
        self._drop_getter()

    async def _next(self) -> tuple[Course, AudioWindow] | None:
        """Return what to queue next; None when there is nothing, or the question is to be asked anew."""
        if self._until_index is not None and (self.course is None or self.course.next_index >= self._until_index):
            self.course, self._over = None, True
            return None
        if self.course is None:
            self.course = self._waiting.popleft() if self._waiting else await self._desk.next_course(self)
            if self.course is None:
                self._over = True
                return None
        course = self.course
        window = await course.windows.get(course.next_index)
        end = self._desk.end_of(course)
        if window is None or (end is not None and window.start_frame >= end):
            self.course = None
            self._desk.exhausted(course)
            return None
        return course, window

    def _queue_what_is_cut(self) -> None:
        if self._getter is None or not self._getter.done():
            return
        found, self._getter = self._getter.result(), None
        if found is not None:
            course, window = found
            self._submit(course, window)

    def _drop_getter(self) -> None:
        if self._getter is not None:
            self._getter.cancel()
            self._getter = None

    def _submit(self, course: Course, window: AudioWindow) -> None:
        studio, names = self._studio, self._material.names
        first_tick = (window.start_frame - window.overlap_frames) * FRAME_TICKS
        until_tick = first_tick + len(window.pcm_s16le) // 2 * 3
        closing = self._closing(course, window)
        request = build_request(
            window,
            names=names,
            graph=self.renderer.graph,
            idle=studio.idle,
            events=self._material.speech.recent_events(first_tick - window.context_samples * 3, until_tick),
            attempt=self._material.tries.next_attempt(window.index),
            seed=studio.scene.seed,
            image=studio.scene.image,
            state_in=course.next_state,
            audio_2=names.wav_2(window.index) if self.renderer.graph.speakers > 1 else "",
            **closing,
        )
        course.next_index, course.next_state = window.index + 1, request.state_out
        course.next_frame = window.start_frame + window.new_frames

        async def render() -> Rendered:
            prompt_id = names.prompt_id(window.index, request.attempt)
            self._material.stages.reach("prompt")
            said, silence = window.pcm_s16le, bytes(len(window.pcm_s16le) if request.audio_2 else 0)
            first, second = (silence, said) if self._material.speaker > 1 else (said, silence)
            return await self.renderer.render(request, prompt_id=prompt_id, pcm_s16le=first, pcm_2_s16le=second)

        if not self.jobs:
            self.head_since_ns = studio.clock.monotonic_ns()
        end_tick = (window.start_frame + window.new_frames) * FRAME_TICKS
        job = Job(
            course=course,
            window=window,
            task=asyncio.ensure_future(render()),
            pauses_ticks=tuple(self._material.speech.word_starts(window.start_frame * FRAME_TICKS, end_tick)),
            shown_frames=closing.get("closing_frames", window.new_frames),
            closes=bool(closing),
        )
        self.jobs.append(job)
        studio.busy[self.number] += 1

    def _closing(self, course: Course, window: AudioWindow) -> _Closing:
        """Return where the passage ends in this window, for graphs that do not end on the loop by themselves."""
        end = self._desk.end_of(course)
        if end is None or not window.start_frame < end <= window.start_frame + window.new_frames:
            return {}
        state = self._desk.closing_state()
        return {"closing_frames": end - window.start_frame, "closing_state": state} if state else {}

    async def _finish_head(self) -> None:
        job = self.jobs[0]
        try:
            rendered = job.task.result()
        except Exception as exc:
            await self._retry(job, exc)
            return
        self.jobs.popleft()
        self._studio.busy[self.number] -= 1
        self.head_since_ns = self._studio.clock.monotonic_ns()
        self._desk.deliver(job, rendered)

    async def _retry(self, job: Job, exc: Exception) -> None:
        """Send the window again, and those behind it after it: their state came from it. Raises: `exc`."""
        index, course, tries = job.window.index, job.course, self._material.tries
        failed = tries.failed[index] = tries.failed.get(index, 0) + 1
        self._drop_getter()
        queued = [one.course for one in self.jobs]
        begun = list(dict.fromkeys([*queued, *([self.course] if self.course is not None else []), *self._waiting]))
        await self._cancel_jobs()
        if not getattr(exc, "retryable", False) or failed > 1:
            if not self._desk.hand_over(self, begun, exc):
                raise exc
            self.alive = False
            return
        self._studio.counters.windows_retried += 1
        self._studio.meter.error(getattr(exc, "code", "runner.failed"))
        for later in begun[1:]:
            later.restart()
            later.lane = self.number
        self.course, self._waiting, self._over = course, deque(begun[1:]), False
        course.next_state = self._material.names.state(index - 1) if index > course.start.index else course.entry_state
        self._submit(course, job.window)

    async def _cancel_jobs(self) -> None:
        """Cancel by id what is under way: the pending ones first, so that none starts meanwhile."""
        jobs = [self.jobs.pop() for _ in range(len(self.jobs))]
        self._studio.busy[self.number] -= len(jobs)
        for job in jobs:
            job.task.cancel()
        if jobs:
            await asyncio.gather(*(job.task for job in jobs), return_exceptions=True)
