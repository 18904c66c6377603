"""The editor's launcher with real processes: one runner, its words, its end, and no orphan."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from custom_nodes.web.launcher import Launcher
from custom_nodes.web.routes import addresses

ON_AIR = """
import json, os, sys, time
print(json.dumps({"message": "getting ready", "step": "Rendering the idle loop"}), file=sys.stderr, flush=True)
with open("started", "a") as file:
    file.write(f"{os.getpid()} {os.environ['ONAIR_TOKEN']} {' '.join(sys.argv[1:])}\\n")
print(json.dumps({"address": "http://127.0.0.1:1"}), flush=True)
time.sleep(60)
"""
ENDS_SLOWLY = """
import json, signal, sys, time
def note(what):
    with open("noted", "a") as file:
        file.write(what + " ")
def end(*_):
    time.sleep(0.7)
    note("ended")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
note("started")
print(json.dumps({"address": "http://127.0.0.1:1"}), flush=True)
time.sleep(60)
"""
REFUSES = """
import json, sys
print(json.dumps({"code": "data.taken", "message": "another OnAir is live on this folder; stop it"}), file=sys.stderr)
sys.exit(2)
"""


def folder(place: Path, runner: str) -> Path:
    """A repository whose own environment is this interpreter, and whose runner is a few lines."""
    python = place / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (place / "runner").mkdir()
    (place / "runner" / "__init__.py").touch()
    (place / "runner" / "__main__.py").write_text(runner)
    return place


def until(launcher: Launcher, *states: str) -> dict[str, Any]:
    launcher.wait(20)
    told = launcher.status()
    assert told["state"] in states, told
    return told


@pytest.fixture
def launched(tmp_path: Path) -> Iterator[Launcher]:
    launcher = Launcher(folder(tmp_path, ON_AIR))
    launcher.start("http://127.0.0.1:8188", host="127.0.0.1")
    yield launcher
    launcher.stop()


def test_it_tells_the_address_and_a_token_that_no_command_line_shows(launched: Launcher, tmp_path: Path) -> None:
    told = until(launched, "running")
    assert told["address"] == "http://127.0.0.1:1"
    pid, token, arguments = (tmp_path / "started").read_text().strip().split(" ", 2)
    assert told["token"] == token
    assert len(token) >= 32
    assert arguments == "live --comfyui http://127.0.0.1:8188 --host 127.0.0.1 --port 0 --json"
    assert all(token not in word for word in psutil.Process(int(pid)).cmdline())


def test_a_second_start_takes_the_one_that_is_up(launched: Launcher, tmp_path: Path) -> None:
    first = until(launched, "running")
    assert launched.start("http://127.0.0.1:8188", host="127.0.0.1") == first
    assert len((tmp_path / "started").read_text().splitlines()) == 1


def test_stop_ends_the_runner_and_a_new_one_can_start(launched: Launcher, tmp_path: Path) -> None:
    until(launched, "running")
    (pid,) = (int(line.split()[0]) for line in (tmp_path / "started").read_text().splitlines())
    assert launched.stop()["state"] == "stopped"
    assert not psutil.pid_exists(pid)
    launched.start("http://127.0.0.1:8188", host="127.0.0.1")
    until(launched, "running")


def test_a_new_runner_waits_for_the_end_of_the_one_that_is_being_stopped(tmp_path: Path) -> None:
    launcher = Launcher(folder(tmp_path, ENDS_SLOWLY))
    launcher.start("http://127.0.0.1:8188", host="127.0.0.1")
    until(launcher, "running")
    stopping = threading.Thread(target=launcher.stop)
    stopping.start()
    while launcher.status()["state"] == "running":
        pass  # another editor sees it stopped, and starts one at once
    launcher.start("http://127.0.0.1:8188", host="127.0.0.1")
    until(launcher, "running")
    stopping.join()
    assert (tmp_path / "noted").read_text().split() == ["started", "ended", "started"]
    launcher.stop()


def test_what_the_runner_said_last_is_why_it_failed(tmp_path: Path) -> None:
    launcher = Launcher(folder(tmp_path, REFUSES))
    launcher.start("http://127.0.0.1:8188", host="127.0.0.1")
    told = until(launcher, "failed")
    assert told["code"] == "editor.runner_ended"
    assert "another OnAir is live on this folder; stop it (data.taken)" in told["message"]


def test_without_what_the_runner_needs_the_one_command_is_told(tmp_path: Path) -> None:
    launcher = Launcher(tmp_path)  # no environment of its own, and no runner that this interpreter could import
    launcher.start("http://127.0.0.1:8188", host="127.0.0.1")
    told = until(launcher, "failed")
    assert told["code"] == "editor.no_runner"
    assert "python3 install.py setup" in told["message"]


def test_no_runner_outlives_a_comfyui_that_was_killed(tmp_path: Path) -> None:
    place = folder(tmp_path, ON_AIR)
    program = (
        "import sys; from pathlib import Path; from custom_nodes.web.launcher import Launcher\n"
        "launcher = Launcher(Path(sys.argv[1])); launcher.start('http://127.0.0.1:1', host='127.0.0.1')\n"
        "launcher.wait(20); print(launcher.status()['state'], flush=True); sys.stdin.read()\n"
    )
    root = Path(__file__).resolve().parents[2]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    comfyui = subprocess.Popen([sys.executable, "-c", program, str(place)], cwd=root, **pipes)
    assert comfyui.stdout is not None
    assert comfyui.stdout.readline().strip() == "running"
    runner = psutil.Process(int((place / "started").read_text().split()[0]))
    comfyui.kill()
    comfyui.wait()
    runner.wait(20)
    comfyui.stdout.close()
    assert comfyui.stdin is not None
    comfyui.stdin.close()


@pytest.mark.parametrize(
    ("listening", "tls", "expected"),
    [
        ("127.0.0.1", False, ("http://127.0.0.1:8188", "127.0.0.1")),
        ("0.0.0.0", False, ("http://127.0.0.1:8188", "0.0.0.0")),
        ("::1", True, ("https://[::1]:8188", "::1")),
    ],
)
def test_the_runner_listens_as_openly_as_comfyui(listening: str, tls: bool, expected: tuple[str, str]) -> None:
    assert addresses(listening, 8188, tls=tls) == expected
