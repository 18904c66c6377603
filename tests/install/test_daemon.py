"""start, status, logs, stop on a stand-in runner, whose child has a session of its own, as ComfyUI has."""

from __future__ import annotations

import http.server
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from installer import daemon, live_log, process

RUNNER = """
import http.server, os, signal, subprocess, sys
print("runner up", sys.argv[1:], os.environ["ONAIR_COMFYUI"], flush=True)
if "--check" in sys.argv:
    sys.exit(0)
for word in sys.argv:
    if word.startswith("end.with="):
        print("error [some.code]: no idle loop", flush=True)
        sys.exit(int(word.partition("=")[2]))
stubborn = "--stubborn" in sys.argv
if stubborn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
with open(os.path.join(os.environ["ONAIR_DATA"], "child.pid"), "w") as file:
    file.write(str(child.pid))
def ended(*_):
    child.terminate()
    raise SystemExit(0)
if not stubborn:
    signal.signal(signal.SIGTERM, ended)
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"engine": "up"}')
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Answer)
print('{"address": "http://127.0.0.1:%d"}' % server.server_port, flush=True)
server.serve_forever()
"""


@pytest.fixture
def port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def comfyui():
    """The address of a ComfyUI that listens, which is all that install.py asks of it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(8)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(scope="module")
def set_up(module_checkout):
    (module_checkout.root / "runner" / "__init__.py").write_text("")
    (module_checkout.root / "runner" / "__main__.py").write_text(RUNNER)
    module_checkout.set_up()
    return module_checkout


@pytest.fixture
def ready(set_up, comfyui):
    """A checkout that is set up, with the stand-in runner; whatever it leaves behind is ended."""
    set_up.env["ONAIR_COMFYUI"] = comfyui
    yield set_up
    for name in ("live.pid", "child.pid"):
        path = set_up.root / ".onair" / name
        if path.exists():
            text = path.read_text()
            pid = json.loads(text)["pid"] if name == "live.pid" else int(text)
            if process.identify(pid) and "python" in process.command_line(pid):
                os.kill(pid, signal.SIGKILL)
            path.unlink()


def _start(ready, port: str, *more: str) -> tuple[int, str]:
    return ready.run("start", "--port", port, *more)


def _child(ready) -> process.Identity:
    found = process.identify(int((ready.root / ".onair" / "child.pid").read_text()))
    assert found is not None
    return found


def test_start_status_logs_stop(ready, port) -> None:
    code, text = _start(ready, port)
    assert code == 0, text
    assert f"http://127.0.0.1:{port}" in text
    child = _child(ready)
    code, text = ready.run("status")
    assert code == 0
    assert "Ready." in text
    assert "{" not in text
    code, text = ready.run("status", "--json")
    told = json.loads(text)
    assert (told["running"], told["ready"], told["address"]) == (True, True, f"http://127.0.0.1:{port}")
    assert told["health"] == {"engine": "up"}
    code, text = ready.run("logs")
    assert ready.env["ONAIR_COMFYUI"] in text
    assert f"\nOn air: http://127.0.0.1:{port}\n" in text
    assert '{"address": ' in ready.run("logs", "--json")[1]
    code, text = _start(ready, port)
    assert (code, "running already" in text) == (2, True)
    code, text = ready.run("stop")
    assert (code, "Stopped." in text) == (0, True)
    assert not process.is_alive(child)
    assert ready.run("status")[0] == 3
    code, text = ready.run("status", "--json")
    assert (code, json.loads(text)["running"]) == (3, False)
    assert ready.run("stop")[0] == 0


def test_a_live_in_a_terminal_is_told_of_and_left_alone(ready) -> None:
    (ready.root / ".onair").mkdir(exist_ok=True)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", "runner"])
    try:
        (ready.root / ".onair" / "live.lock").write_text(f"{child.pid}\n")
        code, text = ready.run("status")
        assert (code, f"process {child.pid}" in text) == (3, True), text
        assert f"kill {child.pid}" in ready.run("stop")[1]
        assert child.poll() is None
    finally:
        child.kill()
        child.wait()
    assert "OnAir is not running. Start it" in ready.run("status")[1]


def test_what_is_not_ready_is_told_with_its_reason() -> None:
    parts = [{"name": "engine", "ready": False, "reason": "restarting"}, {"name": "channels", "ready": True}]
    assert daemon._condition(503, json.dumps({"components": parts})) == "Not ready:\n  engine: restarting"
    assert daemon._condition(502, "a proxy's page") == "Not ready: it answers 502 a proxy's page"
    assert daemon._condition(0, "refused") == "It does not answer yet."


def test_restart_takes_the_options_of_the_last_start(ready, port) -> None:
    assert _start(ready, port)[0] == 0
    first = json.loads((ready.root / ".onair" / "live.pid").read_text())
    code, text = ready.run("restart")
    assert code == 0, text
    second = json.loads((ready.root / ".onair" / "live.pid").read_text())
    assert first["pid"] != second["pid"]
    assert second["arguments"] == ["--port", port]
    code, text = ready.run("restart", "--prot", port)
    assert (code, "Did you mean --port?" in text) == (2, True)
    assert "Ready." in ready.run("status")[1]  # a slip does not take it off air
    assert ready.run("stop")[0] == 0


def test_restart_takes_the_comfyui_that_the_last_start_was_given_as_an_option(ready, port) -> None:
    given = ready.env.pop("ONAIR_COMFYUI")
    assert _start(ready, port, "--comfyui", given)[0] == 0
    code, text = ready.run("restart")
    assert code == 0, text
    up = [line for line in ready.run("logs")[1].splitlines() if line.startswith("runner up") and "--check" not in line]
    assert [line.rpartition(" ")[2] for line in up[-2:]] == [given, given]
    assert ready.run("stop")[0] == 0


def test_restart_without_that_option_follows_the_setting(ready, port, comfyui) -> None:
    ready.env["ONAIR_COMFYUI"] = f"{comfyui}/first"
    assert _start(ready, port)[0] == 0
    ready.env["ONAIR_COMFYUI"] = f"{comfyui}/second"
    assert ready.run("restart")[0] == 0
    assert "/second" in ready.run("logs")[1].rpartition("runner up")[2]
    assert ready.run("stop")[0] == 0


@pytest.mark.parametrize(("ended", "expected"), [("1", 1), ("2", 2), ("3", 3), ("4", 4), ("9", 3), ("0", 3)])
def test_a_runner_that_ends_at_once_is_said_with_its_last_words_and_its_code(ready, port, ended, expected) -> None:
    code, text = _start(ready, port, "--set", f"end.with={ended}")
    assert code == expected
    assert "What failed: no idle loop [some.code]\nThe whole log is in " in text
    assert "What to do" not in text  # the runner's sentence says it, where there is something to say
    assert ready.run("status")[0] == 3


def test_on_any_free_port_the_address_is_the_one_that_the_runner_tells(ready) -> None:
    code, text = _start(ready, "0")
    assert code == 0, text
    address = json.loads((ready.root / ".onair" / "live.pid").read_text())["address"]
    assert address in text
    assert address.rpartition(":")[2] != "0"
    assert "Ready." in ready.run("status")[1]
    assert ready.run("stop")[0] == 0


def test_start_sets_a_log_that_has_grown_large_aside(ready, port) -> None:
    log = ready.root / ".onair" / "logs" / "live.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as file:
        file.truncate(live_log.ROLL_BYTES + 1)
        file.seek(0, 2)
        file.write(b"the old end\n")
    code, text = _start(ready, port)
    assert code == 0, text
    assert log.stat().st_size < 100_000
    assert "runner up" in log.read_text()
    assert log.with_suffix(".log.1").read_bytes().endswith(b"the old end\n")
    assert ready.run("stop")[0] == 0


def test_a_taken_port_is_said_before_anything_is_started(ready) -> None:
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        code, text = _start(ready, str(server.server_port))
        assert (code, f"Port {server.server_port} is taken" in text) == (2, True)
        assert not (ready.root / ".onair" / "live.pid").exists()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_pid_that_is_now_another_programs_is_never_ended(ready) -> None:
    other = subprocess.Popen([sys.executable, "-c", "input() # runner"], stdin=subprocess.PIPE)
    try:
        record = {"pid": other.pid, "started": "1", "arguments": [], "address": ""}
        (ready.root / ".onair" / "live.pid").write_text(json.dumps(record))
        assert ready.run("stop")[0] == 0
        assert other.poll() is None
    finally:
        other.communicate(b"\n", timeout=20)


def test_a_runner_that_ignores_the_signal_is_killed_with_all_it_started(tmp_path: Path, port) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, "--stubborn", "--port", port], stdout=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "ONAIR_COMFYUI": "", "ONAIR_DATA": str(tmp_path)},
    ) as stubborn:  # fmt: skip
        assert stubborn.stdout is not None
        stubborn.stdout.readline()
        while not (tmp_path / "child.pid").exists() or not (tmp_path / "child.pid").read_text():
            assert stubborn.poll() is None
        identity = process.identify(stubborn.pid)
        child = process.identify(int((tmp_path / "child.pid").read_text()))
        assert identity is not None
        assert child is not None
        assert process.end(identity, grace_s=0.3) is False
        assert not process.is_alive(identity)
        assert not process.is_alive(child)
