"""The child process: a taken port is said at once, and nothing of it outlives the runner."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from runner.engine.comfy_place import ComfyPlace
from runner.engine.comfy_process import ComfyProcess
from runner.errors import PortTaken

ROOT = Path(__file__).resolve().parents[3]
pytestmark = pytest.mark.comfyui


def place(data: Path, *, port: int = 0) -> ComfyPlace:
    root = os.environ.get("ONAIR_TEST_COMFYUI", "")
    if not root:
        pytest.fail("set ONAIR_TEST_COMFYUI to a ComfyUI folder whose requirements this Python has", pytrace=False)
    return ComfyPlace(
        root=Path(root), python=Path(sys.executable), base=data / "comfyui", data=data, cpu=True, port=port
    )


def test_a_taken_port_is_said_before_comfyui_loads(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        process = ComfyProcess(place(tmp_path, port=other.getsockname()[1]))
        with pytest.raises(PortTaken, match="is taken by another program"):
            process.start()
        assert not process.log_path.exists()


PARENT = """
import sys
from pathlib import Path
from runner.engine.comfy_place import ComfyPlace
from runner.engine.comfy_process import ComfyProcess
root, data = map(Path, sys.argv[1:])
process = ComfyProcess(ComfyPlace(root=root, python=Path(sys.executable), base=data / "c", data=data, cpu=True))
import threading
def tell():
    while process.pid is None:
        pass
    print(process.pid, flush=True)
threading.Thread(target=tell, daemon=True).start()
process.start()
"""


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT, str(place(tmp_path).root), str(tmp_path)]
    started = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    yield started
    started.kill()
    started.wait()


def test_a_killed_runner_leaves_no_comfyui_behind(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    helpers = psutil.Process(parent.pid).children(recursive=True)
    parent.kill()
    gone, alive = psutil.wait_procs([child, *helpers], timeout=5)
    assert not alive
    assert child in gone
