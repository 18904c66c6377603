"""A real `runner live` process on a free port, and a client of its WebSocket and its stream."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import websockets

from tests.comfy_server import REPOSITORY, comfyui_tree

END_S = 30.0


@dataclass
class LiveServer:
    """`data` survives `kill`; `start` again goes on with it."""

    data: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.data.parent / "live.log").read_text(encoding="utf-8", errors="replace")

    def start(self) -> None:
        command = [sys.executable, "-m", "runner", "live", "--port", str(self.port), "--json"]
        env = {**os.environ, "ONAIR_DATA": str(self.data), "ONAIR_COMFYUI": str(comfyui_tree())}
        with (self.data.parent / "live.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, env=env, stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True
            )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "address" in line, f"live did not start: {line}\n{self.log[-2000:]}"
        self.port = int(json.loads(line)["address"].rsplit(":", 1)[1])

    def family(self) -> list[psutil.Process]:
        """Return the runner's descendants."""
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def comfyui(self) -> psutil.Process:
        """Return the ComfyUI child."""
        return next(one for one in self.family() if "main.py" in " ".join(one.cmdline()))

    def end(self, number: int) -> list[psutil.Process]:
        """Send the signal, wait for the end; return what of the family still runs some seconds later."""
        assert self.process is not None
        family = self.family()
        self.process.send_signal(number)
        self.process.wait(END_S)
        _, alive = psutil.wait_procs(family, timeout=10)
        return list(alive)

    def close(self) -> None:
        if self.process is not None and self.process.poll() is None:
            for one in self.end(signal.SIGKILL):
                one.kill()

    def fetch(self, path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(self.address + path, timeout=20) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as exc:
            if exc.code == 404:
                return None
            raise


class Talk:
    """One WebSocket conversation; `heard` is every message so far, with the second it came."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self.hello: dict[str, Any] = {}

    @classmethod
    async def open(cls, server: LiveServer, *, resume: Talk | None = None) -> Talk:
        query = f"?session={resume.hello['session_id']}&resume={resume.hello['resume_token']}" if resume else ""
        talk = cls(await websockets.connect(f"ws://127.0.0.1:{server.port}/session{query}", proxy=None))
        talk.hello = await talk.until("session")
        return talk

    @property
    def playlist(self) -> str:
        return str(self.hello["playlist"]).replace("master", "manifest")

    async def say(self, text: str) -> None:
        await self._socket.send(json.dumps({"type": "prompt", "v": 1, "text": text}))

    async def until(self, what: str, *, seconds: float = 60.0, **fields: Any) -> dict[str, Any]:
        """Read until a message of this type with these fields."""
        limit = time.monotonic() + seconds
        while True:
            text = await asyncio.wait_for(self._socket.recv(), max(0.1, limit - time.monotonic()))
            message: dict[str, Any] = json.loads(text)
            self.heard.append((time.monotonic(), message))
            if message["type"] == what and all(message.get(key) == value for key, value in fields.items()):
                return message

    async def close(self) -> None:
        await self._socket.close()
