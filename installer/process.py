"""Processes told apart safely: a pid alone may by now be another program's."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from installer.progress import answers

_PROC = Path("/proc")
POLL_S = 0.1


@dataclass(frozen=True, slots=True)
class Identity:
    """A process: its pid and when it was started, in the system's own words."""

    pid: int
    started: str


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, … start time is field 19."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []


def identify(pid: int) -> Identity | None:
    """The process with this pid, or None when there is none (a zombie counts as none)."""
    if _PROC.joinpath("self").exists():
        fields = _stat_fields(pid)
        return Identity(pid, fields[19]) if fields and fields[0] != "Z" else None
    started = answers(["ps", "-o", "lstart=", "-p", str(pid)])
    return Identity(pid, started) if started else None


def is_alive(identity: Identity) -> bool:
    """Whether this very process still runs."""
    return identify(identity.pid) == identity


def command_line(pid: int) -> str:
    """Its command line, words separated by spaces; "" when it cannot be read."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return answers(["ps", "-o", "command=", "-p", str(pid)]) or ""


def descendants(pid: int) -> list[Identity]:
    """Its children and theirs, where /proc tells."""
    parents: dict[int, list[int]] = {}
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if entry.name.isdigit():
            fields = _stat_fields(int(entry.name))
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        for child in parents.get(todo.pop(), []):
            identity = identify(child)
            todo.append(child)
            if identity:
                found.append(identity)
    return found


def wait_gone(identities: list[Identity], timeout_s: float) -> list[Identity]:
    """Wait until they have ended; returns those that have not."""
    deadline = time.monotonic() + timeout_s
    while True:
        left = [identity for identity in identities if is_alive(identity)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(POLL_S)


def end(identity: Identity, *, grace_s: float) -> bool:
    """End a process that leads its own group, and what it started; True when it went by itself, on SIGTERM.

    Its children are noted first: ComfyUI has a session of its own, and must not outlive a runner that is killed.
    """
    if sys.platform == "win32" or not is_alive(identity):
        return True
    family = descendants(identity.pid)
    with contextlib.suppress(ProcessLookupError):
        os.kill(identity.pid, signal.SIGTERM)
    gracefully = not wait_gone([identity], grace_s)
    if not gracefully:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(identity.pid, signal.SIGKILL)
    for left in wait_gone(family, 2.0 if gracefully else 0.0):
        with contextlib.suppress(ProcessLookupError):
            os.kill(left.pid, signal.SIGKILL)
    return not wait_gone([identity, *family], 5.0) and gracefully
