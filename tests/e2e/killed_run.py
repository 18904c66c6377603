"""A real `runner run` in a process of its own, killed right after a file of its job took its place."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.comfy_server import REPOSITORY, comfyui_tree

LIMIT_S = 300.0
PAUSING = REPOSITORY / "tests" / "data" / "pausing"


@dataclass
class KilledRun:
    """The same words again and again. `data` survives a kill; `where`: a ComfyUI by its address, else a child."""

    data: Path
    out: Path
    words: list[str]
    where: str = ""
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def log(self) -> Path:
        return self.data.parent / "run.log"

    @property
    def request(self) -> Path:
        return self.data.parent / "pause"

    @property
    def home(self) -> Path | None:
        """The job's folder, as soon as there is one."""
        return next((path for path in (self.data / "jobs").glob("*") if path.is_dir()), None)

    @property
    def whole(self) -> int:
        """How many windows are there."""
        return len(list(self.home.glob("window_?????.json"))) if self.home is not None else 0

    def start(self) -> None:
        command = [sys.executable, "-m", "runner", "run", *self.words, "-o", str(self.out), "--data", str(self.data)]
        command += ["--comfyui", self.where or str(comfyui_tree()), "--json"]
        env = {**os.environ, "PYTHONPATH": str(PAUSING), "PAUSE_AFTER": str(self.request)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, cwd=REPOSITORY, env=env, stdout=log, stderr=log, text=True, start_new_session=True
            )

    def events(self, kind: str) -> list[dict[str, Any]]:
        told = []
        for line in self.log.read_text(encoding="utf-8", errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                told += [event] if event.get("event") == kind else []
        return told

    def finish(self) -> None:
        """Wait for a good end."""
        assert self.process is not None
        assert self.process.wait(LIMIT_S) == 0, self.said

    @property
    def said(self) -> str:
        """The end of what it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    def pause_after(self, name: str) -> None:
        """Let whoever puts a file of this name into its place stand still there."""
        self._reached.unlink(missing_ok=True)
        self.request.write_text(name, encoding="utf-8")

    def reached(self) -> bool:
        """Wait until somebody stands still; False when the run ended before."""
        limit = time.monotonic() + LIMIT_S
        while not self._reached.exists():
            assert time.monotonic() < limit, self.said
            if self.ended:
                return False
            time.sleep(0.005)
        return True

    def go_on(self) -> None:
        self.request.unlink(missing_ok=True)

    def kill(self, victim: str) -> None:
        """Kill the "runner" or the "comfyui". What stood still goes on, as a ComfyUI does that nobody holds any more.

        A child watches its parent: when the runner is gone, this waits until its family is.
        """
        assert self.process is not None
        if victim == "comfyui":
            found = self.comfyui()
            if found is not None:
                found.kill()
            self.go_on()
            return
        family = psutil.Process(self.process.pid).children(recursive=True)
        self.process.kill()
        self.process.wait(10)
        self.go_on()
        _, alive = psutil.wait_procs(family, timeout=20)
        assert alive == []

    def comfyui(self) -> psutil.Process | None:
        """The ComfyUI child, as soon as there is one."""
        assert self.process is not None
        with contextlib.suppress(psutil.Error):
            for one in psutil.Process(self.process.pid).children(recursive=True):
                with contextlib.suppress(psutil.Error):
                    if "main.py" in " ".join(one.cmdline()):
                        return one
        return None

    def stop(self) -> int:
        """Press Ctrl-C; return the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        self.go_on()
        return self.process.wait(60)

    def close(self) -> None:
        self.go_on()
        if self.process is not None and not self.ended:
            self.kill("runner")

    @property
    def ended(self) -> bool:
        assert self.process is not None
        return self.process.poll() is not None

    @property
    def _reached(self) -> Path:
        return self.request.with_name(f"{self.request.name}.reached")
