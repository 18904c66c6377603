"""Gallery: who may be shown: drawn presenters, the operator's picture, pictures that were uploaded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from runner.avatar import Avatar, place_avatar
from runner.errors import BadInput

UPLOADED = Path("avatars") / "uploaded"
"""Below the data folder: one picture each, named by its id, `ID.landmarks.json` beside it where it has one."""
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".webp"})
PRESENTER = "presenter"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")

Kind = Literal["drawn", "picture", "uploaded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """One who may be shown. `avatar` is the id; `picture`: the file as it was given, None for a drawn one."""

    avatar: str
    title: str
    kind: Kind
    picture: Path | None = None


class Gallery:
    """What stands in it is looked up each time: pictures come and go."""

    def __init__(self, data: Path, *, picture: Path | None) -> None:
        """`picture`: the operator's, shown first."""
        self._data = data
        self._picture = picture

    @property
    def uploaded(self) -> Path:
        """The folder of the uploaded pictures; it need not be there."""
        return self._data / UPLOADED

    @property
    def default(self) -> Portrait:
        """Who is shown where nobody chooses."""
        return next(self._all())

    def portraits(self) -> list[Portrait]:
        """Return everybody, the default first."""
        return list(self._all())

    def find(self, avatar: str) -> Portrait:
        """Return who has this id. Raises: BadInput `avatar.unknown`."""
        for one in self._all():
            if one.avatar == avatar:
                return one
        raise BadInput(f"there is no avatar {avatar[:80]!r}; take one of /api/avatars", code="avatar.unknown")

    def place(self, avatar: str, *, width: int, height: int, needs_face: bool) -> Avatar:
        """Lay the picture where a graph reads it, in this size. Blocking.

        Raises: BadInput `avatar.unknown`, PictureRefused.
        """
        found = self.find(avatar)
        return place_avatar(found.picture, data=self._data, width=width, height=height, needs_face=needs_face)

    def _all(self) -> Iterator[Portrait]:
        if self._picture is not None:
            stem = self._picture.stem
            name = stem if NAME.fullmatch(stem) and stem != PRESENTER else "picture"
            yield Portrait(avatar=name, title=stem, kind="picture", picture=self._picture)
        yield Portrait(avatar=PRESENTER, title=PRESENTER, kind="drawn")
        pictures = sorted(self.uploaded.iterdir()) if self.uploaded.is_dir() else []
        for path in pictures:
            if path.suffix.lower() in PICTURES and NAME.fullmatch(path.stem):
                yield Portrait(avatar=path.stem, title=path.stem, kind="uploaded", picture=path)
