"""`/onair/runner` in ComfyUI's own server: how the editor's panel asks for a runner. Alone here knows that server.

Nothing of a request reaches the command line.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from .launcher import Launcher

EVERYWHERE = ("", "0.0.0.0", "::")
MARK = "X-OnAir-Editor"
LOOPBACK = "127.0.0.1"


def add_routes(root: Path) -> Launcher:
    """Add `GET /onair/runner`, `POST /onair/runner/start` and `/stop`; return what they drive."""
    from aiohttp import web
    from server import PromptServer

    server, launcher = PromptServer.instance, Launcher(root)

    @server.routes.get("/onair/runner")
    async def status(request: Any) -> Any:
        from_the_editor(request)
        return web.json_response(launcher.status())

    def from_the_editor(request: Any) -> None:
        # A header of our own: a browser sends it for another site only after asking ComfyUI, which says no, even with
        # --enable-cors-header. So no site in somebody's browser starts a runner or reads its token.
        if MARK not in request.headers:
            raise web.HTTPForbidden(text=f"Only ComfyUI's editor asks for a runner; it sends {MARK}.")

    @server.routes.post("/onair/runner/start")
    async def start(request: Any) -> Any:
        from_the_editor(request)
        address, host = addresses(str(server.address), int(server.port), tls=_has_tls())
        return web.json_response(launcher.start(address, host=host), status=202)

    @server.routes.post("/onair/runner/stop")
    async def stop(request: Any) -> Any:
        from_the_editor(request)
        return web.json_response(await asyncio.to_thread(launcher.stop))

    return launcher


def addresses(listening: str, port: int, *, tls: bool) -> tuple[str, str]:
    """Return ComfyUI's address for a runner on this machine, and where that runner listens: as openly as ComfyUI."""
    near = LOOPBACK if listening in EVERYWHERE else listening
    named = f"[{near}]" if ":" in near else near
    return f"{'https' if tls else 'http'}://{named}:{port}", listening or EVERYWHERE[1]


def _has_tls() -> bool:
    from comfy.cli_args import args

    return bool(args.tls_keyfile and args.tls_certfile)
