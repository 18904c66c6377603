"""One live server a data folder: two would take up, and both write, the same streams.

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
PID_BYTES = 20


@contextmanager
def lock_data(data: Path) -> Iterator[None]:
    """Hold the folder for a live server while the block runs. Raises: BadInput `data.taken`, `data.folder`."""
    path = data / NAME
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as exc:
        sentence = f"the data folder {data} cannot be written: {exc.strerror}; name another with --data"
        raise BadInput(sentence, code="data.folder") from exc
    try:
        _take(lock)
        # The file stays when the lock is given back: removed, two could hold two files of this name.
        yield
    finally:
        os.close(lock)


def _take(lock: int) -> None:
    try:
        if fcntl is None:
            raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        pid = os.read(lock, PID_BYTES).decode("ascii", errors="replace").strip()
        raise BadInput(
            f"another OnAir is live on this folder (pid {pid or 'not known'}); stop it, or use another --data",
            code="data.taken",
        ) from exc
    except OSError as exc:  # some network file systems; no reason to keep a single server off the air
        log.warning("the data folder cannot be locked; start one live server on it alone", extra={"reason": str(exc)})
        return
    os.ftruncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
