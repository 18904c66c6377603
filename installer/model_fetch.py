"""One model file: fetched to `.part`, gone on with after a kill, checked, then named by one rename."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import os
import time
from pathlib import Path
from typing import BinaryIO

from installer.errors import HostBusy, InstallError
from installer.meter import Meter
from installer.model_folders import is_whole
from installer.model_host import Body, ModelHost, RemoteFile
from installer.model_list import ModelFile

BLOCK_BYTES = 1 << 20
TRIES = 5  # in a row without one new byte
PAUSE_S = 2.0


def part_of(target: Path) -> Path:
    """Where the beginning of a file lies until it is whole."""
    return target.with_name(target.name + ".part")


def _tag_of(target: Path) -> Path:
    return target.with_name(target.name + ".part.etag")


def came_bytes(target: Path) -> int:
    """How much of a file is there already."""
    try:
        return part_of(target).stat().st_size
    except OSError:
        return 0


def drop(target: Path) -> None:
    """Forget a beginning that is of no use."""
    part_of(target).unlink(missing_ok=True)
    _tag_of(target).unlink(missing_ok=True)


def fetch(host: ModelHost, model: ModelFile, target: Path, remote: RemoteFile, *, pause_s: float = PAUSE_S) -> None:
    """Bring the file to `target`; it stands there whole and checked, or not at all.

    A cut connection is taken up again, as is a `.part` of an earlier run. Raises: InstallError.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    meter = Meter(model.name, done_bytes=came_bytes(target), total_bytes=remote.size_bytes)
    failures, most = 0, came_bytes(target)
    try:
        while not _is_complete(target, remote.size_bytes):
            trouble = None
            try:
                if _transfer(host, model, target, meter):
                    break
            except HostBusy as exc:
                trouble = exc
            failures = 0 if came_bytes(target) > most else failures + 1
            most = max(most, came_bytes(target))
            if failures >= TRIES:
                raise trouble or _never_whole(model, target, remote)
            time.sleep(pause_s * failures)
    finally:
        meter.end()
    _accept(model, target, remote)


def _never_whole(model: ModelFile, target: Path, remote: RemoteFile) -> HostBusy:
    return HostBusy(
        f"{model.name} did not come whole: the connection ends again and again.",
        why=f"{came_bytes(target)} of {remote.size_bytes or 'unknown'} bytes are here",
        remedy="Run the same command again when the network is better; it goes on where it stood.",
    )


def _is_complete(target: Path, size_bytes: int) -> bool:
    return bool(size_bytes) and came_bytes(target) == size_bytes


def _transfer(host: ModelHost, model: ModelFile, target: Path, meter: Meter) -> bool:
    """Take what one connection gives; True when it gave the file's last byte. Raises: InstallError."""
    tag = ""
    with contextlib.suppress(OSError, ValueError):
        tag = _tag_of(target).read_text(encoding="utf-8")
    body = host.open(model, came_bytes(target), tag)
    if body is None:  # what is here is no beginning of what is there
        drop(target)
        return False
    with contextlib.closing(body.stream):
        if not body.start_bytes:
            drop(target)  # before its tag changes: old bytes must never stand beside a new tag
        _tag_of(target).write_text(body.etag, encoding="utf-8")
        meter.moved(body.start_bytes)
        try:
            with part_of(target).open("r+b" if body.start_bytes else "wb") as part:
                part.seek(body.start_bytes)
                return _copy(body, part, meter)
        except OSError as exc:  # of writing: _copy takes care of what reading raises
            if exc.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise
            raise InstallError(
                f"{model.name} could not be written: the disk is full.",
                why=f"{exc.strerror}; {came_bytes(target)} bytes of it are here",
                remedy="Free some space, or take another folder by --to; the same command goes on where it stood.",
            ) from exc


def _copy(body: Body, part: BinaryIO, meter: Meter) -> bool:
    came = body.start_bytes
    while True:
        try:
            block = body.stream.read(BLOCK_BYTES)
        except (OSError, http.client.HTTPException):
            return False  # cut: what came is kept
        if not block:
            return came >= body.total_bytes
        part.write(block)
        came += len(block)
        meter.add(len(block))


def _accept(model: ModelFile, target: Path, remote: RemoteFile) -> None:
    """Check what came and give it its name. Raises: InstallError; what is wrong is removed."""
    part = part_of(target)
    size, sha256 = came_bytes(target), model.sha256 or remote.sha256
    why = ""
    if remote.size_bytes and size != remote.size_bytes:
        why = f"{size} bytes came, the source has {remote.size_bytes}"
    elif sha256 and (found := _sha256(part)) != sha256:
        why = f"its SHA-256 is {found}, it should be {sha256}"
    elif not is_whole(part, suffix=target.suffix):
        why = "it is shorter or longer than its own header says"
    if why:
        drop(target)
        raise InstallError(
            f"{model.name} is not the file that was published; what came was removed.", why=why,
            remedy="Run the same command again; if it happens again, try another network or ONAIR_MODEL_HOST.",
        )  # fmt: skip
    with part.open("r+b") as file:
        os.fsync(file.fileno())
    part.replace(target)
    _tag_of(target).unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    meter = Meter(f"{path.name.removesuffix('.part')}, checking", done_bytes=0, total_bytes=path.stat().st_size)
    with path.open("rb") as file:
        for block in iter(lambda: file.read(BLOCK_BYTES), b""):
            digest.update(block)
            meter.add(len(block))
    meter.end()
    return digest.hexdigest()
