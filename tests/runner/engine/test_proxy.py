"""A ComfyUI behind a proxy that answers for it: a real HTTP server that says what such a proxy says."""

from __future__ import annotations

import asyncio
import json
import threading
import time
import uuid
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from runner.engine.comfy_address import ComfyAddress
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_http import ComfyHttp
from runner.errors import ComfySilent, ComfyUnreachable, EngineError, RunnerError
from runner.ports import OutputFile, PromptJob, PromptResult

SILENCE_S = 0.4


class Proxy(ThreadingHTTPServer):
    """Answers as ComfyUI, or with `failing` to paths that begin with `at`. It has no event socket."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answers)
        self.failing = 0
        self.at = "/"
        self.posted: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path == "/ws":
            self._answer(404, {})
        elif path == "/object_info":
            self._answer(200, {"Note": {"input": {}}})
        elif path.startswith("/api/jobs/"):
            known = path.rsplit("/", 1)[-1] in self.server.posted
            self._answer(200 if known else 404, {"status": "completed", "outputs": {}} if known else {})
        else:
            self._answer(200, {"queue_running": [], "queue_pending": []})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path == "/prompt" and not self._fails():
            self.server.posted.append(body["prompt_id"])
        self._answer(200, {"node_errors": {}})

    def _fails(self) -> bool:
        return bool(self.server.failing) and self.path.startswith(self.server.at)

    def _answer(self, status: int, told: dict[str, object]) -> None:
        content = json.dumps(told).encode()
        self.send_response(self.server.failing if self._fails() else status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    server = Proxy()
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


async def through(proxy: Proxy, *, failing: int, at: str, mended_after_s: float = 60.0) -> PromptResult:
    engine = ComfyEngine(url=proxy.url, needs_pack=False, patience_s=0.1)
    await engine.start()
    proxy.failing, proxy.at = failing, at
    asyncio.get_running_loop().call_later(mended_after_s, setattr, proxy, "failing", 0)
    job = PromptJob(prompt_id=str(uuid.uuid4()), graph={}, silence_timeout_ns=int(SILENCE_S * 1e9))
    try:
        return await asyncio.wait_for(engine.run(job), 10)
    finally:
        await engine.close()


@pytest.mark.parametrize("failing", [502, 503, 504])
@pytest.mark.parametrize("at", ["/", "/prompt", "/api/jobs"])
async def test_a_server_that_its_proxy_cannot_reach_is_given_up_and_may_be_tried_again(
    proxy: Proxy, failing: int, at: str
) -> None:
    begun = time.monotonic()
    with pytest.raises(ComfyUnreachable, match="not answered") as caught:
        await through(proxy, failing=failing, at=at)
    assert caught.value.retryable
    assert SILENCE_S <= time.monotonic() - begun < SILENCE_S + 4


async def test_a_server_that_its_proxy_misses_for_a_moment_loses_no_prompt(proxy: Proxy) -> None:
    result = await through(proxy, failing=502, at="/", mended_after_s=SILENCE_S / 2)
    assert proxy.posted == [result.prompt_id]


async def test_answers_that_say_nothing_of_a_prompt_are_silence(proxy: Proxy) -> None:
    with pytest.raises(ComfySilent):
        await through(proxy, failing=500, at="/api/jobs")


async def test_a_refusal_by_the_server_itself_is_final(proxy: Proxy) -> None:
    with pytest.raises(RunnerError) as caught:
        await through(proxy, failing=400, at="/prompt")
    assert (caught.value.code, caught.value.retryable) == ("prompt.rejected", False)


@pytest.mark.parametrize(("status", "code"), [(400, "no_file"), (403, "no_file"), (404, "no_file"), (401, "failed")])
def test_a_file_that_is_not_to_be_had_is_told_from_an_answer_that_says_nothing_of_it(
    proxy: Proxy, tmp_path: Path, status: int, code: str
) -> None:
    proxy.failing, proxy.at = status, "/view"
    http = ComfyHttp(ComfyAddress(url=proxy.url))
    for bring in (
        lambda: http.view(OutputFile(name="a.png", subfolder="", kind="output"), tmp_path / "a.png"),
        lambda: http.download("turns/a/b/window_00000.mp4", tmp_path / "a.mp4"),
    ):
        with pytest.raises(EngineError) as caught:
            bring()
        assert caught.value.code == f"engine.{code}"
