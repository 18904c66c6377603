"""The adapter of `runner.ports.Engine` on ComfyUI: a child of ours that is restarted, or any server by URL.

Long, because start, loss and restart decide together what becomes of the prompts that are held.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from runner.errors import (
    ComfyLost,
    ComfyUnreachable,
    EngineError,
    PackMissing,
    PromptCancelled,
    RunnerError,
)
from runner.ports import EngineMemory, EngineStatus, PromptJob, PromptProgress, PromptResult

from .comfy_client import ComfyClient
from .comfy_http import ComfyHttp
from .comfy_process import ComfyPlace, ComfyProcess
from .file_copy import copy_whole
from .messages import CancelAnswered, EngineGone, Message, PromptEnded

PACK_NODE = "OnAirWindow"
RSS_EVERY_NS = 2_000_000_000
URL_RETRY_S = 2.0
URL_PATIENCE_S = 120.0  # its owner may be restarting it, and its models load then
UPLOADS_KEPT = 64  # a window's own files are never sent again; its picture is, with every window
T = TypeVar("T")

log = logging.getLogger(__name__)


class ComfyEngine:
    """One ComfyUI. `place` makes it a supervised child with shared folders, `url` a server that is only talked to.

    What ComfyUI held when it was lost ends with ComfyLost or ComfySilent (both retryable); prompts that are given
    while it restarts wait for it, and end with ComfyUnreachable when a start fails.
    """

    def __init__(
        self,
        *,
        place: ComfyPlace | None = None,
        url: str | None = None,
        needs_pack: bool = True,
        via: str | None = None,
        patience_s: float = URL_PATIENCE_S,
    ) -> None:
        """Take exactly one of `place` and `url`.

        `via`: another address for the child's client (tests). `patience_s`: how long prompts wait for a server by URL
        that went away, before they end with ComfyUnreachable.
        """
        if (place is None) == (url is None):
            raise EngineError("an engine is either a child (place) or a server (url)")
        self.process = ComfyProcess(place) if place is not None else None
        self._data = place.data if place is not None else None
        self._url = (url or "").rstrip("/")
        self._via = via
        self._patience_s = patience_s
        self._needs_pack = needs_pack
        self._client: ComfyClient | None = None
        self._info: dict[str, Any] | None = None
        self._futures: dict[str, asyncio.Future[PromptResult]] = {}
        self._jobs: dict[str, PromptJob] = {}
        self._progress: dict[str, Callable[[PromptProgress], None]] = {}
        self._backlog: list[PromptJob] = []
        self._tickets: dict[int, asyncio.Future[bool]] = {}
        self._ticket = itertools.count()
        self._reason = "not started"
        self._reviver: asyncio.Task[None] | None = None
        self._closed = False
        self._uploaded: dict[str, tuple[int, int]] = {}
        self._rss = (0, 0)

    @property
    def url(self) -> str:
        """The address the client talks to."""
        return self._via or (self.process.url if self.process is not None else self._url)

    async def start(self) -> None:
        """Return when prompts are taken. Raises: ComfyUnreachable, PortTaken, PackMissing."""
        if self._client is not None:
            return
        if self.process is not None:
            await asyncio.to_thread(self.process.start)
        try:
            await self._check_pack()
        except BaseException:
            if self.process is not None:
                await asyncio.shield(asyncio.to_thread(self.process.close))
            raise
        self._open()

    async def object_info(self) -> dict[str, Any]:
        """Return the node definitions; asked once per start of ComfyUI. Raises: ComfyUnreachable."""
        if self._info is None:
            self._info = await self._http(lambda http: http.object_info())
        return self._info

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        """See `runner.ports.Engine.run`."""
        if self._closed:
            raise ComfyUnreachable("the engine is closed")
        if job.prompt_id in self._futures:
            raise EngineError(f"the prompt {job.prompt_id} is already under way; an attempt has an id of its own")
        future: asyncio.Future[PromptResult] = asyncio.get_running_loop().create_future()
        self._futures[job.prompt_id] = future
        self._jobs[job.prompt_id] = job
        if on_progress is not None:
            self._progress[job.prompt_id] = on_progress
        if self._client is not None:
            self._client.submit(job)
        else:
            self._backlog.append(job)
        try:
            return await future
        except asyncio.CancelledError:
            self._drop(job.prompt_id)
            raise
        finally:
            self._futures.pop(job.prompt_id, None)
            self._jobs.pop(job.prompt_id, None)
            self._progress.pop(job.prompt_id, None)

    async def cancel(self, prompt_id: str) -> bool:
        """See `runner.ports.Engine.cancel`."""
        waiting = [job for job in self._backlog if job.prompt_id == prompt_id]
        if waiting:
            self._backlog.remove(waiting[0])
            self._settle(prompt_id, error=PromptCancelled("the prompt was cancelled"))
            return True
        if self._client is None or prompt_id not in self._futures:
            return False
        ticket = next(self._ticket)
        answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._tickets[ticket] = answer
        self._client.cancel(prompt_id, ticket)
        try:
            return await answer
        finally:
            self._tickets.pop(ticket, None)

    async def put(self, name: str, source: Path) -> None:
        """Make `source` readable to graphs as `onair/<name>`: copied into the data folder, or uploaded."""
        if self._data is None:
            await self._upload(name, source)
        else:
            await asyncio.to_thread(copy_whole, source, self._data / name)

    async def fetch(self, name: str, target: Path) -> None:
        """Bring the output `onair/<name>` to `target`. Raises: EngineError when there is none."""
        if self._data is None:
            await self._patiently(lambda http: http.download(f"onair/{name}", target))
        else:
            await asyncio.to_thread(copy_whole, self._data / name, target)

    def status(self) -> EngineStatus:
        """Return the engine's health; memory is read at most every two seconds."""
        now, process = time.monotonic_ns(), self.process
        if process is None:
            return EngineStatus(up=self._client is not None, reason=self._reason)
        if now - self._rss[0] > RSS_EVERY_NS:
            self._rss = (now, process.rss_bytes())
        return EngineStatus(
            up=self._client is not None,
            reason=self._reason,
            restarts=process.restarts,
            pid=process.pid,
            rss_bytes=self._rss[1],
        )

    async def memory(self) -> EngineMemory:
        """See `runner.ports.Engine.memory`."""
        rss_bytes = await asyncio.to_thread(self.process.rss_bytes) if self.process is not None else 0
        return EngineMemory(rss_bytes=rss_bytes, vram_bytes=await self._http(lambda http: http.vram_bytes()))

    async def recycle(self) -> bool:
        """See `runner.ports.Engine.recycle`."""
        client = self._client
        if self.process is None or client is None or self._futures or self._closed:
            return False
        self._client, self._reason = None, "ComfyUI is started anew to free memory"
        self._reviver = asyncio.get_running_loop().create_task(self._revive(client))
        await asyncio.shield(self._reviver)
        return not self._closed

    async def close(self) -> None:
        """End the client, then the child with its group; prompts under way end with ComfyLost."""
        self._closed = True
        client, self._client = self._client, None
        self._reason = "closed"
        self._fail_all(ComfyLost("the engine was closed"))
        if client is not None:
            await asyncio.to_thread(client.close)
        if self.process is not None:
            await asyncio.to_thread(self.process.close)
        if self._reviver is not None:
            if self.process is None:
                self._reviver.cancel()
            # A restart on its worker thread sees that the process is closed and ends what it started.
            with contextlib.suppress(asyncio.CancelledError):
                await self._reviver

    async def _check_pack(self) -> None:
        self._info = None
        info = await self.object_info()
        if self._needs_pack and PACK_NODE not in info:
            raise PackMissing(
                f"the ComfyUI at {self.url} does not have the OnAir nodes: install the OnAir pack there "
                "(ComfyUI Manager, or clone this repository into its custom_nodes folder) and restart it"
            )

    def _open(self) -> None:
        """Connect a new client and hand it what waited, in order."""
        loop = asyncio.get_running_loop()
        alive = self.process.alive if self.process is not None else None

        def sink(message: Message) -> None:
            # A loop that is closed has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._receive, client, message)

        client = ComfyClient(self.url, sink, alive=alive, work=self.process.work if self.process is not None else None)
        client.start()
        self._client, self._reason = client, ""
        backlog, self._backlog = self._backlog, []
        for job in backlog:
            client.submit(job)

    def _receive(self, client: ComfyClient, message: Message) -> None:
        if client is not self._client:
            return
        if isinstance(message, PromptEnded):
            self._settle(message.prompt_id, result=message.result, error=message.error)
        elif isinstance(message, PromptProgress):
            listener = self._progress.get(message.prompt_id)
            if listener is not None:
                listener(message)
        elif isinstance(message, CancelAnswered):
            ticket = self._tickets.get(message.ticket)
            if ticket is not None and not ticket.done():
                ticket.set_result(message.cancelled)
        elif isinstance(message, EngineGone):
            self._lose(message)

    def _lose(self, gone: EngineGone) -> None:
        self._uploaded.clear()  # its folders may be others when it comes back
        client, self._client = self._client, None
        self._reason = gone.reason
        for ended in gone.ended:
            self._settle(ended.prompt_id, error=ended.error)
        # What was given to the client too late was never sent: it waits for the restart.
        self._backlog = [job for job in self._jobs.values() if not self._futures[job.prompt_id].done()]
        self._fail_tickets()
        if not self._closed:
            log.warning("the engine was lost and is brought back", extra={"reason": gone.reason})
            self._reviver = asyncio.get_running_loop().create_task(self._revive(client, hung=gone.hung))

    async def _revive(self, client: ComfyClient | None, *, hung: bool = False) -> None:
        """Bring ComfyUI back, for as long as it takes; what waits hears of a failed start, or when patience ends."""
        if hung and self.process is not None:
            # It would not hear a SIGINT, and the wait for that is seconds of idle. Its sockets close at once, too.
            await asyncio.to_thread(self.process.kill)
        if client is not None:
            await asyncio.to_thread(client.close)
        lost_ns = time.monotonic_ns()
        while not self._closed:
            try:
                if self.process is not None:
                    await asyncio.to_thread(self.process.restart)
                await self._check_pack()
                self._open()
                log.info("the engine takes prompts again", extra={"url": self.url})
                return
            except RunnerError as exc:
                if not self._closed and self._reason != str(exc):
                    log.warning("the engine could not be brought back", extra={"reason": str(exc)})
                self._reason = str(exc)
                away_s = (time.monotonic_ns() - lost_ns) / 1e9
                if self.process is not None or away_s >= self._patience_s or isinstance(exc, PackMissing):
                    self._fail_all(exc if isinstance(exc, PackMissing) else ComfyUnreachable(self._reason))
                if self.process is None:
                    await asyncio.sleep(URL_RETRY_S)

    def _settle(self, prompt_id: str, *, result: PromptResult | None = None, error: RunnerError | None = None) -> None:
        future = self._futures.get(prompt_id)
        if future is None or future.done():
            return
        if result is not None:
            future.set_result(result)
        else:
            future.set_exception(error or ComfyLost("the prompt ended without a result"))

    def _fail_all(self, error: RunnerError) -> None:
        self._backlog.clear()
        for prompt_id in list(self._futures):
            self._settle(prompt_id, error=type(error)(str(error)))
        self._fail_tickets()

    def _fail_tickets(self) -> None:
        for ticket in self._tickets.values():
            if not ticket.done():
                ticket.set_result(False)

    def _drop(self, prompt_id: str) -> None:
        """Cancel for a caller that went away, without waiting for the answer."""
        self._backlog = [job for job in self._backlog if job.prompt_id != prompt_id]
        if self._client is not None:
            self._client.cancel(prompt_id, -1)

    async def _upload(self, name: str, source: Path) -> None:
        """Send a file once: ComfyUI overwrites in place, and a picture that comes again is read half-written."""
        mark = _mark(source)
        if self._uploaded.pop(name, None) != mark:
            await self._patiently(lambda http: http.upload(f"onair/{name}", source))
        self._uploaded[name] = mark  # as the latest
        while len(self._uploaded) > UPLOADS_KEPT:
            del self._uploaded[next(iter(self._uploaded))]

    async def _patiently(self, call: Callable[[ComfyHttp], T]) -> T:
        """As `_http`, but a server that went away is waited for, as prompts wait for it."""
        begun_ns = time.monotonic_ns()
        while True:
            try:
                return await self._http(call)
            except ComfyUnreachable as exc:
                if self._closed or (time.monotonic_ns() - begun_ns) / 1e9 >= self._patience_s:
                    raise
                if self._reason != str(exc):
                    self._reason = str(exc)
                    log.warning("ComfyUI went away and is waited for", extra={"reason": self._reason})
                await asyncio.sleep(URL_RETRY_S)

    async def _http(self, call: Callable[[ComfyHttp], T]) -> T:
        """Run one blocking call on a worker thread with a session of its own."""

        def work() -> T:
            http = ComfyHttp(self.url)
            try:
                return call(http)
            finally:
                http.close()

        return await asyncio.to_thread(work)


def _mark(path: Path) -> tuple[int, int]:
    """Return what changes when a file does."""
    told = path.stat()
    return told.st_size, told.st_mtime_ns
