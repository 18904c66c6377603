"""The supervised ComfyUI child: started, watched, restarted with backoff, ended with its whole process group.

POSIX. Every call blocks and belongs on a worker thread.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil
import requests

from runner.errors import ComfyUnreachable, PortTaken

from .base_folder import prepare_base
from .child_watcher import Watcher
from .comfy_place import ComfyPlace, command
from .free_port import free_port, port_taken
from .vital_signs import Work

SIGINT_GRACE_S = 4.0  # a clean end took 1.5-2.4 s
HEALTHY_NS = 60_000_000_000  # a child that lived this long starts the backoff anew
BACKOFF_MAX_S = 30.0


class ComfyProcess:
    """One child. `start` returns when it takes prompts; `stop` leaves nothing of its group."""

    def __init__(self, place: ComfyPlace) -> None:
        self.place = place
        self.port = 0
        self.restarts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None
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
            raise PortTaken(
                f"port {self.place.port} is taken by another program; stop it, or choose another for ComfyUI"
            )
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
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.dismiss()

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
        self._watcher = Watcher()
        with self.log_path.open("ab") as log:
            self._child = subprocess.Popen(
                command(self.place, self.port),
                cwd=self.place.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started_ns = time.monotonic_ns()
        self._watcher.guard(self._child.pid)

    def _wait_ready(self) -> None:
        deadline_ns = time.monotonic_ns() + int(self.place.start_timeout_s * 1e9)
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic_ns() < deadline_ns and not self._closing.is_set():
                if not self.alive():
                    raise ComfyUnreachable(f"ComfyUI ended while it started; its last words: {self._last_words()}")
                with contextlib.suppress(requests.RequestException):
                    if session.get(f"{self.url}/queue", timeout=5).status_code == 200:
                        return
                self._closing.wait(0.05)
        raise ComfyUnreachable(f"ComfyUI did not answer within {self.place.start_timeout_s:.0f} s; see {self.log_path}")

    def _last_words(self) -> str:
        lines = [line.strip() for line in self.log_path.read_text(errors="replace").splitlines() if line.strip()]
        return f"{lines[-1] if lines else 'it printed nothing'} (log: {self.log_path})"
