"""The rendering of a job: where it stands, its windows from there on, and what is told of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from runner.batch.batch import Listener
from runner.batch.progress import NodeProgress
from runner.engine.window_renderer import RenderedWindow, WindowRenderer
from runner.errors import EngineError
from runner.jobs.bound import BoundJob
from runner.jobs.names import JobNames
from runner.jobs.order import JobOrder
from runner.jobs.pace import Pace
from runner.jobs.record import JobRecord
from runner.jobs.speech import HeardWindow, JobSpeech
from runner.jobs.standing import back_to_a_state, whole_windows
from runner.jobs.window_run import WindowRun
from runner.ports import Clock, Engine, PromptProgress

STATE_MISSING = "state.missing"


class Rendering:
    """Renders the windows that a job lacks; `render_ns` is what they took on the engine."""

    def __init__(
        self,
        order: JobOrder,
        bound: BoundJob,
        engine: Engine,
        names: JobNames,
        record: JobRecord,
        *,
        data: Path,
        clock: Clock,
        listener: Listener,
    ) -> None:
        self._order, self._bound, self._engine, self._names = order, bound, engine, names
        self._record, self._data, self._clock, self._listener = record, data, clock, listener
        self._speech = JobSpeech(data / names.folder, record, bound.live)
        self._pace = Pace(clock, frames=record.frames, done_frames=0)
        self._steps: dict[int, NodeProgress] = {}
        self.windows = self._speech.windows
        self.render_ns = 0

    async def render(self) -> None:
        """Render until all windows are whole. Raises: EngineError, BadInput."""
        first = await asyncio.to_thread(whole_windows, self._data, self._names, self._bound.live, windows=self.windows)
        if first < self.windows and not self._order.words.place:
            first = await asyncio.to_thread(back_to_a_state, self._data, self._names, first)
        try:
            await self._render_from(first)
        except EngineError as exc:
            if exc.code != STATE_MISSING or not first:
                raise
            # The engine elsewhere has lost what it kept: nothing else can be gone on from.
            self._listener({"event": "lost", "message": str(exc)}, f"{exc}; the job begins anew")
            await self._render_from(0)

    async def _render_from(self, first: int) -> None:
        step = self._bound.live.window_frames - self._bound.live.overlap_frames
        self._pace = Pace(self._clock, frames=self._record.frames, done_frames=first * step)
        told = {"event": "job", "job": self._names.turn, "next": first, "windows": self.windows}
        self._listener(told, self._beginning(first))
        if first == self.windows:
            return
        renderer = WindowRenderer(
            self._engine,
            self._bound.live,
            self._data,
            silence_timeout_ns=self._order.silence_ns,
            unseen_timeout_ns=self._order.silence_ns,
        )
        run = WindowRun(
            renderer,
            self._names,
            data=self._data,
            image=self._bound.image,
            keep=self._order.keep,
            on_rendered=self._rendered,
            on_progress=self._progressed,
            on_retry=self._failed,
        )
        await run.render_all(self._speech.windows_from(first))

    def _beginning(self, first: int) -> str:
        if first == self.windows:
            return f"All {self.windows} windows are there"
        if first:
            return f"Going on at window {first + 1} of {self.windows}"
        return f"{self.windows} window{'s' * (self.windows != 1)}"

    def _rendered(self, heard: HeardWindow, rendered: RenderedWindow) -> None:
        window = heard.window
        self._steps.pop(window.index, None)
        self._pace.add(window.new_frames)
        self.render_ns += rendered.render_ns
        told = {
            "event": "window",
            "index": window.index,
            "of": self.windows,
            "frames": window.new_frames,
            "render_ns": rendered.render_ns,
            "rtf": round(self._pace.rtf or 0.0, 3),
            "left_s": self._pace.left_s,
        }
        self._listener(told, self._line(window.index))

    def _progressed(self, index: int, progress: PromptProgress) -> None:
        steps = self._steps.setdefault(index, NodeProgress(self._bound.live.graph))
        self._listener({**steps.event(progress), "window": index}, f"{self._line(index)}; {steps.line(progress)}")

    def _failed(self, index: int, exc: Exception) -> None:
        self._steps.clear()
        self._listener(
            {"event": "retry", "window": index, "message": str(exc)}, f"{exc}; window {index + 1} is tried again"
        )

    def _line(self, index: int) -> str:
        return f"Window {index + 1} of {self.windows}: {self._pace.line()}"
