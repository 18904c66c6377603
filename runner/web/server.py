"""uvicorn inside the runner's own loop: one port, bound before anything else starts."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from runner.errors import BadInput, PortTaken, RunnerError

from .guard import BODY_LIMIT_BYTES
from .idle_sockets import PATIENCE_S, IdleSockets

SHUTDOWN_SECONDS = 2
BACKLOG = 1024


class WebServer:
    """Serves an app until it is closed. `port` is the real one, also when 0 was asked for."""

    def __init__(self, *, host: str, port: int, patience_s: float = PATIENCE_S) -> None:
        """Bind at once. Raises: PortTaken, BadInput (an address that is not this machine's)."""
        self._socket = _bind(host, port)
        self._patience_s = patience_s
        self.host = host
        self.port = int(self._socket.getsockname()[1])
        self._task: asyncio.Task[None] | None = None
        self._server: _Server | None = None

    @property
    def url(self) -> str:
        """Where a browser on this machine finds the page."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)
        return f"http://{host}:{self.port}"

    async def start(self, app: FastAPI) -> None:
        """Return when requests are answered. Raises: RunnerError `web.ended` when they will never be."""
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            ws_max_size=BODY_LIMIT_BYTES,
            ws_per_message_deflate=False,
            proxy_headers=False,  # who asks is judged by the connection and by what a proxy adds (access.py)
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        self._server = _Server(config, IdleSockets(patience_s=self._patience_s))
        self._task = asyncio.ensure_future(self._server.serve([self._socket]))
        ready = asyncio.ensure_future(self._server.ready.wait())
        await asyncio.wait({ready, self._task}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if self._task.done():
            _tell_end(self._task)

    async def ended(self) -> None:
        """Return when the server was closed. Raises: RunnerError `web.ended` when it ended by itself."""
        if self._server is not None and self._task is not None:
            await asyncio.wait({self._task})
            if not self._server.should_exit:
                _tell_end(self._task)

    async def close(self) -> None:
        """Close the port, end what is open within two seconds; safe to call twice."""
        if self._server is not None and self._task is not None:
            self._server.should_exit = True
            await asyncio.wait({self._task})
        self._socket.close()


class _Server(uvicorn.Server):
    """uvicorn without its signal handlers: signals are the runner's; and with an end to its patience."""

    def __init__(self, config: uvicorn.Config, idle: IdleSockets) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self._idle = idle

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def on_tick(self, counter: int) -> bool:
        self._idle.sweep(self.server_state.connections, asyncio.get_running_loop().time())
        return await super().on_tick(counter)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _tell_end(task: asyncio.Task[None]) -> None:
    fault = task.exception()
    reason = f"{type(fault).__name__}: {fault}" if fault is not None else "nobody asked it to"
    raise RunnerError(f"The web server has ended ({reason}); start the runner again.", code="web.ended") from fault


def _bind(host: str, port: int) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, proto)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(address)
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
    except OSError as exc:
        if exc.errno == errno.EADDRINUSE:
            raise PortTaken(f"Port {port} is taken by another program; choose one with --port, or 0 for any.") from exc
        raise BadInput(
            f"Cannot listen on {host}:{port} ({exc.strerror or exc}); "
            "take an address of this machine and a port from 1024 on.",
            code="port.refused",
        ) from exc
    listener.setblocking(False)
    return listener
