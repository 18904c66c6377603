"""One install.py at a time: a file lock that the programs it starts hold as well."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

POLL_S = 0.2
REMIND_S = 30.0
_BEYOND_TEXT = 1 << 20  # msvcrt locks bytes, and a locked byte cannot be read: lock one behind the holder's name

if sys.platform == "win32":
    import msvcrt

    def _try_lock(fd: int) -> bool:
        os.lseek(fd, _BEYOND_TEXT, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(fd: int) -> bool:
        # flock, not lockf: it belongs to the open file, so a pip that inherits it keeps the lock when we are killed,
        # and the next install.py waits for that pip instead of writing beside it.
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def _holder(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip("\0\n ")
    except OSError:
        return ""


def _is_current(fd: int, path: Path) -> bool:
    """Whether `path` still names the file we locked; uninstall removes it."""
    try:
        return os.path.samestat(os.fstat(fd), os.stat(path))
    except OSError:
        return False


@contextlib.contextmanager
def hold(path: Path, *, tell: Callable[[str], None]) -> Iterator[int]:
    """Hold the lock; yields the descriptor to hand on to children (`pass_fds`).

    Waits as long as another holds it, and says so at once and then every 30 s.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    last_told = -REMIND_S
    started = time.monotonic()
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if _try_lock(fd) and _is_current(fd, path):
            break
        waited = time.monotonic() - started
        if waited - last_told >= REMIND_S:
            last_told = waited
            tell(
                f"Another install.py is at work here ({_holder(path) or 'it did not say which'}, or a program that it "
                f"left behind). Waiting for it to end; {waited:.0f} s so far. Ctrl-C stops the waiting, not the other."
            )
        os.close(fd)
        time.sleep(POLL_S)
    try:
        os.ftruncate(fd, 0)
        os.lseek(fd, 0, os.SEEK_SET)
        os.write(fd, f"process {os.getpid()}, since {time.strftime('%H:%M:%S')}\n".encode())
        yield fd
    finally:
        os.close(fd)
