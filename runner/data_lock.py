"""One process a folder: two live servers would take up, and both write, the same streams; so would two runs of a job.

The lock is the kernel's and lasts as long as the process, so that it is free at once after a SIGKILL. Its file is
close-on-exec (as every file that Python opens): ComfyUI, outliving a killed runner for a moment, does not hold it.
"""

from __future__ import annotations

import errno
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.errors import BadInput

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

NAME = "live.lock"
JOB_NAME = "job.lock"
PID_BYTES = 20


@contextmanager
def lock_data(data: Path) -> Iterator[None]:
    """Hold the folder for a live server while the block runs. Raises: BadInput `data.taken`, `data.folder`."""
    with _opened(data / NAME) as lock:
        holder = _take(lock, data / NAME)
        if holder is not None:
            raise BadInput(
                f"another OnAir is live on this folder (pid {holder}); stop it, or use another --data",
                code="data.taken",
            )
        yield


@contextmanager
def lock_job(folder: Path) -> Iterator[None]:
    """Hold a job while the block runs. Raises: BadInput `job.taken`, `data.folder`."""
    with _opened(folder / JOB_NAME) as lock:
        holder = _take(lock, folder / JOB_NAME)
        if holder is not None:
            raise BadInput(
                f"another run is at the same job (pid {holder}); wait for its end, or stop it", code="job.taken"
            )
        yield


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        sentence = f"the data folder {path.parent} cannot be written: {exc.strerror}; name another with --data"
        raise BadInput(sentence, code="data.folder") from exc
    try:
        # The file stays when the lock is given back: removed, two could hold two files of this name.
        yield lock
    finally:
        os.close(lock)


def _take(lock: int, path: Path) -> str | None:
    """Take the lock; the process that has it where it is taken, None where it is ours now."""
    try:
        if fcntl is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.exists(path):  # its job ended, and took its folder away, since the file was opened
            raise BlockingIOError
    except BlockingIOError:
        return os.read(lock, PID_BYTES).decode("ascii", errors="replace").strip() or "not known"
    except OSError as exc:  # some network file systems; no reason to keep a single server off the air
        log.warning("the data folder cannot be locked; start one OnAir on it alone", extra={"reason": str(exc)})
        return None
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return None
