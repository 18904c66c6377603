"""RemoteFiles: what a ComfyUI elsewhere reads and writes, by upload and view; while it is away it is waited for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

from runner.errors import ComfyUnreachable
from runner.ports import OutputFile

from .comfy_http import ComfyHttp
from .leftovers import Leftovers

URL_RETRY_S = 2.0
KEPT = 64  # a window's own files are never sent again; its picture is, with every window
log = logging.getLogger(__name__)


class HttpCall(Protocol):
    """Runs one blocking call on a worker thread."""

    def __call__(self, call: Callable[[ComfyHttp], Any]) -> Awaitable[Any]:
        """Return what `call` returns. Raises: ComfyUnreachable, EngineError."""


class RemoteFiles:
    """Names are those below `onair/`. `patience_s`: how long a server that went away is waited for."""

    def __init__(self, http: HttpCall, *, patience_s: float) -> None:
        self._http = http
        self._patience_s = patience_s
        self._sent: dict[str, tuple[int, int]] = {}
        self._closed = False
        self.leftovers = Leftovers()

    async def put(self, name: str, source: Path) -> None:
        """Send a file once: ComfyUI overwrites in place, and a picture that comes again is read half-written.

        Raises: ComfyUnreachable, EngineError.
        """
        if self._sent.pop(name, None) != _mark(source):
            await self._patiently(lambda http: http.upload(f"onair/{name}", source))
        # As the latest; looked at after it was sent, because a server whose folder this is has just written it anew.
        self._sent[name] = _mark(source)
        while len(self._sent) > KEPT:
            del self._sent[next(iter(self._sent))]

    async def fetch(self, name: str, target: Path) -> None:
        """Bring an output to `target`. Raises: ComfyUnreachable, EngineError."""
        await self._patiently(lambda http: http.download(f"onair/{name}", target))

    async def add(self, source: Path) -> str:
        """Send a file to the input folder itself; return its name there. Raises: ComfyUnreachable, EngineError."""
        return str(await self._patiently(lambda http: http.upload_new(source)))

    async def view(self, file: OutputFile, target: Path) -> int:
        """Bring a file of any folder to `target`; return its bytes. Raises: ComfyUnreachable, EngineError."""
        return int(await self._patiently(lambda http: http.view(file, target)))

    def forget(self) -> None:
        """The server was lost: its folders may be others when it comes back."""
        self._sent.clear()

    def close(self) -> None:
        """Wait for nobody any more."""
        self._closed = True

    async def _patiently(self, call: Callable[[ComfyHttp], Any]) -> Any:
        begun_ns, told = time.monotonic_ns(), False
        while True:
            try:
                return await self._http(call)
            except ComfyUnreachable as exc:
                if self._closed or (time.monotonic_ns() - begun_ns) / 1e9 >= self._patience_s:
                    raise
                if not told:
                    log.warning("ComfyUI went away and is waited for", extra={"reason": str(exc)})
                told = True
                await asyncio.sleep(URL_RETRY_S)


def _mark(path: Path) -> tuple[int, int]:
    """Return what changes when a file does; the same for every one that is gone."""
    try:
        told = path.stat()
    except FileNotFoundError:
        return -1, -1
    return told.st_size, told.st_mtime_ns
