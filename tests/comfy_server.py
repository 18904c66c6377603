"""A real ComfyUI for tests: started in its own session, asked by HTTP, ended with its whole group."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
START_LIMIT_S = 180
PROMPT_LIMIT_S = 120
NO_COMFYUI = "ONAIR_TEST_COMFYUI is not set: give it the path of a ComfyUI tree (python3 install.py test does so)"


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyServer:
    """A running ComfyUI. `data` is what input/onair and output/onair lead to; `log` is all it has printed so far."""

    url: str
    base: Path
    log_path: Path

    @property
    def data(self) -> Path:
        return self.base / "data"

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.load(answer)

    def post(self, path: str, body: dict[str, Any]) -> Any:
        request = urllib.request.Request(
            self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def run(self, graph: dict[str, Any]) -> dict[str, Any]:
        """Queue a prompt, wait for its end, return its job (status, outputs, execution_error …)."""
        prompt_id = str(uuid.uuid4())
        try:
            answer = self.post("/prompt", {"prompt": graph, "prompt_id": prompt_id})
        except urllib.error.HTTPError as exc:
            pytest.fail(f"the prompt was refused: {exc.read().decode()[:2000]}")
        assert not answer["node_errors"], answer
        limit = time.monotonic() + PROMPT_LIMIT_S
        while time.monotonic() < limit:
            job: dict[str, Any] = self.get(f"/api/jobs/{prompt_id}")
            if job["status"] in ("completed", "failed", "cancelled"):
                return job
            time.sleep(0.01)
        pytest.fail(f"the prompt has not ended after {PROMPT_LIMIT_S} s")


def comfyui_tree() -> Path:
    """The ComfyUI to test with; a clear failure, no skip, where none is named."""
    tree = os.environ.get("ONAIR_TEST_COMFYUI")
    if not tree:
        pytest.fail(NO_COMFYUI, pytrace=False)
    return Path(tree).resolve()


def start_comfyui(
    base: Path,
    install_pack: Callable[[Path], None],
    *,
    shared: bool = True,
    port: int = 0,
    python: str = sys.executable,
    api_nodes: bool = False,
) -> tuple[ComfyServer, subprocess.Popen[bytes]]:
    """Start ComfyUI in its own session on a free port; `install_pack` gets the custom_nodes folder.

    Not `shared`: input and output are folders of its own, as on another machine. A base that is there is used again.
    Without `api_nodes` it starts sooner, and its editor may reach no other address.
    """
    if not base.exists():
        for name in ("custom_nodes", "input", "output", "data"):
            (base / name).mkdir(parents=True)
        for name in ("input", "output") if shared else ():
            (base / name / "onair").symlink_to(base / "data", target_is_directory=True)
        install_pack(base / "custom_nodes")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = port or probe.getsockname()[1]
    flags = ["--cpu", "--listen", "127.0.0.1", "--port", str(port), "--base-directory", str(base)]
    flags += ["--disable-auto-launch", "--disable-metadata", *([] if api_nodes else ["--disable-api-nodes"])]
    flags += ["--database-url", "sqlite:///:memory:"]
    log_path = base / "comfyui.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            [python, "main.py", *flags],
            cwd=comfyui_tree(),
            env={**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = ComfyServer(url=f"http://127.0.0.1:{port}", base=base, log_path=log_path)
    limit = time.monotonic() + START_LIMIT_S
    while time.monotonic() < limit and process.poll() is None:
        try:
            server.get("/queue")
            return server, process
        except OSError:
            time.sleep(0.1)
    end_comfyui(process)
    pytest.fail(f"ComfyUI did not start:\n{server.log[-3000:]}", pytrace=False)


def end_comfyui(process: subprocess.Popen[bytes]) -> None:
    """End the whole group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=20)
