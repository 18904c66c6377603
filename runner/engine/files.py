"""Files written whole or not at all; what the disk says becomes an EngineError."""

from __future__ import annotations

import contextlib
import filecmp
import itertools
import shutil
import uuid
from collections.abc import Iterable, Iterator
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
    with _taking_place(target) as temp:
        shutil.copyfile(source, temp)


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
    with _taking_place(target) as temp, temp.open("wb") as file:
        size_bytes = sum(file.write(chunk) for chunk in chunks)
    return size_bytes


@contextlib.contextmanager
def _taking_place(target: Path) -> Iterator[Path]:
    """Give a path beside the target, which takes its place at the end. Raises: EngineError.

    Its name is new, since two may write the same file at once, and short, since the target's may be as long as can be.
    """
    temp = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield temp
        temp.replace(target)
    except OSError as exc:
        raise _unwritable(target, exc) from exc
    finally:
        whole_file.discard(temp)


def _unwritable(target: Path, exc: OSError) -> EngineError:
    return EngineError(
        f"{target.name} cannot be written: {exc.strerror}; look at the room and the rights of {target.parent}",
        code="engine.disk",
        retryable=True,
    )
