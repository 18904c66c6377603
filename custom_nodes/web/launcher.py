"""One runner for this ComfyUI: started when the editor asks, never twice, ended with ComfyUI at the latest."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .errors import EditorError, RunnerEnded
from .interpreter import find_interpreter
from .runner_log import RunnerLog

TETHER = Path(__file__).with_name("tether.py")
END_LIMIT_S = 20.0
SHOWN_LINES = 12
OF_ONE_PYTHON = ("PYTHONHOME", "__PYVENV_LAUNCHER__")
"""What leads an interpreter to the libraries of the one that runs ComfyUI, which may be another."""


class Launcher:
    """Holds the process. All methods may be called from any thread; `start` returns at once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._ending = threading.Lock()  # held until a runner has ended: two on one data folder refuse each other
        self._state = "stopped"
        self._error: EditorError | None = None
        self._process: subprocess.Popen[str] | None = None
        self._log = RunnerLog()
        self._token = ""
        self._settled = threading.Event()

    def status(self) -> dict[str, Any]:
        """Return how it stands: `state` stopped|starting|running|failed, and what the panel needs to go on."""
        with self._lock:
            told: dict[str, Any] = {"state": self._state, "step": self._log.step, "log": self._log.lines[-SHOWN_LINES:]}
            if self._state == "running":
                told |= {"address": self._log.address, "token": self._token}
            if self._error is not None:
                told |= {"code": self._error.code, "message": str(self._error), "retryable": self._error.retryable}
            return told

    def start(self, comfyui: str, *, host: str) -> dict[str, Any]:
        """Start a runner over that ComfyUI (its address), listening on `host`; nothing where one is up or comes up."""
        with self._lock:
            if self._state in ("stopped", "failed"):
                self._state, self._error, self._log = "starting", None, RunnerLog()
                self._settled.clear()
                self._token = secrets.token_urlsafe(32)
                arguments = ["live", "--comfyui", comfyui, "--host", host, "--port", "0", "--json"]
                threading.Thread(target=self._run, args=(arguments, self._log), daemon=True).start()
        return self.status()

    def wait(self, seconds: float) -> bool:
        """Wait until it is on air or has failed; tell whether that came in time."""
        return self._settled.wait(seconds)

    def stop(self) -> dict[str, Any]:
        """End the runner and wait for its end."""
        with self._ending:
            with self._lock:
                process, self._process = self._process, None
                self._state, self._error = "stopped", None
            if process is not None:
                _end(process)
        return self.status()

    def _run(self, arguments: list[str], log: RunnerLog) -> None:
        try:
            python = find_interpreter(self._root)
            process = self._open([str(python), str(TETHER), str(python), "-m", "runner", *arguments], log)
        except (EditorError, OSError) as exc:
            self._fail(
                exc
                if isinstance(exc, EditorError)
                else RunnerEnded(f"OnAir cannot be started: {exc}; look at its folder's rights, then try again"),
                log,
            )
            return
        if process is None:
            return
        log.on_air.wait()
        with self._lock:
            if log is self._log and log.address and self._state == "starting":
                self._state = "running"
                self._settled.set()
        code = process.wait()
        log.wait()
        said = log.fault or next((line for line in reversed(log.lines) if line), "it said nothing")
        self._fail(
            RunnerEnded(f"{said}; OnAir's runner ended with exit code {code}: mend that, then start it again"), log
        )

    def _open(self, command: list[str], log: RunnerLog) -> subprocess.Popen[str] | None:
        """Start the command; None where `stop` came first."""
        with self._ending, self._lock:
            if log is not self._log or self._state != "starting":
                return None
            process = subprocess.Popen(
                command,
                cwd=self._root,
                env=_environment(os.environ, self._token),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            self._process = process
        assert process.stdout is not None
        assert process.stderr is not None
        log.follow(process.stdout, process.stderr)
        return process

    def _fail(self, error: EditorError, log: RunnerLog) -> None:
        with self._lock:
            if log is self._log and self._state in ("starting", "running"):
                self._state, self._error, self._process = "failed", error, None
                self._settled.set()


def _environment(given: Mapping[str, str], token: str) -> dict[str, str]:
    """ComfyUI's environment, the token in it: on the command line every user of the machine could read it."""
    own = {name: value for name, value in given.items() if name not in OF_ONE_PYTHON}
    return {**own, "ONAIR_TOKEN": token, "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"}


def _end(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.close()  # the tether ends the runner, gently first
    try:
        process.wait(END_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


__all__ = ["Launcher"]
