"""A child's birth and death where the disk or the machine refuses: a small server stands where ComfyUI does."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import shutil
import signal
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace
from runner.engine.comfy_process import LOG_MAX_BYTES, ComfyProcess
from runner.errors import ComfyUnreachable, EngineError, PromptRejected
from runner.ports import PromptJob

SERVER = """
import http.server, sys

CONTENT = b'{"Note": {"input": {}}}'

class Answers(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404 if self.path.startswith("/ws") else 200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT)

print("words of the child", flush=True)
if "--fail" in sys.argv:
    sys.exit("its last words")
port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[ComfyPlace]:
    root = tmp_path / "ComfyUI"
    root.mkdir()
    (root / "main.py").write_text(SERVER)
    before = set(psutil.Process().children(recursive=True))
    yield ComfyPlace(root=root, python=Path(sys.executable), base=tmp_path / "base", data=tmp_path, cpu=True)
    left = [one for one in psutil.Process().children(recursive=True) if one not in before]
    for one in left:
        one.kill()
    assert not left


def born_since(before: list[psutil.Process]) -> list[psutil.Process]:
    """The children of these tests: other tests have some of their own, for as long as the whole run takes."""
    return [one for one in psutil.Process().children() if one not in before]


def job() -> PromptJob:
    return PromptJob(prompt_id=str(uuid.uuid4()), graph={}, silence_timeout_ns=10_000_000_000)


async def answered(engine: ComfyEngine) -> None:
    """Return when a prompt came through to the server, which takes none."""
    while True:
        with contextlib.suppress(ComfyUnreachable):
            with pytest.raises(PromptRejected):
                await engine.run(job())
            return


def _log_is_a_folder(base: Path) -> Callable[[], object]:
    (base / "comfyui.log").unlink()
    (base / "comfyui.log").mkdir()
    return (base / "comfyui.log").rmdir


def _folder_is_a_file(base: Path) -> Callable[[], object]:
    (base / "temp").rmdir()
    (base / "temp").touch()
    return (base / "temp").unlink


def _root_is_gone(base: Path) -> Callable[[], object]:
    root, aside = base.parent / "ComfyUI", base.parent / "aside"
    root.rename(aside)
    return lambda: aside.rename(root)


@pytest.mark.parametrize("spoil", [_log_is_a_folder, _folder_is_a_file, _root_is_gone])
async def test_a_restart_that_the_disk_refuses_is_told_and_tried_again(
    place: ComfyPlace, spoil: Callable[[Path], Callable[[], object]]
) -> None:
    engine = ComfyEngine(place=place, needs_pack=False)
    await engine.start()
    try:
        pid = engine.status().pid
        assert pid is not None
        mend = spoil(place.base)
        os.kill(pid, signal.SIGKILL)
        for _ in range(2):  # the first one may have been given to the child that has ended
            with pytest.raises(EngineError) as caught:
                await asyncio.wait_for(engine.run(job()), 10)
            assert caught.value.retryable
        assert isinstance(caught.value, ComfyUnreachable)
        mend()
        await asyncio.wait_for(answered(engine), 20)
    finally:
        await engine.close()


def test_a_start_that_the_system_refuses_leaves_no_helper(place: ComfyPlace) -> None:
    process = ComfyProcess(place)
    shutil.rmtree(place.root)
    before = psutil.Process().children()
    with pytest.raises(EngineError, match="cannot be started"):
        process.start()
    assert not born_since(before)


def test_a_close_in_the_middle_of_a_birth_leaves_nothing(place: ComfyPlace) -> None:
    process, ended = ComfyProcess(place), []
    place.base.mkdir(parents=True)
    os.mkfifo(process.log_path)  # whoever opens it to write waits for a reader: the birth stands still

    def start() -> None:
        with pytest.raises(ComfyUnreachable):
            process.start()
        ended.append(True)

    before = psutil.Process().children()
    starting = threading.Thread(target=start)
    starting.start()
    while not born_since(before):
        pass  # the helper comes before the log is opened
    closing = threading.Thread(target=process.close)
    closing.start()
    closing.join(timeout=0.5)
    with process.log_path.open("rb"):
        starting.join(timeout=10)
        closing.join(timeout=10)
    assert ended
    assert not born_since(before)


def test_a_log_that_has_grown_gives_way_and_only_its_end_is_read(place: ComfyPlace) -> None:
    place.base.mkdir(parents=True)
    process = ComfyProcess(dataclasses.replace(place, arguments=("--fail",)))
    process.log_path.write_bytes(b"old\n" * (LOG_MAX_BYTES // 4))
    with pytest.raises(ComfyUnreachable, match="its last words"):
        process.start()
    assert process.log_path.stat().st_size > LOG_MAX_BYTES  # it was just not long enough to give way
    with pytest.raises(ComfyUnreachable, match="its last words"):
        process.start()
    assert process.log_path.read_text() == "words of the child\nits last words\n"
    assert (place.base / "comfyui.log.1").stat().st_size > LOG_MAX_BYTES
