"""SimulatedEngine: the port's fake. It renders nothing, but takes the time of any machine and fails on demand.

It knows the graphs that go on air (Window with Segment or Idle) and writes what the real nodes write: a clip of the
one H.264 recipe, a state, a sidecar; and `SimulatedWork`, a node that only takes time.

Long, because the line of prompts, what fails on purpose and what time passes are one machine.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from custom_nodes.hls_segment.errors import SegmentError
from custom_nodes.hls_segment.request import WindowRequest
from hls.errors import HlsError
from hls.ticks import NS_PER_SECOND
from runner.errors import (
    ComfyLost,
    ComfyUnreachable,
    EngineError,
    PromptCancelled,
    PromptFailed,
    PromptRejected,
    RunnerError,
)
from runner.ports import Clock, EngineMemory, EngineStatus, OutputFile, PromptJob, PromptProgress, PromptResult

from .api_graph import of_class
from .cut_graph import SEGMENT, WINDOW
from .failure import prompt_failed
from .files import add_file, copy_file
from .idle_renderer import IDLE
from .simulated_clips import Work, read_work
from .simulated_nodes import OBJECT_INFO, WORK

START_NS = 6 * NS_PER_SECOND  # what ComfyUI takes


@dataclass(slots=True, eq=False)
class _Entry:
    job: PromptJob
    future: asyncio.Future[PromptResult]
    on_progress: Callable[[PromptProgress], None] | None


class SimulatedEngine:
    """One prompt at a time, in the order of the calls; times from `clock` only, chance from `seed` only.

    `rtf`: seconds of rendering per second of video; `spread`: its relative deviation (0.2 = +-20 %, uniform);
    `failure_rate`: share of prompts that fail with `prompt.failed`. `loop`: an MP4 whose frames the windows show
    (its size and recipe); without one a drawn pattern. `data`: the data folder that names are relative to.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        data: Path,
        rtf: float = 0.1,
        spread: float = 0.0,
        failure_rate: float = 0.0,
        seed: int = 0,
        loop: Path | None = None,
        object_info: dict[str, Any] | None = None,
    ) -> None:
        """Take every figure as data; `object_info` replaces the built-in definitions."""
        self.rtf, self.spread, self.failure_rate = rtf, spread, failure_rate
        self.prompts: list[str] = []
        self._clock = clock
        self._data = data
        self._chance = random.Random(seed)
        self._loop = loop
        self._info = object_info if object_info is not None else OBJECT_INFO
        self._line: deque[_Entry] = deque()
        self._running: _Entry | None = None
        self._stop = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None
        self._failures: deque[RunnerError] = deque()
        self.rss_bytes, self.leak_bytes = 1_000_000_000, 0
        self._prompts_before = 0
        self._started = False
        self._up = False
        self._closed = False
        self._restarts = 0

    async def start(self) -> None:
        """Take prompts from now on."""
        self._started = self._up = True

    async def object_info(self) -> dict[str, Any]:
        """Return the definitions of the nodes it knows."""
        return self._info

    async def free_vram_bytes(self) -> int:
        """Return 0: it has no GPU."""
        return 0

    def fail_next(self, code: str = "prompt.failed", sentence: str = "it was told to fail") -> None:
        """Let the next prompt that runs fail as a node with `[code] sentence` would. Calls add up."""
        self._failures.append(
            prompt_failed(message=f"[{code}] {sentence}") if code != "prompt.failed" else PromptFailed(sentence)
        )

    def lose_next(self) -> None:
        """Let the engine be lost half-way through the next prompt; the one after runs again."""
        self._failures.append(ComfyLost("the simulated engine was lost while it held the prompt"))

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        """See `runner.ports.Engine.run`."""
        if not self._started or self._closed:
            raise ComfyUnreachable("the simulated engine is not running")
        if any(entry.job.prompt_id == job.prompt_id for entry in self._entries()):
            raise EngineError(f"the prompt {job.prompt_id} is already under way; an attempt has an id of its own")
        self._validate(job)
        entry = _Entry(job=job, future=asyncio.get_running_loop().create_future(), on_progress=on_progress)
        self._line.append(entry)
        self._wake()
        try:
            return await entry.future
        except asyncio.CancelledError:
            self._cancel(entry)
            raise

    async def cancel(self, prompt_id: str) -> bool:
        """See `runner.ports.Engine.cancel`."""
        for entry in self._entries():
            if entry.job.prompt_id == prompt_id and not entry.future.done():
                self._cancel(entry)
                return True
        return False

    async def put(self, name: str, source: Path) -> None:
        """Copy into the data folder; nothing to do for a file of it."""
        copy_file(source, self._data / name)

    async def fetch(self, name: str, target: Path) -> None:
        """Copy out of the data folder. Raises: EngineError when there is no such output."""
        copy_file(self._data / name, target)

    def leftovers(self, request: WindowRequest, request_path: str) -> tuple[str, ...]:
        """See `runner.ports.Engine.leftovers`."""
        return ()

    def done_with(self, request: WindowRequest, request_path: str, *, was_here: bool) -> None:
        """See `runner.ports.Engine.done_with`; the folder is shared."""

    async def put_input(self, source: Path) -> str:
        """See `runner.ports.Engine.put_input`; the folder is `input` in the data folder."""
        return add_file(self._data / "input", source)

    async def fetch_output(self, file: OutputFile, target: Path) -> int:
        """See `runner.ports.Engine.fetch_output`; the folders lie in the data folder."""
        return _copied_bytes(self._data / file.kind / file.subfolder / file.name, target)

    def status(self) -> EngineStatus:
        """Return the health."""
        return EngineStatus(up=self._up, reason="" if self._up else "not running", restarts=self._restarts)

    async def memory(self) -> EngineMemory:
        """Return `rss_bytes`, and `leak_bytes` more for every prompt since the last start."""
        return EngineMemory(rss_bytes=self.rss_bytes + self.leak_bytes * (len(self.prompts) - self._prompts_before))

    async def recycle(self) -> bool:
        """See `runner.ports.Engine.recycle`; the new start takes `START_NS`."""
        if self._closed or not self._up or self._entries():
            return False
        self._up, self._restarts, self._prompts_before = False, self._restarts + 1, len(self.prompts)
        await self._clock.sleep_until_ns(self._clock.monotonic_ns() + START_NS)
        self._up = not self._closed
        self._wake()
        return self._up

    async def close(self) -> None:
        """End; prompts under way end with ComfyLost."""
        self._up, self._closed = False, True
        for entry in list(self._entries()):
            _settle(entry, error=ComfyLost("the engine was closed"))
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    def _wake(self) -> None:
        if self._up and self._line and (self._worker is None or self._worker.done()):
            self._worker = asyncio.get_running_loop().create_task(self._work())

    def _entries(self) -> list[_Entry]:
        return ([self._running] if self._running is not None else []) + list(self._line)

    def _cancel(self, entry: _Entry) -> None:
        if entry is self._running:
            self._stop.set()
        elif entry in self._line:
            self._line.remove(entry)
        _settle(entry, error=PromptCancelled("the prompt was cancelled"))

    def _validate(self, job: PromptJob) -> None:
        kinds = {str(node.get("class_type")) for node in job.graph.values()}
        unknown = sorted(kinds - set(self._info))
        if unknown:
            raise PromptRejected(f"ComfyUI refused the prompt: Node {unknown[0]!r} not found")
        if not any(of_class(job.graph, kind) for kind in (SEGMENT, IDLE, WORK)):
            raise PromptRejected("ComfyUI refused the prompt: Prompt has no outputs")

    async def _work(self) -> None:
        while self._line:
            entry = self._running = self._line.popleft()
            self._stop.clear()
            self.prompts.append(entry.job.prompt_id)
            try:
                _settle(entry, result=await self._render(entry))
            except RunnerError as exc:
                _settle(entry, error=exc)
                if isinstance(exc, ComfyLost):
                    self._lose()
            finally:
                self._running = None

    async def _render(self, entry: _Entry) -> PromptResult:
        failure = self._failures.popleft() if self._failures else None
        if failure is None and self._chance.random() < self.failure_rate:
            failure = PromptFailed("the simulated node failed by chance")
        work = self._read(entry.job)
        factor = 1 + self.spread * (2 * self._chance.random() - 1)
        took_ns = work.fixed_ns if work.fixed_ns is not None else int(work.video_ns * self.rtf * factor)
        if failure is not None:
            await self._pass(took_ns // 2)
            raise failure
        if entry.on_progress is not None:
            entry.on_progress(PromptProgress(prompt_id=entry.job.prompt_id, node=work.node, value=0, maximum=0))
        for step in range(1, work.steps + 1):
            await self._pass(took_ns * step // work.steps - took_ns * (step - 1) // work.steps)
            if entry.on_progress is not None and not entry.future.done():
                entry.on_progress(
                    PromptProgress(prompt_id=entry.job.prompt_id, node=work.node, value=step, maximum=work.steps)
                )
        try:
            outputs = work.finish(took_ns)
        except (SegmentError, HlsError) as exc:
            raise prompt_failed(message=_coded(exc), node=work.node) from exc
        return PromptResult(
            prompt_id=entry.job.prompt_id,
            outputs={work.node: outputs},
            executed_nodes=tuple(entry.job.graph),
            render_ns=took_ns,
        )

    def _read(self, job: PromptJob) -> Work:
        try:
            return read_work(job.graph, self._data, self._loop)
        except (SegmentError, HlsError) as exc:
            raise prompt_failed(message=_coded(exc), node=WINDOW) from exc

    async def _pass(self, duration_ns: int) -> None:
        """Let time pass; a cancel ends it at once, as nodes that look for the interrupt do. Raises: PromptCancelled."""
        sleeping = asyncio.ensure_future(self._clock.sleep_until_ns(self._clock.monotonic_ns() + duration_ns))
        stopped = asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait({sleeping, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            stopped.cancel()
        if self._stop.is_set():
            raise PromptCancelled("the prompt was cancelled")

    def _lose(self) -> None:
        """Everything that the engine held is gone; it is up again at once."""
        self._restarts += 1
        for entry in itertools.chain(self._line):
            _settle(entry, error=ComfyLost("the simulated engine was lost while it held the prompt"))
        self._line.clear()


def _copied_bytes(source: Path, target: Path) -> int:
    copy_file(source, target)
    return target.stat().st_size


def _settle(entry: _Entry, *, result: PromptResult | None = None, error: RunnerError | None = None) -> None:
    if entry.future.done():
        return
    if result is not None:
        entry.future.set_result(result)
    elif error is not None:
        entry.future.set_exception(error)


def _coded(error: Exception) -> str:
    text = str(error)
    return text if text.startswith("[") else f"[{getattr(error, 'code', 'prompt.failed')}] {text}"
