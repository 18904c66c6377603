"""The avatars there are: drawn ones, the picture that the server was given, and those that people brought."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from custom_nodes.portrait.beside import landmarks_beside
from custom_nodes.portrait.drawn import AVATARS
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.landmarks_json import from_json, to_json
from custom_nodes.portrait.picture import jpeg_bytes, load_picture, png_bytes, within
from custom_nodes.portrait.placed import of_size, read_landmarks
from hls.whole_file import write_whole
from runner.avatar import DRAWN, Avatar, drawn_name, place_avatar, place_drawn, translated
from runner.errors import BadInput
from runner.uploaded import ID, LARGEST_SIDE, UploadedPictures, mark_used

DRAWN_SIDE = 512
SMALL_SIDES = (96, 160, 320, 640)
CACHED_SMALL = 128

Kind = Literal["drawn", "picture", "uploaded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One avatar: what asks for it (`id`), and what people call it (`title`)."""

    id: str
    title: str
    kind: Kind


class Avatars:
    """Finds, shows and places avatars. Every method may block, and may be called in any thread."""

    def __init__(self, data: Path, *, given: Path | None = None) -> None:
        """`given`: the server's own picture, or the name of the drawn avatar that it shows."""
        self._data = data
        self._drawn = drawn_name(given) or DRAWN[0]
        self._given = given if drawn_name(given) is None else None
        self.uploaded = UploadedPictures(data / "avatars" / "uploaded")
        self._small: dict[tuple[str, int, int], bytes] = {}
        self._making = threading.Lock()

    @property
    def default(self) -> str:
        """The id of the server's own picture, else that of its drawn avatar."""
        if self._given is None:
            return self._drawn
        word = re.sub(r"[^a-z0-9]+", "-", self._given.stem.lower()).strip("-")
        return "picture" if not word or word in DRAWN or ID.fullmatch(word) else word

    def all(self) -> list[Listed]:
        """Every avatar: the server's own picture first, then the drawn ones, then the uploaded, the newest first."""
        own = [] if self._given is None else [Listed(id=self.default, title=self._given.stem, kind="picture")]
        drawn = [Listed(id=name, title=AVATARS[name].title, kind="drawn") for name in DRAWN]
        brought = [
            Listed(id=one, title=self.uploaded.title(one), kind="uploaded") for one in reversed(self.uploaded.ids())
        ]
        return [*own, *drawn, *brought]

    def find(self, avatar: str) -> Listed:
        """Return the avatar of this id. Raises: BadInput `avatar.unknown`."""
        for one in self.all():
            if one.id == avatar:
                return one
        raise BadInput(f"there is no avatar {avatar[:80]!r}; take one of /api/avatars", code="avatar.unknown")

    def place(self, avatar: str, *, width: int, height: int, needs_face: bool) -> Avatar:
        """Lay an avatar's picture where a graph can read it, as `place_avatar` does.

        Raises: BadInput `avatar.unknown`, PictureRefused.
        """
        found = self.find(avatar)
        if found.kind == "uploaded":
            mark_used(self.uploaded.path(found.id))
        if found.kind == "drawn":
            return place_drawn(found.id, self._data, width=width, height=height)
        path = self._given if found.kind == "picture" else self.uploaded.path(found.id)
        placed = place_avatar(path, data=self._data, width=width, height=height, needs_face=needs_face)
        return replace(placed, title=found.title)

    def picture(self, avatar: str) -> bytes:
        """Return the picture as a PNG: landmarks count in its pixels. Raises: BadInput `avatar.unknown`."""
        return self._file(self.find(avatar)).read_bytes()

    def small(self, avatar: str, size: int) -> bytes:
        """Return a JPEG whose shorter side has at least `size` pixels, as far as the picture has them.

        Raises: BadInput `avatar.unknown`, PictureRefused.
        """
        side = next((one for one in SMALL_SIDES if one >= size), SMALL_SIDES[-1])
        path = self._file(self.find(avatar))
        key = (str(path), path.stat().st_mtime_ns if path.exists() else 0, side)
        data = self._small.get(key)
        if data is None:
            with translated():
                pixels = load_picture(path)
            height, width = pixels.shape[:2]
            data = jpeg_bytes(within(pixels, round(side * max(height, width) / min(height, width))))
            if len(self._small) >= CACHED_SMALL:
                self._small.clear()  # also while another thread looks something up
            self._small[key] = data
        return data

    def landmarks(self, avatar: str) -> dict[str, Any]:
        """Return where its face is, in pixels of `picture`. Raises: BadInput `avatar.unknown`, PictureRefused."""
        path = self._file(self.find(avatar))
        beside = landmarks_beside(path)
        if beside.is_file():
            return dict(json.loads(beside.read_text(encoding="utf-8")))
        with translated():
            return dict(json.loads(to_json(find_landmarks(load_picture(path)))))

    def _file(self, found: Listed) -> Path:
        if found.kind == "uploaded":
            return self.uploaded.path(found.id)
        if found.kind == "picture" and self._given is not None:
            return self._shown(self._given)
        with self._making:  # it takes a second: two who ask at once wait for one drawing
            placed = place_drawn(found.id, self._data, width=DRAWN_SIDE, height=DRAWN_SIDE)
        return self._data / placed.name

    def _shown(self, given: Path) -> Path:
        """Return the server's own picture as browsers get it: upright, not larger than uploaded ones, with its face."""
        stat = given.stat() if given.exists() else None
        state = f"{given} {stat.st_mtime_ns} {stat.st_size}" if stat is not None else str(given)
        target = self._data / "avatars" / f"given_{hashlib.sha256(state.encode()).hexdigest()[:16]}.png"
        with self._making, translated():
            if not target.is_file():
                pixels = within(load_picture(given), LARGEST_SIDE)
                height, width = pixels.shape[:2]
                told = read_landmarks(landmarks_beside(given))
                if told is not None:
                    found = of_size(from_json(told), width, height)
                    write_whole(landmarks_beside(target), to_json(found).encode())
                write_whole(target, png_bytes(pixels))
        return target
