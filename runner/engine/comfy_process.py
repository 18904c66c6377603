"""The supervised ComfyUI child: started, watched, restarted with backoff, ended with its whole process group.

POSIX. Every call blocks and belongs on a worker thread. Flags and environment: what was measured on ComfyUI 0.30.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
import requests

from runner.errors import ComfyUnreachable, PortTaken

from .base_folder import models_file, prepare_base
from .free_port import free_port, port_taken
from .vital_signs import Work

# The watcher holds the read end of a pipe whose write end only the runner has. However the runner ends, SIGKILL
# included, the kernel closes the pipe and the watcher ends the child's group. PR_SET_PDEATHSIG would fire when the
# *thread* that forked ends, reach the child alone, and exist on Linux only.
WATCHER = """
import os, signal, sys
group = 0
for line in sys.stdin:
    group = int(line)
if group:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""
SIGINT_GRACE_S = 4.0  # a clean end took 1.5-2.4 s
HEALTHY_NS = 60_000_000_000  # a child that lived this long starts the backoff anew
BACKOFF_MAX_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfyPlace:
    """Where a child runs: ComfyUI's tree, its interpreter, our base folder, the data folder, packs to link."""

    root: Path
    python: Path
    base: Path
    data: Path
    packs: tuple[Path, ...] = ()
    port: int = 0
    cpu: bool | None = None
    arguments: tuple[str, ...] = ()
    start_timeout_s: float = 300.0


def has_gpu() -> bool:
    """Tell whether a GPU that torch could use is visible; without one ComfyUI needs `--cpu` to start at all."""
    return sys.platform == "darwin" or any(Path(name).exists() for name in ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd"))


class ComfyProcess:
    """One child. `start` returns when it takes prompts; `stop` leaves nothing of its group."""

    def __init__(self, place: ComfyPlace) -> None:
        self.place = place
        self.port = 0
        self.restarts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher: subprocess.Popen[bytes] | None = None
        self._failures = 0
        self._started_ns = 0
        self._closing = threading.Event()

    @property
    def url(self) -> str:
        """The child's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        return self._child.pid if self._child is not None and self._child.poll() is None else None

    @property
    def log_path(self) -> Path:
        """What the child printed, over all its starts."""
        return self.place.base / "comfyui.log"

    def alive(self) -> bool:
        """Tell whether the child runs."""
        return self.pid is not None

    def start(self) -> None:
        """Start the child and wait for its first 200 from `/queue`, which listens last.

        Raises: PortTaken (ComfyUI itself would notice only after its whole load), ComfyUnreachable.
        """
        if self.place.port and port_taken(self.place.port):
            raise PortTaken(f"port {self.place.port} is taken by another program; choose another for ComfyUI")
        prepare_base(self.place.base, self.place.data, self.place.packs, self.place.root)
        self.port = self.place.port or free_port()
        self._spawn()
        try:
            self._wait_ready()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """End what is left of the child, wait out the backoff, start again. Raises: as `start`."""
        lived_ns = time.monotonic_ns() - self._started_ns
        self.stop()
        self._failures = 0 if lived_ns > HEALTHY_NS else self._failures + 1
        if self._failures > 1:
            self._closing.wait(min(BACKOFF_MAX_S, 0.5 * 2 ** (self._failures - 2)))
        if self._closing.is_set():
            raise ComfyUnreachable("the engine is being closed")
        self.restarts += 1
        self.start()

    def close(self) -> None:
        """End the child for good; a restart under way gives up."""
        self._closing.set()
        self.stop()

    def stop(self) -> None:
        """SIGINT, a grace for ComfyUI to empty its temp folder, then SIGKILL to the group."""
        child, self._child = self._child, None
        if child is not None:
            # A child that was started with SIGINT ignored (by a shell's `&`) would never hear it.
            if child.poll() is None and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                child.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(SIGINT_GRACE_S)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self._dismiss_watcher()

    def kill(self) -> None:
        """SIGKILL to the group at once, for a child that is known to hang."""
        if self._child is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._child.pid, signal.SIGKILL)
            self._child.wait()

    def rss_bytes(self) -> int:
        """Resident memory of the child and its children; 0 when it does not run."""
        pid = self.pid
        if pid is None:
            return 0
        try:
            parent = psutil.Process(pid)
            return sum(int(one.memory_info().rss) for one in (parent, *parent.children(recursive=True)))
        except psutil.Error:
            return 0

    def work(self) -> Work | None:
        """Return what the child and its children have used since they began; None when it does not run."""
        pid = self.pid
        if pid is None:
            return None
        cpu_s, io_bytes = 0.0, 0
        try:
            parent = psutil.Process(pid)
            for one in (parent, *parent.children(recursive=True)):
                times = one.cpu_times()
                cpu_s += times.user + times.system
                io_bytes += one.io_counters().read_bytes if hasattr(one, "io_counters") else 0
        except psutil.Error:
            return None
        return Work(cpu_ns=int(cpu_s * 1e9), io_bytes=io_bytes)

    def _spawn(self) -> None:
        if self._closing.is_set():
            raise ComfyUnreachable("the engine is being closed")
        self._watcher = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", WATCHER],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                self._command(),
                cwd=self.place.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_ns = time.monotonic_ns()
        assert self._watcher.stdin is not None
        self._watcher.stdin.write(f"{self._child.pid}\n".encode())
        self._watcher.stdin.flush()

    def _command(self) -> list[str]:
        cpu = not has_gpu() if self.place.cpu is None else self.place.cpu
        environment = ["ONAIR_CHILD=1"]  # our pack then freezes the heap: a GC pause is 0.4 s every 10 s otherwise
        if cpu:
            # Spinning OpenMP barriers on a busy 2-core machine were 30-50 times slower.
            environment += ["OMP_WAIT_POLICY=passive", "OMP_NUM_THREADS=1"]
        # `env` replaces itself with the interpreter, so the pid stays the group's leader.
        command = [shutil.which("env") or "env", *environment, str(self.place.python), "main.py"]
        command += ["--base-directory", str(self.place.base), "--listen", "127.0.0.1", "--port", str(self.port)]
        command += ["--extra-model-paths-config", str(models_file(self.place.base))]
        command += ["--disable-api-nodes", "--disable-auto-launch", "--disable-metadata"]
        command += ["--database-url", "sqlite:///:memory:", "--preview-method", "none"]
        return command + (["--cpu"] if cpu else []) + list(self.place.arguments)

    def _wait_ready(self) -> None:
        deadline_ns = time.monotonic_ns() + int(self.place.start_timeout_s * 1e9)
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic_ns() < deadline_ns and not self._closing.is_set():
                if not self.alive():
                    raise ComfyUnreachable(f"ComfyUI ended while it started: {self._last_words()}")
                with contextlib.suppress(requests.RequestException):
                    if session.get(f"{self.url}/queue", timeout=5).status_code == 200:
                        return
                self._closing.wait(0.05)
        raise ComfyUnreachable(f"ComfyUI did not answer within {self.place.start_timeout_s:.0f} s; see {self.log_path}")

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.log_path.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1] if lines else 'it printed nothing'} (log: {self.log_path})"

    def _dismiss_watcher(self) -> None:
        watcher, self._watcher = self._watcher, None
        if watcher is None:
            return
        # Group 0 tells it that there is nothing left to end, so a reused id is never hit.
        with contextlib.suppress(OSError):
            assert watcher.stdin is not None
            watcher.stdin.write(b"0\n")
            watcher.stdin.close()
        watcher.wait()
