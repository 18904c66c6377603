"""Whole files: written beside their place and renamed into it, so that a reader or a crash never meets half of one."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

TEMPORARY_SUFFIX = ".tmp"


def beside(target: Path) -> Path:
    """Where a file is written before it takes its place; the leading dot keeps it out of listings."""
    return target.with_name(_temporary_name(target.name))


def discard(path: Path) -> None:
    """Remove a half-written file, if that is possible at all: the error that led here is the one to tell."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def write_whole(target: Path | str, data: bytes, *, durable: bool = False) -> None:
    """Replace `target`; with `durable` it is on the disk when this returns. Raises: OSError, and the old file stays."""
    # Text, not Path: pathlib interns every name, and a stream's names are ever new ones. The interpreter's table of
    # such strings grows with them, by some MB at a time.
    folder, name = os.path.split(target)
    temporary = os.path.join(folder, _temporary_name(name))
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise


def _temporary_name(name: str) -> str:
    return f".{name}.{os.getpid()}{TEMPORARY_SUFFIX}"
