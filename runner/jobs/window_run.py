"""WindowRun: the windows of a job through the engine, in order, the next one queued while one renders."""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custom_nodes.hls_segment.request import WindowRequest
from custom_nodes.rolling_wav.sound import to_wav
from runner.batch.cancelling import cancel_all
from runner.engine.files import write_file
from runner.engine.window_renderer import RenderedWindow, WindowRenderer, request_name
from runner.jobs.names import JobNames
from runner.jobs.speech import HeardWindow
from runner.jobs.standing import refuse_foreign_state
from runner.ports import PromptProgress

AHEAD = 2
"""One renders and one waits in ComfyUI's queue: what it starts from is a name that exists by then."""
TRIES = 3
"""A ComfyUI that ends three times with the same window does so because of it."""
Rendered = Callable[[HeardWindow, RenderedWindow], None]
Progressed = Callable[[int, PromptProgress], None]
Failed = Callable[[int, Exception], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    heard: HeardWindow
    prompt_id: str
    task: asyncio.Task[RenderedWindow]


class WindowRun:
    """One pass over windows that are not rendered yet. `image`: the picture's name below `onair/`, "" = the graph's."""

    def __init__(
        self,
        renderer: WindowRenderer,
        names: JobNames,
        *,
        data: Path,
        image: str,
        keep: bool,
        on_rendered: Rendered,
        on_progress: Progressed,
        on_retry: Failed,
    ) -> None:
        self._renderer, self._names, self._data = renderer, names, data
        self._image, self._keep = image, keep
        self._on_rendered, self._on_progress, self._on_retry = on_rendered, on_progress, on_retry
        self._jobs: deque[_Job] = deque()
        self._failed: dict[int, int] = {}

    async def render_all(self, windows: Iterator[HeardWindow]) -> None:
        """Render them all. Cancelling it cancels its own prompts, by id. Raises: EngineError, BadInput."""
        left = True
        try:
            while left or self._jobs:
                while left and len(self._jobs) < AHEAD:
                    heard = await asyncio.to_thread(next, windows, None)
                    left = heard is not None
                    if heard is not None:
                        self._jobs.append(await self._submit(heard))
                if self._jobs:
                    await self._finish_head()
        finally:
            await self._drop()

    async def _submit(self, heard: HeardWindow) -> _Job:
        request = self._request(heard)
        if not self._jobs:  # the state of a window that is under way is only made
            await asyncio.to_thread(refuse_foreign_state, self._data, request)
        if heard.pcm_2:
            await asyncio.to_thread(write_file, self._data / request.audio_2, to_wav(heard.pcm_2))
        prompt_id = str(uuid.uuid4())
        rendering = self._renderer.render(
            request,
            prompt_id=prompt_id,
            pcm_s16le=heard.window.pcm_s16le,
            on_progress=lambda told: self._on_progress(heard.window.index, told),
        )
        return _Job(heard=heard, prompt_id=prompt_id, task=asyncio.create_task(rendering))

    def _request(self, heard: HeardWindow) -> WindowRequest:
        graph, window, names = self._renderer.graph, heard.window, self._names
        return WindowRequest(
            workflow_sha256=graph.workflow_sha256,
            channel=names.channel,
            turn=names.turn,
            index=window.index,
            attempt=self._failed.get(window.index, 0),
            start_frame=window.start_frame,
            new_frames=window.new_frames,
            overlap_frames=window.overlap_frames,
            context_samples=window.context_samples,
            fps=graph.fps,
            width=graph.width,
            height=graph.height,
            seed=graph.seed,
            loop_frames=0,
            audio=names.wav(window.index),
            audio_2=names.wav_2(window.index) if heard.pcm_2 else "",
            image=self._image,
            state_in=names.state(window.index - 1) if window.index else "",
            clip_out=names.clip(window.index),
            state_out=names.state(window.index),
            events=heard.events,
        )

    async def _finish_head(self) -> None:
        head = self._jobs[0]
        try:
            rendered = await asyncio.shield(head.task)
        except Exception as exc:
            await self._again(exc)
            return
        self._jobs.popleft()
        index = head.heard.window.index
        self._failed.pop(index, None)
        await asyncio.to_thread(self._clear, index)
        self._on_rendered(head.heard, rendered)

    async def _again(self, exc: Exception) -> None:
        """Send the head again, and what waits behind it after it: its state comes from it. Raises: `exc`."""
        waiting = [job.heard for job in self._jobs]
        index = waiting[0].window.index
        await self._drop()
        self._failed[index] = self._failed.get(index, 0) + 1
        if not getattr(exc, "retryable", False) or self._failed[index] >= TRIES:
            raise exc
        self._on_retry(index, exc)
        for heard in waiting:
            self._jobs.append(await self._submit(heard))

    async def _drop(self) -> None:
        jobs, self._jobs = list(self._jobs), deque()
        under_way: list[tuple[str, asyncio.Future[Any]]] = [(job.prompt_id, job.task) for job in jobs]
        await cancel_all(under_way, self._renderer.engine)

    def _clear(self, index: int) -> None:
        """Remove what window `index` has done with: its sound and request, and the state before the last one.

        State k is what window k+1 starts from, also when that is rendered again; older ones serve nobody.
        """
        if index >= 2:
            (self._data / self._names.state(index - 2)).unlink(missing_ok=True)
        if not self._keep:
            for name in (self._names.wav(index), self._names.wav_2(index), request_name(self._names.clip(index))):
                (self._data / name).unlink(missing_ok=True)
