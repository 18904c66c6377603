"""Producer: renders the windows of one talk span in order, the next one queued while one runs, each retried once.

Long, because queue, retry and chain of states are one set of rules about the same jobs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

from custom_nodes.rolling_wav.rolling_wav import AudioWindow
from hls.errors import MediaParameters
from hls.ticks import FRAME_TICKS, frames_to_ticks, ticks_to_ns
from runner.live.closing import frames_to_close
from runner.live.jobs import build_request, fit_units
from runner.live.material import Material
from runner.live.planner import comes_late, plan_start, split_windows
from runner.live.renderer import Rendered
from runner.live.studio import Studio
from runner.live.talk import ReadyWindow, TalkFeed

DEPTH = 2
"""Prompts under way: the engine never waits for HTTP (DESIGN section 2)."""
KEPT_WINDOWS = 3
"""Rendered ahead of the air where rendering keeps up: what an interruption throws away."""
LOADED_WINDOWS = 4
"""Clips held in memory; more wait on disk."""
TAIL_FRAMES = 2
"""Silence after the last sample in which the mouth shuts; RollingWav's own tail."""


class _Closing(TypedDict, total=False):
    """A request's fields for the end of its turn; none in the windows before."""

    closing_frames: int
    closing_state: str


@dataclass(slots=True, kw_only=True)
class _Job:
    window: AudioWindow
    task: asyncio.Task[Rendered]
    pauses_ticks: tuple[int, ...]


class Producer:
    """Feeds one TalkFeed. `run` ends when the talk is rendered to its closing frame."""

    def __init__(
        self,
        *,
        studio: Studio,
        feed: TalkFeed,
        material: Material,
        on_rendered: Callable[[], None],
    ) -> None:
        self._studio = studio
        self._feed = feed
        self._material = material
        self._names = material.names
        self._speech = material.speech
        self._windows = material.windows
        self._tries = material.tries
        self._next_index = feed.next_index
        self._next_state = studio.idle.state_name(feed.entry_frame)
        self._on_rendered = on_rendered
        self._jobs: deque[_Job] = deque()
        self._all_cut = False
        self._head_since_ns = studio.clock.monotonic_ns()
        feed.may_start = self.may_start
        feed.will_be_late = self.will_be_late

    async def run(self) -> None:
        """Render. Raises: RunnerError or HlsError of a window that failed twice or may not be retried."""
        getter: asyncio.Task[AudioWindow | None] | None = None
        try:
            while True:
                if getter is None and not self._all_cut and len(self._jobs) < DEPTH and self._has_room():
                    getter = asyncio.ensure_future(self._windows.get(self._next_index))
                if getter is None and not self._jobs:
                    if self._all_cut:
                        return
                    await self._feed.moved.wait()
                    self._feed.moved.clear()
                    continue
                waiting = {job.task for job in list(self._jobs)[:1]} | ({getter} if getter else set())
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if getter is not None and getter.done():
                    self._queue(getter.result())
                    getter = None
                if self._jobs and self._jobs[0].task.done():
                    await self._finish_head()
        finally:
            if getter is not None:
                getter.cancel()
            await self._cancel_jobs()

    def may_start(self) -> bool:
        """Whether, from now, no window will be due before it is ready (planner)."""
        return bool(self._feed.ready_windows) and self.start_in_ns() == 0

    def start_in_ns(self) -> int | None:
        """Return how long from now until talk may start (planner); None while the speech's length is not known."""
        studio, left = self._studio, self._left_frames()
        if left is None:
            return None
        head_ns = studio.clock.monotonic_ns() - self._head_since_ns if self._jobs else 0
        return plan_start(
            left,
            pace=studio.paces.step,
            margin_ns=studio.margin_ns,
            ready_frames=self._feed.ready_frames,
            head_start_ns=head_ns,
        )

    def will_be_late(self) -> bool:
        """Whether the next window will not be there when what is rendered has been published (planner)."""
        studio, feed = self._studio, self._feed
        if self._all_cut and not self._jobs:
            return False
        running_ns = studio.clock.monotonic_ns() - self._head_since_ns if self._jobs else 0
        graph = studio.renderer.graph
        new_frames = self._jobs[0].window.new_frames if self._jobs else graph.window_frames - graph.overlap_frames
        return comes_late(new_frames, pace=studio.paces.step, running_ns=running_ns, ready_frames=feed.ready_frames)

    def _left_frames(self) -> list[int] | None:
        """New frames of the windows not rendered yet that decide the start; None while the length is not known."""
        step = self._studio.renderer.graph.window_frames - self._studio.renderer.graph.overlap_frames
        if self._all_cut:
            return [job.window.new_frames for job in self._jobs]
        if self._studio.paces.step.keeps_up:
            return [step]
        if not self._speech.complete:
            return None
        rendered = self._feed.cursor_frame + self._feed.ready_frames
        return list(split_windows(max(0, self._closing_frame() - rendered), window_step=step))

    def _has_room(self) -> bool:
        ahead = self._feed.ready_windows + len(self._jobs)
        return ahead < KEPT_WINDOWS or not self._studio.paces.step.keeps_up

    def _closing_frame(self) -> int:
        idle, feed = self._studio.idle, self._feed
        return frames_to_close(
            self._material.frames_to_say,
            start_frame=feed.start_frame,
            entry_frame=feed.entry_frame,
            loop_frames=idle.frames,
            entry_points=idle.entry_points,
            tail_frames=TAIL_FRAMES,
        )

    def _queue(self, window: AudioWindow | None) -> None:
        if self._speech.complete and self._feed.end_frame is None:
            self._feed.end_frame = self._closing_frame()
        end = self._feed.end_frame
        if window is None or (end is not None and window.start_frame >= end):
            self._all_cut = True
            return
        self._jobs.append(self._submit(window))
        self._next_index = window.index + 1

    def _closing(self, window: AudioWindow) -> _Closing:
        """Return where the turn ends in this window, for graphs that do not end on the loop by themselves."""
        feed, idle = self._feed, self._studio.idle
        end = feed.end_frame
        ends_here = end is not None and window.start_frame < end <= window.start_frame + window.new_frames
        if end is None or not ends_here or self._studio.renderer.graph.any_length:
            return {}
        exit_frame = (feed.entry_frame + end - feed.start_frame) % idle.frames
        return {"closing_frames": end - window.start_frame, "closing_state": idle.state_name(exit_frame)}

    def _submit(self, window: AudioWindow) -> _Job:
        studio, names = self._studio, self._names
        first_tick = (window.start_frame - window.overlap_frames) * FRAME_TICKS
        until_tick = first_tick + len(window.pcm_s16le) // 2 * 3
        request = build_request(
            window,
            names=names,
            graph=studio.renderer.graph,
            idle=studio.idle,
            events=self._speech.recent_events(first_tick - window.context_samples * 3, until_tick),
            attempt=self._tries.next_attempt(window.index),
            seed=studio.seed,
            image=studio.image,
            state_in=self._next_state,
            **self._closing(window),
        )
        self._next_state = request.state_out

        async def render() -> Rendered:
            prompt_id = names.prompt_id(window.index, request.attempt)
            self._material.stages.reach("prompt")
            return await studio.renderer.render(request, prompt_id=prompt_id, pcm_s16le=window.pcm_s16le)

        if not self._jobs:
            self._head_since_ns = studio.clock.monotonic_ns()
        end_tick = (window.start_frame + window.new_frames) * FRAME_TICKS
        pauses = tuple(self._speech.word_starts(window.start_frame * FRAME_TICKS, end_tick))
        return _Job(window=window, task=asyncio.ensure_future(render()), pauses_ticks=pauses)

    async def _finish_head(self) -> None:
        job = self._jobs[0]
        try:
            rendered = job.task.result()
        except Exception as exc:
            await self._retry(job, exc)
            return
        self._jobs.popleft()
        self._head_since_ns = self._studio.clock.monotonic_ns()
        self._add(job, rendered)

    async def _retry(self, job: _Job, exc: Exception) -> None:
        """Send the window again, and those behind it after it: their state came from it. Raises: `exc`."""
        index = job.window.index
        failed = self._tries.failed.get(index, 0) + 1
        self._tries.failed[index] = failed
        state_in = self._studio.idle.state_name(self._feed.entry_frame)
        if job.window.start_frame > self._feed.start_frame:
            state_in = self._names.state(index - 1)
        await self._cancel_jobs()
        if not getattr(exc, "retryable", False) or failed > 1:
            raise exc
        self._studio.counters.windows_retried += 1
        self._studio.meter.error(getattr(exc, "code", "runner.failed"))
        self._next_state = state_in
        self._all_cut = False
        self._jobs.append(self._submit(job.window))
        self._next_index = index + 1

    def _add(self, job: _Job, rendered: Rendered) -> None:
        studio, feed, window = self._studio, self._feed, job.window
        try:
            units = fit_units(rendered.media, name=rendered.clip.name, idle=studio.idle, new_frames=window.new_frames)
        except MediaParameters:
            studio.counters.media_parameters += 1
            raise
        studio.counters.windows_rendered += 1
        studio.paces.measured(
            new_frames=window.new_frames, render_ns=rendered.render_ns, first=window.start_frame == feed.start_frame
        )
        playing_ns = ticks_to_ns(frames_to_ticks(window.new_frames))
        studio.meter.window(render_ns=rendered.render_ns, playing_ns=playing_ns)
        if rendered.colour_drift is not None:
            studio.meter.colour_drift(rendered.colour_drift)
        feed.add(
            ReadyWindow(
                index=window.index,
                start_frame=window.start_frame,
                frames=window.new_frames,
                clip=rendered.clip,
                units=units if feed.ready_windows < LOADED_WINDOWS else None,
                pauses_ticks=job.pauses_ticks,
            )
        )
        self._windows.forget_before(window.index)
        # What is not published yet may have to be rendered again for a next span.
        self._tries.forget_before(feed.next_index)
        # State k-1 is needed until k+1 is finished: a retry of k+1 starts from k.
        if window.start_frame > feed.start_frame and window.index >= 2:
            (studio.data / self._names.state(window.index - 2)).unlink(missing_ok=True)
        self._material.stages.reach("clip")
        self._on_rendered()

    async def _cancel_jobs(self) -> None:
        """Cancel by id what is under way: the pending ones first, so that none starts meanwhile."""
        jobs = [self._jobs.pop() for _ in range(len(self._jobs))]
        for job in jobs:
            job.task.cancel()
        if jobs:
            await asyncio.gather(*(job.task for job in jobs), return_exceptions=True)
