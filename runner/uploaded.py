"""The pictures that people brought: each a PNG, where its face is, and what it is called; a few dozen at most."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import threading
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from custom_nodes.portrait.beside import landmarks_beside
from custom_nodes.portrait.errors import FaceMissing, FaceUnfit, LandmarksRefused
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.fitness import check_size
from custom_nodes.portrait.landmarks import Landmarks
from custom_nodes.portrait.landmarks_json import from_json, to_json
from custom_nodes.portrait.picture import load_picture, picture_size, png_bytes, within
from hls.whole_file import write_whole
from runner.avatar import changed_ns, translated
from runner.errors import BadInput

log = logging.getLogger("onair.avatar")

ID = re.compile(r"u-[0-9a-f]{16}")
INCOMING = "incoming-"
LARGEST_SIDE = 1536
"""Pixels of a picture's longer side as it is kept: more than any stream shows."""
KEPT = 32
TITLE_CHARS = 80
USUAL_SIDE = 512
"""Of the shipped graphs' stream: a face must be large enough in it."""
GUESSED_FACE = 0.4
"""Of the shorter side: how wide a face is taken to be that nobody found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A picture that is kept now. `notes`: sentences on what would speak better, for whoever brought it."""

    id: str
    notes: tuple[str, ...] = ()


class UploadedPictures:
    """A folder of pictures. Every method may block, and may be called in any thread."""

    def __init__(self, folder: Path, *, kept: int | None = None) -> None:
        """`kept`: so many at most. What was never finished is removed."""
        self._folder = folder
        self._kept = kept or KEPT
        self._lock = threading.Lock()
        for left in folder.glob(f"{INCOMING}*"):
            left.unlink(missing_ok=True)

    def incoming(self, name: str) -> Path:
        """Return where a picture under way may be written. Raises: OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{INCOMING}{name}"

    def ids(self) -> list[str]:
        """Every picture, that which was taken longest ago first."""
        found = [path for path in self._folder.glob("u-*.png") if ID.fullmatch(path.stem)]
        return [path.stem for path in sorted(found, key=changed_ns)]

    def path(self, picture_id: str) -> Path:
        """Return the file of a known picture; its landmarks lie beside it."""
        return self._folder / f"{picture_id}.png"

    def title(self, picture_id: str) -> str:
        """Return what people call it."""
        try:
            return str(json.loads((self._folder / f"{picture_id}.json").read_text(encoding="utf-8"))["title"])
        except (OSError, ValueError, LookupError, TypeError):
            return "Picture"

    def add(self, data: bytes, *, title: str, by_hand: bool = False, in_use: Collection[str] = ()) -> Taken:
        """Take a picture file, upright and not larger than needed, and find its face.

        `by_hand`: take it also where no face is found, with a guess that waits to be corrected. `in_use`: ids that
        stay when the oldest makes room. Raises: PictureRefused with the pack's code, BadInput `avatar.full`,
        OSError.
        """
        with self._lock, translated():
            pixels = within(load_picture(data), LARGEST_SIDE)
            png = png_bytes(pixels)
            picture_id = f"u-{hashlib.sha256(png).hexdigest()[:16]}"
            path = self.path(picture_id)
            notes: tuple[str, ...] = ()
            if picture_id not in self.ids():  # else it keeps the points that somebody may have corrected
                found = _face_in(pixels, by_hand=by_hand, file_size=picture_size(data))
                notes = found.notes
                self._make_room(in_use)
                write_whole(landmarks_beside(path), to_json(found).encode())
            write_whole(path.with_suffix(".json"), json.dumps({"title": _plain(title)}).encode())
            write_whole(path, png)  # last: what has no picture is not listed
        return Taken(id=picture_id, notes=notes)

    def correct(self, picture_id: str, text: str) -> None:
        """Write landmarks given by hand. Raises: PictureRefused `picture.landmarks`."""
        with translated():
            given = from_json(text)
            height, width = load_picture(self.path(picture_id)).shape[:2]
            if (given.width, given.height) != (width, height):
                raise LandmarksRefused(
                    f"the landmarks are for a picture of {given.width}x{given.height}, and this one is "
                    f"{width}x{height}; give them in its pixels"
                )
            with self._lock:
                write_whole(landmarks_beside(self.path(picture_id)), to_json(given).encode())

    def remove(self, picture_id: str) -> None:
        """Forget a picture."""
        with self._lock:
            self._remove(picture_id)

    def _make_room(self, in_use: Collection[str]) -> None:
        unused = [one for one in self.ids() if one not in in_use]
        for old in unused[: max(0, len(self.ids()) + 1 - self._kept)]:
            log.info("the avatar that was taken longest ago was removed", extra={"avatar": old})
            self._remove(old)
        if len(self.ids()) >= self._kept:
            sentence = f"there are {self._kept} pictures and all are on air; remove one, or end a session"
            raise BadInput(sentence, code="avatar.full")

    def _remove(self, picture_id: str) -> None:
        path = self.path(picture_id)
        for one in (path, landmarks_beside(path), path.with_suffix(".json")):
            one.unlink(missing_ok=True)


def _face_in(pixels: NDArray[np.uint8], *, by_hand: bool, file_size: tuple[int, int]) -> Landmarks:
    try:
        found = find_landmarks(pixels, file_size=file_size)
        check_size(found.covered(USUAL_SIDE, USUAL_SIDE), file_size=file_size)
    except (FaceMissing, FaceUnfit):
        if not by_hand:
            raise
        return _guessed(pixels)
    return found


def _guessed(pixels: NDArray[np.uint8]) -> Landmarks:
    """Return where a face would be in most portraits: in the middle, a little above."""
    height, width = pixels.shape[:2]
    side = max(16.0, GUESSED_FACE * min(width, height))
    x, y = width / 2, 0.45 * height
    mouth_y = y + 0.33 * side
    told = {
        "version": 1,
        "width": width,
        "height": height,
        "face": [x - side / 2, y - side / 2, side, side],
        "mouth": {
            "left": [x - 0.2 * side, mouth_y],
            "right": [x + 0.2 * side, mouth_y],
            "top": [x, mouth_y - 0.06 * side],
            "bottom": [x, mouth_y + 0.07 * side],
        },
    }
    return from_json(json.dumps(told))


def _plain(title: str) -> str:
    shown = "".join(letter for letter in title if letter.isprintable()).strip()
    return shown[:TITLE_CHARS] or "Picture"


def mark_used(path: Path) -> None:
    """Let a picture be the last to make room."""
    os.utime(path)
