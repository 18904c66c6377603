"""Where published bytes go: a folder that any web server can serve, or memory."""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path

from .errors import StoreFull
from .whole_file import TEMPORARY_SUFFIX, write_whole

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,199}")


def is_name(name: str) -> bool:
    """Whether a name may be stored: one path component of plain letters, which does not begin with a dot."""
    return NAME.fullmatch(name) is not None


class MemoryStore:
    """The shipped fake: a dict, with an optional limit on its bytes that acts as a full disk does."""

    def __init__(self, limit_bytes: int | None = None) -> None:
        self.limit_bytes = limit_bytes
        self._files: dict[str, bytes] = {}

    def put(self, name: str, data: bytes) -> None:
        """Publish whole or not at all. Raises: StoreFull (also for a name that no folder could take)."""
        if not is_name(name):
            raise StoreFull(f"{name!r} cannot be stored; use letters, digits, '.', '_' and '-', 200 at most")
        held = sum(len(kept) for other, kept in self._files.items() if other != name)
        if self.limit_bytes is not None and held + len(data) > self.limit_bytes:
            raise StoreFull(f"{name} ({len(data)} bytes) does not fit into {self.limit_bytes} bytes; raise the limit")
        self._files[name] = bytes(data)

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, or None."""
        return self._files.get(name)

    def delete(self, name: str) -> None:
        """Forget a name; unknown names are no error."""
        self._files.pop(name, None)

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._files)


class FolderStore:
    """A folder of whole files: each is written beside its place and renamed into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._folder = os.fspath(folder)  # text for what is done at every part (see `write_whole`)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for leftover in folder.glob(f".*{TEMPORARY_SUFFIX}"):
                leftover.unlink(missing_ok=True)
        except OSError as exc:
            raise StoreFull(
                f"the folder {folder} cannot be used ({exc.strerror}); choose one that can be written"
            ) from exc

    def put(self, name: str, data: bytes) -> None:
        """Publish whole or not at all; a reader never sees half a file. Raises: StoreFull (retryable)."""
        if not is_name(name):
            raise StoreFull(f"{name!r} cannot be stored; use letters, digits, '.', '_' and '-', 200 at most")
        try:
            write_whole(self._path(name), data)
        except OSError as exc:
            raise StoreFull(
                f"{name} ({len(data)} bytes) cannot be written to {self.folder} ({exc.strerror}); free some space"
            ) from exc

    def get(self, name: str) -> bytes | None:
        """The bytes of a name, or None."""
        if not is_name(name):
            return None
        try:
            with open(self._path(name), "rb") as file:
                return file.read()
        except OSError:
            return None

    def delete(self, name: str) -> None:
        """Forget a name; unknown names are no error."""
        if is_name(name):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(self._path(name))

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(name for name in os.listdir(self._folder) if is_name(name))

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)
