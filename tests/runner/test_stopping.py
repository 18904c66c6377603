"""A signal in the middle of a command: it clears up, says so in a sentence, and the exit code is 128 and the signal."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WORK = """
import asyncio, shutil, sys
from pathlib import Path
from runner.cli.stopping import run_to_the_end
from runner.errors import Stopped

async def work():
    folder = Path(sys.argv[1])
    folder.mkdir()
    try:
        print("at work", flush=True)
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(0)
        shutil.rmtree(folder)

try:
    run_to_the_end(work())
except Stopped as exc:
    print(exc.code, exc)
    sys.exit(exc.exit_code)
"""
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_cancels_the_work_which_clears_up(number: signal.Signals, code: int, tmp_path: Path) -> None:
    command = [sys.executable, "-c", WORK, str(tmp_path / "litter")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "at work\n"
        process.send_signal(number)
        said, _ = process.communicate(timeout=30)
    assert process.returncode == code
    assert said.startswith(f"run.stopped {number.name} came before it was finished; run it again")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_speak_ends_with_a_sentence(number: signal.Signals, code: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # a ComfyUI that takes the question and never answers
        address = f"http://127.0.0.1:{mute.getsockname()[1]}"
        command = [sys.executable, "-m", "runner", "speak", "Hello.", "-o", str(tmp_path / "a.mp4"), "--json"]
        command += ["--comfyui", address, "--data", str(tmp_path / "data")]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            asking, _ = mute.accept()
            process.send_signal(number)
            asking.close()
            said, _ = process.communicate(timeout=60)
    assert process.returncode == code
    assert json.loads(said)["error"]["code"] == "run.stopped"
    assert [path.name for path in tmp_path.iterdir() if path.name != "data"] == []
