"""The supervised ComfyUI child: started, watched, restarted with backoff, ended with its whole process group.

POSIX. Every call blocks and belongs on a worker thread. A little long: how a child is born, watched and taken away
is one story, and its races are between these parts.
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

from runner.errors import ComfyUnreachable, EngineError, PortTaken

from .backoff import Backoff
from .base_folder import prepare_base
from .child_watcher import Watcher
from .comfy_place import ComfyPlace, command
from .free_port import free_port, port_taken
from .last_words import last_words
from .vital_signs import Work

SIGINT_GRACE_S = 4.0  # a clean end took 1.5-2.4 s
LOG_MAX_BYTES = 8_000_000  # at a start a longer log gives way to a new one; one older is kept


class ComfyProcess:
    """One child. `start` returns when it takes prompts; `stop` leaves nothing of its group."""

    def __init__(self, place: ComfyPlace) -> None:
        self.place = place
        self.port = 0
        self.restarts = 0
        self._child: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None
        self._backoff = Backoff()
        self._closing = threading.Event()
        # A child is born and taken away under this lock: `close` comes from another thread than a restart.
        self._birth = threading.Lock()

    @property
    def url(self) -> str:
        """The child's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        child = self._child
        return child.pid if child is not None and child.poll() is None else None

    @property
    def log_path(self) -> Path:
        """What the child printed, over its last starts."""
        return self.place.base / "comfyui.log"

    def alive(self) -> bool:
        """Tell whether the child runs."""
        return self.pid is not None

    def start(self) -> None:
        """Start the child and wait for its first 200 from `/queue`, which listens last.

        Raises: PortTaken (ComfyUI itself would notice only after its whole load), ComfyUnreachable, EngineError.
        """
        if self.place.port and port_taken(self.place.port):
            raise PortTaken(
                f"port {self.place.port} is taken by another program; stop it, or choose another for ComfyUI"
            )
        prepare_base(self.place.base, self.place.data, self.place.packs, self.place.root)
        self.port = self.place.port or free_port()
        try:
            self._spawn()
            self._wait_ready()
        except BaseException:
            self.stop()
            raise

    def restart(self) -> None:
        """End what is left of the child, wait out the backoff, start again. Raises: as `start`."""
        wait_s = self._backoff.ended(time.monotonic_ns())
        self.stop()
        self._closing.wait(wait_s)
        if self._closing.is_set():
            raise ComfyUnreachable("the engine is being closed; start it again")
        self.restarts += 1
        self.start()

    def prove(self) -> None:
        """It finished a prompt."""
        self._backoff.proved()

    def close(self) -> None:
        """End the child for good; a restart under way gives up."""
        self._closing.set()
        self.stop()

    def stop(self) -> None:
        """SIGINT, a grace for ComfyUI to empty its temp folder, then SIGKILL to the group."""
        with self._birth:
            child, self._child = self._child, None
            watcher, self._watcher = self._watcher, None
        if child is not None:
            # A child that was started with SIGINT ignored (by a shell's `&`) would never hear it.
            if child.poll() is None and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
                child.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(SIGINT_GRACE_S)
            _kill(child)
        if watcher is not None:
            watcher.dismiss()

    def kill(self) -> None:
        """SIGKILL to the group at once, for a child that is known to hang."""
        child = self._child
        if child is not None:
            _kill(child)

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
        with self._birth:
            if self._closing.is_set():
                raise ComfyUnreachable("the engine is being closed; start it again")
            try:
                self._child, self._watcher = self._born()
            except OSError as exc:
                raise EngineError(
                    f"ComfyUI cannot be started: {exc}; look whether {self.place.root} is there, and at the room and "
                    f"the rights of {self.place.base}",
                    code="engine.disk",
                    retryable=True,
                ) from exc
        self._backoff.started(time.monotonic_ns())

    def _born(self) -> tuple[subprocess.Popen[bytes], Watcher]:
        """Start the child and who ends it when the runner ends: both, or neither. Raises: OSError."""
        watcher, child = Watcher(), None
        try:
            if self.log_path.is_file() and self.log_path.stat().st_size > LOG_MAX_BYTES:
                self.log_path.replace(self.log_path.with_suffix(".log.1"))
            with self.log_path.open("ab") as log:
                self._log_start = os.fstat(log.fileno()).st_size
                child = subprocess.Popen(
                    command(self.place, self.port),
                    cwd=self.place.root,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            watcher.guard(child.pid)
        except BaseException:
            if child is not None:
                _kill(child)
            watcher.dismiss()
            raise
        return child, watcher

    def _wait_ready(self) -> None:
        deadline_ns = time.monotonic_ns() + int(self.place.start_timeout_s * 1e9)
        with requests.Session() as session:
            session.trust_env = False
            while time.monotonic_ns() < deadline_ns and not self._closing.is_set():
                if not self.alive():
                    words = last_words(self.log_path, self._log_start)
                    raise ComfyUnreachable(f"ComfyUI ended while it started; see its last words: {words}")
                with contextlib.suppress(requests.RequestException):
                    if session.get(f"{self.url}/queue", timeout=5).status_code == 200:
                        return
                self._closing.wait(0.05)
        raise ComfyUnreachable(f"ComfyUI did not answer within {self.place.start_timeout_s:.0f} s; see {self.log_path}")


def _kill(child: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the child's group; return when the child is gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
