"""Files written whole or not at all; what the disk says becomes an EngineError."""

from __future__ import annotations

import filecmp
import itertools
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from hls import whole_file
from runner.errors import EngineError


def write_file(target: Path, data: bytes) -> None:
    """Write whole or not at all, making the folder. Raises: EngineError."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        whole_file.write_whole(target, data)
    except OSError as exc:
        raise _unwritable(target, exc) from exc


def copy_file(source: Path, target: Path) -> None:
    """Copy whole or not at all; nothing to do where both are one file. Raises: EngineError."""
    if not source.is_file():
        raise EngineError(f"the file {source.name} does not exist; put it back", code="engine.no_file")
    if target.exists() and source.samefile(target):
        return
    # A name of its own: two may copy the same file at once.
    temp = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, temp)
        temp.replace(target)
    except OSError as exc:
        temp.unlink(missing_ok=True)
        raise _unwritable(target, exc) from exc


def add_file(folder: Path, source: Path) -> str:
    """Copy into a folder beside what is there; return the name. Equal bytes keep theirs. Raises: EngineError."""
    for number in itertools.count():
        name = f"{source.stem} ({number}){source.suffix}" if number else source.name
        if not (folder / name).exists():
            copy_file(source, folder / name)
            return name
        if source.is_file() and filecmp.cmp(source, folder / name, shallow=False):
            return name
    raise AssertionError("unreachable")


def write_stream(target: Path, chunks: Iterable[bytes]) -> int:
    """Write what comes, whole or not at all, making the folder; return its bytes. Raises: EngineError."""
    temp = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with temp.open("wb") as file:
            size_bytes = sum(file.write(chunk) for chunk in chunks)
        temp.replace(target)
    except OSError as exc:
        raise _unwritable(target, exc) from exc
    finally:
        whole_file.discard(temp)
    return size_bytes


def _unwritable(target: Path, exc: OSError) -> EngineError:
    return EngineError(
        f"{target.name} cannot be written: {exc.strerror}; look at the room and the rights of {target.parent}",
        code="engine.disk",
        retryable=True,
    )
