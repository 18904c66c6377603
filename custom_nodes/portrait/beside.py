"""Where the landmarks of a picture lie: in a file beside it. Without OpenCV, because nodes load it with the pack."""

from __future__ import annotations

from pathlib import PurePath, PurePosixPath
from typing import TypeVar

AnyPath = TypeVar("AnyPath", bound=PurePath)


def landmarks_beside(picture: AnyPath) -> AnyPath:
    """Return the file that says where the face of a picture is: `me.landmarks.json` beside `me.png`."""
    return picture.parent / f"{picture.stem}.landmarks.json"


def landmarks_name(name: str) -> str:
    """Return the same of a name below `onair/`: `avatars/me.png` → `avatars/me.landmarks.json`."""
    return str(landmarks_beside(PurePosixPath(name)))
