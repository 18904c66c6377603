"""A headless Chromium, driven through the DevTools protocol by the `websockets` library: no test framework needed."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import websockets

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
START_SECONDS = 30.0
CALL_SECONDS = 30.0


def find_browser(named: str | None = None) -> str | None:
    """Return the browser that is named, else the first Chromium on the PATH, else None."""
    if named:
        return shutil.which(named)
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Chromium:
    """One browser process with an empty profile; `async with Chromium(path) as browser`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._profile = tempfile.mkdtemp(prefix="onair-chromium-")
        self._process: subprocess.Popen[bytes] | None = None

    async def __aenter__(self) -> Chromium:
        self._process = self._start()
        self.port = await self._port()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            await asyncio.to_thread(self._process.wait, 10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)

    async def page(self, *, width: int = 1280, height: int = 800, mobile: bool = False) -> Page:
        """Open a tab of this size."""
        browser = await self._connect((self._told())[1])
        target = await browser.call("Target.createTarget", url="about:blank")
        page = await self._connect(f"/devtools/page/{target['targetId']}")
        for domain in ("Page", "Runtime", "Log"):
            await page.call(f"{domain}.enable")
        scale = 2 if mobile else 1
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        await page.call("Emulation.setDeviceMetricsOverride", **metrics)
        return page

    def _start(self) -> subprocess.Popen[bytes]:
        command = [self._path, *FLAGS, f"--user-data-dir={self._profile}", "about:blank"]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    async def _connect(self, path: str) -> Page:
        url = f"ws://127.0.0.1:{self.port}{path}"
        return Page(await websockets.connect(url, max_size=None, ping_interval=None, proxy=None))

    async def _port(self) -> int:
        for _ in range(int(START_SECONDS / 0.05)):
            told = self._told()
            if told:
                return int(told[0])
            await asyncio.sleep(0.05)
        raise TimeoutError(f"{self._path} did not open its DevTools port")

    def _told(self) -> list[str]:
        file = Path(self._profile, "DevToolsActivePort")
        lines = file.read_text().split() if file.exists() else []
        return lines if len(lines) == 2 else []


class Page:
    """One DevTools connection: calls, evaluation, input; console and exceptions are kept."""

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.console: list[str] = []
        self._reader = asyncio.ensure_future(self._read())

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call a DevTools method. Raises: RuntimeError with its message, TimeoutError after half a minute."""
        return await self._call(method, parameters, CALL_SECONDS)

    async def _call(self, method: str, parameters: dict[str, Any], seconds: float) -> dict[str, Any]:
        number = next(self._ids)
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        answer = await asyncio.wait_for(answered, seconds)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        return dict(answer["result"])

    async def goto(self, url: str) -> None:
        """Load a page; returns when the navigation has begun."""
        await self.call("Page.navigate", url=url)

    async def evaluate(self, expression: str, *, seconds: float = 0.0) -> Any:
        """The JSON value of an expression, awaited (`seconds` longer) when it is a promise. It is no user gesture."""
        parameters = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        answer = await self._call("Runtime.evaluate", parameters, CALL_SECONDS + seconds)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression[:80]}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    async def until(self, expression: str, *, seconds: float = 20.0) -> Any:
        """Wait, by watching from inside the page, until the expression is truthy; return its value."""
        watch = f"""new Promise((done, failed) => {{
            const end = performance.now() + {seconds * 1000};
            const look = () => {{
                let value; try {{ value = {expression}; }} catch {{ value = undefined; }}
                if (value) done(value);
                else if (performance.now() > end) failed(new Error("waited in vain"));
                else setTimeout(look, 20);
            }};
            look();
        }})"""
        return await self.evaluate(watch, seconds=seconds)

    async def click(self, selector: str) -> None:
        """A real click in the middle of an element: a user gesture."""
        box = await self.evaluate(
            f"(() => {{ const b = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            " return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            await self.call("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    async def screenshot(self) -> bytes:
        """Return what the tab shows, as a PNG file's bytes."""
        told = await self.call("Page.captureScreenshot", format="png")
        return base64.b64decode(told["data"])

    async def type(self, text: str) -> None:
        """Put text where the focus is, then press Enter."""
        await self.call("Input.insertText", text=text)
        key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
        await self.call("Input.dispatchKeyEvent", type="keyDown", text="\r", **key)
        await self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    async def _read(self) -> None:
        while True:
            try:
                text = await self._socket.recv()
            except websockets.ConnectionClosed:
                return
            message = json.loads(text)
            answered = self._waiting.pop(message.get("id"), None)
            if answered is not None and not answered.done():
                answered.set_result(message)
            elif message.get("method") == "Runtime.exceptionThrown":
                self.console.append(str(message["params"]["exceptionDetails"])[:1000])
            elif message.get("method") == "Log.entryAdded" and message["params"]["entry"]["level"] == "error":
                self.console.append(
                    message["params"]["entry"]["text"] + " " + message["params"]["entry"].get("url", "")
                )
