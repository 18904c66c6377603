"""Real ComfyUI, and everything that can go wrong between it and the runner: the right end or a retry, never a hang."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
import threading
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace
from runner.errors import ComfyLost, ComfySilent, ComfyUnreachable, PackMissing, PromptCancelled
from runner.ports import PromptJob

ROOT = Path(__file__).resolve().parents[3]
PROBES = ROOT / "tests" / "data" / "probe_pack"
pytestmark = [pytest.mark.comfyui, pytest.mark.asyncio(loop_scope="module")]


def place(data: Path, **told: Any) -> ComfyPlace:
    root = os.environ.get("ONAIR_TEST_COMFYUI", "")
    if not root:
        pytest.fail("set ONAIR_TEST_COMFYUI to a ComfyUI folder whose requirements this Python has", pytrace=False)
    told = {"python": Path(sys.executable), "packs": (PROBES,), "cpu": True, **told}
    return ComfyPlace(root=Path(root), base=data / "comfyui", data=data, **told)


def job(kind: str = "ProbeSteps", *, steps: int = 1, step_ms: int = 1, silence_s: float = 60) -> PromptJob:
    inputs = {"steps": steps, "step_ms": step_ms, "attempt": uuid.uuid4().hex}
    graph = {"1": {"class_type": kind, "inputs": inputs}}
    return PromptJob(prompt_id=str(uuid.uuid4()), graph=graph, silence_timeout_ns=int(silence_s * 1e9))


async def begin(engine: ComfyEngine, what: PromptJob) -> asyncio.Task[Any]:
    """Start a prompt and return when ComfyUI runs it."""
    task = asyncio.ensure_future(engine.run(what))
    while not await asyncio.to_thread(_runs, engine.url, what.prompt_id):
        assert not task.done(), task
    return task


def _runs(url: str, prompt_id: str) -> bool:
    from runner.engine.comfy_address import ComfyAddress
    from runner.engine.comfy_http import ComfyHttp

    return prompt_id in ComfyHttp(ComfyAddress(url=url)).running()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ComfyEngine]:
    engine = ComfyEngine(place=place(tmp_path_factory.mktemp("data")), needs_pack=False)
    await engine.start()
    yield engine
    await engine.close()


class SwallowingProxy:
    """A TCP proxy that passes HTTP and, once `deaf` is set, swallows what the server says on event sockets."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.deaf = threading.Event()
        self.swallowed_bytes = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        first = client.recv(65536)
        server = socket.create_connection(self._target)
        events = first.startswith(b"GET /ws")
        server.sendall(first)
        threading.Thread(target=self._pump, args=(client, server, False), daemon=True).start()
        self._pump(server, client, events)

    def _pump(self, source: socket.socket, target: socket.socket, events: bool) -> None:
        try:
            while data := source.recv(65536):
                if events and self.deaf.is_set():
                    self.swallowed_bytes += len(data)
                else:
                    target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                end.close()


async def test_a_socket_silent_for_ten_seconds_loses_nothing(engine: ComfyEngine) -> None:
    assert engine.process is not None
    proxy = SwallowingProxy(engine.process.port)
    through = ComfyEngine(url=proxy.url, needs_pack=False)
    await through.start()
    try:
        await through.run(job())
        proxy.deaf.set()
        result = await asyncio.wait_for(through.run(job(steps=1000, step_ms=10)), 60)
        assert result.render_ns > 9_900_000_000
        assert proxy.swallowed_bytes > 0
        for _ in range(3):  # the client gives the deaf socket up; the next one is as deaf
            await asyncio.wait_for(through.run(job()), 20)
        proxy.deaf.clear()
        await asyncio.wait_for(through.run(job()), 20)
    finally:
        await through.close()
        proxy.close()


async def test_a_node_that_never_looks_for_the_interrupt_does_not_hold_the_caller(engine: ComfyEngine) -> None:
    deaf = job("ProbeDeaf", steps=15, step_ms=100)
    task = await begin(engine, deaf)
    assert await engine.cancel(deaf.prompt_id)
    with pytest.raises(PromptCancelled):
        await asyncio.wait_for(task, 1)
    following = await asyncio.wait_for(engine.run(job()), 10)
    assert following.executed_nodes == ("1",)


async def test_comfyui_killed_in_a_prompt_is_restarted(engine: ComfyEngine, request: pytest.FixtureRequest) -> None:
    chance = random.Random(20)
    for _ in range(20 if request.config.getoption("--full") else 2):
        restarts, pid = engine.status().restarts, engine.status().pid
        assert pid is not None
        task = await begin(engine, job(steps=3000, step_ms=10))
        asyncio.get_running_loop().call_later(chance.uniform(0.0, 0.5), os.kill, pid, signal.SIGKILL)
        with pytest.raises(ComfyLost) as caught:
            await asyncio.wait_for(task, 10)
        assert caught.value.retryable
        await asyncio.wait_for(engine.run(job()), 60)
        assert engine.status().restarts == restarts + 1


async def test_a_dead_worker_thread_ends_in_a_restart(engine: ComfyEngine) -> None:
    restarts = engine.status().restarts
    ended = await asyncio.gather(
        engine.run(job("ProbeExit", silence_s=1.5)), engine.run(job(silence_s=1.5)), return_exceptions=True
    )
    assert [type(error) for error in ended] == [ComfySilent, ComfyLost]
    await asyncio.wait_for(engine.run(job()), 60)
    assert engine.status().restarts == restarts + 1


async def test_a_frozen_comfyui_is_replaced_after_the_time_of_silence(engine: ComfyEngine) -> None:
    restarts = engine.status().restarts
    task = await begin(engine, job(steps=2000, step_ms=10, silence_s=10))
    pid = engine.status().pid
    assert pid is not None
    began = asyncio.get_running_loop().time()
    os.kill(pid, signal.SIGSTOP)
    with pytest.raises((ComfyLost, ComfyUnreachable)) as caught:
        await asyncio.wait_for(task, 30)
    assert caught.value.retryable
    assert 9 < asyncio.get_running_loop().time() - began < 15
    await asyncio.wait_for(engine.run(job()), 60)
    assert engine.status().restarts == restarts + 1


async def test_a_node_that_computes_for_long_without_a_word_is_left_alone(engine: ComfyEngine) -> None:
    restarts = engine.status().restarts
    await asyncio.wait_for(engine.run(job("ProbeBusy", steps=1, step_ms=6000, silence_s=2)), 60)
    assert engine.status().restarts == restarts


async def test_a_new_start_frees_memory_and_prompts_wait_for_it(engine: ComfyEngine) -> None:
    restarts, pid = engine.status().restarts, engine.status().pid
    assert (await engine.memory()).rss_bytes > 100_000_000
    busy = await begin(engine, job(steps=100, step_ms=10))
    assert not await engine.recycle()
    await busy
    fresh = asyncio.ensure_future(engine.recycle())
    await asyncio.sleep(0)
    assert not engine.status().up
    await asyncio.wait_for(engine.run(job()), 60)
    assert await fresh
    assert engine.status().restarts == restarts + 1
    assert engine.status().pid not in (None, pid)
    remote = ComfyEngine(url=engine.url, needs_pack=False)
    await remote.start()
    assert (await remote.memory()).rss_bytes == 0
    assert not await remote.recycle()  # somebody else's
    await remote.close()


async def test_a_server_without_the_pack_gets_one_clear_sentence(engine: ComfyEngine) -> None:
    remote = ComfyEngine(url=engine.url)
    with pytest.raises(PackMissing, match=r"does not have the OnAir nodes.*install"):
        await remote.start()
    await remote.close()


async def test_a_remote_engine_uploads_and_downloads_by_name(engine: ComfyEngine, tmp_path: Path) -> None:
    assert engine.process is not None
    data = engine.process.place.data
    remote = ComfyEngine(url=engine.url, needs_pack=False)
    await remote.start()
    (tmp_path / "clip").write_bytes(b"one")
    await remote.put("turns/r/clip.mp4", tmp_path / "clip")
    (tmp_path / "clip").write_bytes(b"another")
    await remote.put("turns/r/clip.mp4", tmp_path / "clip")
    assert (data / "turns/r/clip.mp4").read_bytes() == b"another"
    await remote.fetch("turns/r/clip.mp4", tmp_path / "back" / "clip.mp4")
    assert (tmp_path / "back" / "clip.mp4").read_bytes() == b"another"
    await remote.close()


async def test_a_picture_that_comes_with_every_window_is_sent_once(engine: ComfyEngine, tmp_path: Path) -> None:
    assert engine.process is not None
    remote = ComfyEngine(url=engine.url, needs_pack=False)
    await remote.start()
    picture, there = tmp_path / "face.png", engine.process.place.data / "avatars/face.png"
    picture.write_bytes(b"one")
    await remote.put("avatars/face.png", picture)
    there.write_bytes(b"not touched again")
    await remote.put("avatars/face.png", picture)
    assert there.read_bytes() == b"not touched again"
    picture.write_bytes(b"another picture")
    await remote.put("avatars/face.png", picture)
    assert there.read_bytes() == b"another picture"
    await remote.close()
