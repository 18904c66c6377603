"""The adapter of `runner.ports.Engine` on ComfyUI: a child of ours that is restarted, or any server by URL.

Long, because start, loss, restart and a new start to free memory decide together what becomes of the prompts held.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from custom_nodes.hls_segment.request import WindowRequest
from runner.errors import (
    ComfyLost,
    ComfyUnreachable,
    EngineError,
    PackMissing,
    RunnerError,
)
from runner.ports import EngineMemory, EngineStatus, OutputFile, PromptJob, PromptProgress, PromptResult

from .comfy_address import ComfyAddress
from .comfy_client import ComfyClient
from .comfy_http import ComfyHttp
from .comfy_place import ComfyPlace
from .comfy_process import ComfyProcess
from .news import CancelAnswered, EngineGone, News, PromptEnded
from .passengers import Passengers
from .promises import Promises
from .remote_files import URL_RETRY_S, RemoteFiles
from .shared_files import SharedFiles

PACK_NODE = "OnAirWindow"
RSS_EVERY_NS = 2_000_000_000
URL_PATIENCE_S = 120.0  # its owner may be restarting it, and its models load then
NO_TICKET = -1
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
        headers: Mapping[str, str] | None = None,
        needs_pack: bool = True,
        via: str | None = None,
        patience_s: float = URL_PATIENCE_S,
    ) -> None:
        """Take exactly one of `place` and `url`.

        `headers`: of every request to the server by URL. `via`: another address for the child's client (tests).
        `patience_s`: how long prompts wait for a server by URL that went away, before they end with ComfyUnreachable.
        """
        if (place is None) == (url is None):
            raise EngineError("an engine is either a child or a server; give place or url")
        self.process = ComfyProcess(place) if place is not None else None
        self._server = ComfyAddress(url=(url or "").rstrip("/"), headers=headers or {})
        self._via = via
        self._patience_s = patience_s
        self._needs_pack = needs_pack
        self._client: ComfyClient | None = None
        self._info: dict[str, Any] | None = None
        self._promises = Promises()
        self._passengers = Passengers()
        self._reason = "not started"
        self._reviver: asyncio.Task[None] | None = None
        self._closed = False
        self._remote = RemoteFiles(self._http, patience_s=patience_s)
        self._files = SharedFiles(place.data, place.base / "input") if place is not None else self._remote
        self._rss = (0, 0)

    @property
    def url(self) -> str:
        """The address the client talks to."""
        return self._address.url

    @property
    def _address(self) -> ComfyAddress:
        if self._via:
            return ComfyAddress(url=self._via)
        return ComfyAddress(url=self.process.url) if self.process is not None else self._server

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

    async def about(self) -> dict[str, Any]:
        """Return what ComfyUI tells of itself and its machine, as `/system_stats` does. Raises: ComfyUnreachable."""
        return await self._http(lambda http: http.about())

    async def free_vram_bytes(self) -> int:
        """Return what is free of the GPU's memory, 0 without one. Raises: ComfyUnreachable."""
        return await self._http(lambda http: http.free_vram_bytes())

    async def asked_anew(self) -> dict[str, Any]:
        """Return the node definitions as they are now: the files that they list may have changed."""
        self._info = None
        return await self.object_info()

    async def run(self, job: PromptJob, on_progress: Callable[[PromptProgress], None] | None = None) -> PromptResult:
        """See `runner.ports.Engine.run`."""
        if self._closed:
            raise ComfyUnreachable("the engine is closed; start it again")
        future = self._promises.give(job, on_progress)
        if self._client is not None:
            self._submit(self._client, job)
        else:
            self._promises.wait_in_line(job)
        try:
            return await future
        except asyncio.CancelledError:
            # For a caller that went away, without waiting for the answer.
            if self._client is not None:
                self._client.cancel(job.prompt_id, NO_TICKET)
            raise
        finally:
            self._promises.forget(job.prompt_id)

    async def cancel(self, prompt_id: str) -> bool:
        """See `runner.ports.Engine.cancel`."""
        if self._promises.leave_line(prompt_id):
            return True
        if self._client is None or prompt_id not in self._promises:
            return False
        ticket, answer = self._promises.ticket()
        self._client.cancel(prompt_id, ticket)
        return await answer

    async def put(self, name: str, source: Path) -> None:
        """See `runner.ports.Engine.put`: copied into the data folder, or uploaded."""
        await self._files.put(name, source)

    async def fetch(self, name: str, target: Path) -> None:
        """See `runner.ports.Engine.fetch`."""
        await self._files.fetch(name, target)

    def leftovers(self, request: WindowRequest, request_path: str) -> tuple[str, ...]:
        """See `runner.ports.Engine.leftovers`."""
        return self._remote.leftovers.take(request, request_path)

    def done_with(self, request: WindowRequest, request_path: str, *, was_here: bool) -> None:
        """See `runner.ports.Engine.done_with`."""
        self._remote.leftovers.done(request, request_path, was_here=was_here or self.process is not None)

    async def put_input(self, source: Path) -> str:
        """See `runner.ports.Engine.put_input`."""
        return await self._files.add(source)

    async def fetch_output(self, file: OutputFile, target: Path) -> int:
        """See `runner.ports.Engine.fetch_output`."""
        return await self._remote.view(file, target)

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
        if self.process is None or client is None or len(self._promises) or self._closed:
            return False
        self._client, self._reason = None, "ComfyUI is started anew to free memory"
        self._passengers.clear()
        self._reviver = asyncio.get_running_loop().create_task(self._revive(client))
        await asyncio.shield(self._reviver)
        return not self._closed

    async def close(self) -> None:
        """End the client, then the child with its group; prompts under way end with ComfyLost."""
        self._closed = True
        self._remote.close()
        client, self._client = self._client, None
        self._reason = "closed"
        self._promises.fail_all(ComfyLost("the engine was closed"))
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

        def sink(news: News) -> None:
            # A loop that is closed has nobody left to tell.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._receive, client, news)

        client = ComfyClient(
            self._address, sink, alive=alive, work=self.process.work if self.process is not None else None
        )
        client.start()
        self._client, self._reason = client, ""
        for job in self._promises.take_line():
            self._submit(client, job)

    def _submit(self, client: ComfyClient, job: PromptJob) -> None:
        client.submit(job, self._passengers.board(job, now_ns=time.monotonic_ns()))

    def _receive(self, client: ComfyClient, news: News) -> None:
        if client is not self._client:
            return
        if isinstance(news, PromptEnded):
            if news.result is not None and self.process is not None:
                self.process.prove()
            self._promises.settle(news.prompt_id, result=news.result, error=news.error)
        elif isinstance(news, PromptProgress):
            self._promises.progressed(news)
        elif isinstance(news, CancelAnswered):
            self._promises.answered(news.ticket, cancelled=news.cancelled)
        elif isinstance(news, EngineGone):
            self._lose(news)

    def _lose(self, gone: EngineGone) -> None:
        self._remote.forget()
        self._passengers.clear()
        client, self._client = self._client, None
        self._reason = gone.reason
        for ended in gone.ended:
            self._promises.settle(ended.prompt_id, error=ended.error)
        # What was given to the client too late was never sent: it waits for the restart.
        self._promises.line_up_unsettled()
        self._promises.fail_tickets()
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
                self._still_away(exc, lost_ns)
                if self.process is None:
                    await asyncio.sleep(URL_RETRY_S)
            except Exception as exc:
                # Nobody else would ever bring it back: a fault of ours is told, and tried again, too.
                log.exception("the engine could not be brought back")
                self._still_away(
                    ComfyUnreachable(f"ComfyUI could not be restarted, it is tried again: {type(exc).__name__}: {exc}"),
                    lost_ns,
                )
                await asyncio.sleep(URL_RETRY_S)

    def _still_away(self, exc: RunnerError, lost_ns: int) -> None:
        """Tell of a failed try; end what waits where more tries are not worth the wait."""
        if not self._closed and self._reason != str(exc):
            log.warning("the engine could not be brought back", extra={"reason": str(exc)})
        self._reason = str(exc)
        away_s = (time.monotonic_ns() - lost_ns) / 1e9
        if self.process is not None or away_s >= self._patience_s or isinstance(exc, PackMissing):
            self._promises.fail_all(exc if isinstance(exc, PackMissing) else ComfyUnreachable(self._reason))

    async def _http(self, call: Callable[[ComfyHttp], T]) -> T:
        """Run one blocking call on a worker thread with a session of its own."""

        def work() -> T:
            http = ComfyHttp(self._address)
            try:
                return call(http)
            finally:
                http.close()

        return await asyncio.to_thread(work)
