"""A folder out of a source archive, whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from installer.errors import ArchiveRefused

MAX_BYTES = 500_000_000  # far above any source tree; an archive that claims more is not one
ANOTHER = (
    "Run the same command again when there is room and a network; if it fails again, name a ComfyUI that you have: "
    "--comfyui PATH or URL."
)


def sha256_of(path: Path) -> str:
    """The file's SHA-256, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def check_sha256(path: Path, expected: str) -> None:
    """Raises: ArchiveRefused when the file is not the pinned one."""
    found = sha256_of(path)
    if found != expected:
        raise ArchiveRefused(
            f"{path.name} is not the pinned file.",
            why=f"its SHA-256 is {found}, it should be {expected}",
            remedy="Something between you and the package index changed it: try another network.",
        )


def _members(tar: tarfile.TarFile, folder: str) -> Iterator[tuple[tarfile.TarInfo, PurePosixPath]]:
    """The files and folders below `folder`, each with its path relative to it. Raises: ArchiveRefused."""
    prefix = PurePosixPath(folder)
    total_bytes = 0
    for member in tar:
        path = PurePosixPath(member.name)
        if path.parts[: len(prefix.parts)] != prefix.parts:
            continue
        inside = path.relative_to(prefix)
        bad = path.is_absolute() or ".." in path.parts or "\\" in member.name or ":" in member.name
        if bad or not (member.isreg() or member.isdir()):
            raise ArchiveRefused(
                f"The archive holds {member.name!r}, which is no plain file inside its folder.", remedy=ANOTHER
            )
        total_bytes += member.size
        if total_bytes > MAX_BYTES:
            raise ArchiveRefused(
                f"The archive's {folder} would unpack to more than {MAX_BYTES // 1_000_000} MB.", remedy=ANOTHER
            )
        if inside.parts:
            yield member, inside


def extract_folder(archive: Path, folder: str, target: Path) -> int:
    """Write the files below `folder` to `target` (emptied first); returns how many. Links and devices are refused.

    Names and types are checked here, not by tarfile's filters: Python 3.10 may lack those.
    Raises: ArchiveRefused, also for an archive that ends in the middle.
    """
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    count = 0
    try:
        with tarfile.open(archive, "r:*") as tar:
            for member, inside in _members(tar, folder):
                path = target.joinpath(*inside.parts)
                if member.isdir():
                    path.mkdir(parents=True, exist_ok=True)
                    continue
                path.parent.mkdir(parents=True, exist_ok=True)
                source = tar.extractfile(member)
                assert source is not None  # a regular file always has content
                with source, path.open("xb") as file:
                    shutil.copyfileobj(source, file)
                path.chmod(0o755 if member.mode & 0o100 else 0o644)
                count += 1
    except (tarfile.TarError, EOFError, OSError, ValueError) as exc:
        raise ArchiveRefused(f"{archive.name} could not be unpacked.", why=str(exc), remedy=ANOTHER) from exc
    return count
