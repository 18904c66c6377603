"""A headless Firefox, driven by WebDriver BiDi over its own WebSocket: no driver program, no test framework."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import websockets

PREFERENCES = {
    "network.proxy.type": 0,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "browser.aboutwelcome.enabled": False,
    "app.update.enabled": False,
}
LISTENING = "WebDriver BiDi listening on "
CALL_SECONDS = 60.0


class Firefox:
    """One browser with an empty profile and one tab; `async with Firefox(path, profile) as page`."""

    def __init__(self, path: str, profile: Path) -> None:
        self._path, self._profile = path, profile
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.errors: list[str] = []

    async def __aenter__(self) -> Firefox:
        self._profile.mkdir()
        lines = [f'user_pref("{name}", {str(value).lower()});' for name, value in PREFERENCES.items()]
        (self._profile / "user.js").write_text("\n".join(lines))
        self._process = self._start()
        try:
            address = await asyncio.wait_for(asyncio.to_thread(self._address), CALL_SECONDS)
            self._socket = await websockets.connect(address + "/session", max_size=None, proxy=None)
            self._reader = asyncio.ensure_future(self._read())
            await self.call("session.new", capabilities={})
            await self.call("session.subscribe", events=["log.entryAdded"])
            self._tab = (await self.call("browsingContext.getTree"))["contexts"][0]["context"]
        except BaseException:
            self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await self._socket.close()
        self._end()

    async def goto(self, url: str) -> None:
        await self.call("browsingContext.navigate", context=self._tab, url=url, wait="interactive")

    async def evaluate(self, expression: str) -> Any:
        """The JSON value of an expression, awaited when it is a promise; it counts as a user's action."""
        told = await self.call(
            "script.evaluate",
            expression=f"Promise.resolve({expression}).then((value) => JSON.stringify(value ?? null))",
            target={"context": self._tab},
            awaitPromise=True,
            userActivation=True,
        )
        assert told["type"] == "success", told
        return json.loads(told["result"]["value"])

    async def until(self, expression: str, *, seconds: float = 20.0) -> None:
        """Wait, by watching from inside the page, until the expression is truthy."""
        watch = f"""new Promise((done, failed) => {{
            const end = performance.now() + {seconds * 1000};
            const look = () => {{
                let value; try {{ value = {expression}; }} catch {{ value = undefined; }}
                if (value) done(true);
                else if (performance.now() > end) failed(new Error("waited in vain"));
                else setTimeout(look, 20);
            }};
            look();
        }})"""
        await self.evaluate(watch)

    async def type(self, text: str) -> None:
        """Press the keys of a text where the focus is, then Enter."""
        keys = [{"type": kind, "value": key} for key in [*text, "\ue007"] for kind in ("keyDown", "keyUp")]
        await self.call(
            "input.performActions", context=self._tab, actions=[{"type": "key", "id": "keys", "actions": keys}]
        )

    async def screenshot(self, path: Path) -> None:
        told = await self.call("browsingContext.captureScreenshot", context=self._tab)
        await asyncio.to_thread(path.write_bytes, base64.b64decode(told["data"]))

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._ids)
        answered = self._waiting[number] = asyncio.get_running_loop().create_future()
        await self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = await asyncio.wait_for(answered, CALL_SECONDS)
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        return dict(answer["result"])

    def _start(self) -> subprocess.Popen[str]:
        command = [self._path, "--headless", "--no-remote", "--remote-debugging-port=0"]
        return subprocess.Popen(
            [*command, "--profile", str(self._profile), "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def _address(self) -> str:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            if LISTENING in line:
                return line.split(LISTENING)[1].strip()
        raise RuntimeError("Firefox ended before it listened")

    async def _read(self) -> None:
        async for text in self._socket:
            message = json.loads(text)
            answered = self._waiting.pop(message.get("id"), None)
            if answered is not None and not answered.done():
                answered.set_result(message)
            elif message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(str(message["params"].get("text"))[:300])

    def _end(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        if self._process.stderr is not None:
            self._process.stderr.close()
