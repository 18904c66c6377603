"""Does a long sound take more memory than a short one? `run` of the shipped graph over both, each in a new process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import wave
from pathlib import Path
from typing import Any

import numpy as np

from runner.bench.machine import machine, resident_bytes
from runner.errors import EngineError
from runner.settings import REPOSITORY, load_settings

SHORT_S = 10
RATE_HZ = 44_100
LOOK_S = 0.1
PHASES = {"sound": "sound", "job": "windows", "joining": "joining"}
"""What the events of `run --json` say that it does next."""


def bench_job(seconds: int) -> dict[str, Any]:
    """Run 10 s of sound, then `seconds`; return for each the largest RSS of the runner, by phase, and of ComfyUI.

    Bytes, Linux only. Raises: EngineError where a run fails.
    """
    settings = load_settings()
    comfyui = settings.comfyui or str(REPOSITORY / ".comfyui")
    with tempfile.TemporaryDirectory(prefix="onair-bench-") as folder:
        runs = [_run(Path(folder), length, comfyui) for length in (SHORT_S, seconds)]
    peaks = [max(run["runner_rss_bytes"].values()) for run in runs]
    return {
        "bench": "job",
        **machine(comfyui=Path(comfyui)),
        "workflow": settings.workflow.name,
        "runs": [{name: value for name, value in run.items() if name != "runner_rss_bytes"} for run in runs],
        "runner_rss_bytes": {f"{run['seconds']} s": run["runner_rss_bytes"] for run in runs},
        "growth_bytes": {
            "runner": peaks[1] - peaks[0],
            "comfyui": runs[1]["comfyui_rss_bytes"] - runs[0]["comfyui_rss_bytes"],
        },
    }


def _run(folder: Path, seconds: int, comfyui: str) -> dict[str, Any]:
    sound = folder / f"{seconds}.wav"
    write_sound(sound, seconds)
    words = [sys.executable, "-m", "runner", "run", str(load_settings().workflow), "--input", f"audio={sound}"]
    words += ["-o", str(folder / f"out_{seconds}"), "--data", str(folder / "data"), "--comfyui", comfyui, "--json"]
    begun = time.monotonic()
    with subprocess.Popen(words, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True) as process:
        watch = _Watch(process.pid)
        assert process.stdout is not None
        windows = 0
        for line in process.stdout:
            event = json.loads(line)
            watch.phase = PHASES.get(event.get("event", ""), watch.phase)
            windows = event.get("windows", windows) if event.get("event") == "job" else windows
        watch.end()
    if process.returncode:
        raise EngineError(f"run ended with {process.returncode} over {seconds} s of sound; see what it printed")
    return {
        "seconds": seconds,
        "windows": windows,
        "took_s": round(time.monotonic() - begun, 1),
        "comfyui_rss_bytes": watch.comfyui_bytes,
        "runner_rss_bytes": watch.runner_bytes,
    }


class _Watch:
    """Looks at a process and its children ten times a second, on a thread of its own."""

    def __init__(self, pid: int) -> None:
        self.phase = "start"
        self.runner_bytes: dict[str, int] = {}
        self.comfyui_bytes = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            try:
                here = resident_bytes(self._pid)
                self.runner_bytes[self.phase] = max(here, self.runner_bytes.get(self.phase, 0))
                self.comfyui_bytes = max(self.comfyui_bytes, *map(resident_bytes, _children(self._pid)), 0)
            except (OSError, StopIteration, TypeError):  # it has just ended, or has no child yet
                continue


def _children(pid: int) -> list[int]:
    told = [Path(f"/proc/{pid}/task/{task.name}/children").read_text() for task in Path(f"/proc/{pid}/task").iterdir()]
    return [int(child) for line in told for child in line.split()]


def write_sound(path: Path, seconds: int) -> None:
    """Write syllables of a buzz in stereo, a second at a time."""
    at = np.arange(RATE_HZ) / RATE_HZ
    voice = sum(np.sin(2 * np.pi * 130 * harmonic * at) / harmonic for harmonic in range(1, 6))
    loud = np.maximum(0.0, np.sin(2 * np.pi * 3 * at)) ** 2
    second = np.repeat((6_000 * voice * loud).astype("<i2"), 2).tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        for _ in range(seconds):
            file.writeframesraw(second)
