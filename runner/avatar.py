"""The avatar's picture: checked before ComfyUI ever sees it, and laid where a graph can read it by name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custom_nodes.portrait.errors import PortraitError
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.picture import load_picture, png_bytes
from custom_nodes.portrait.presenter import draw_presenter
from runner.errors import PictureRefused


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """`name` is the picture below `onair/`; `title` is what people call it."""

    name: str
    title: str


def place_avatar(picture: Path | None, *, data: Path, width: int, height: int, needs_face: bool) -> Avatar:
    """Write the picture, upright and without alpha, to `data`/avatars; None stands for the drawn presenter.

    `needs_face`: the graph moves a mouth that has to be found. Raises: PictureRefused with the pack's code.
    """
    with _translated():
        if picture is None:
            pixels, title = draw_presenter(width, height), "presenter"
        else:
            pixels, title = load_picture(picture, width=width, height=height), picture.stem
            if needs_face:
                find_landmarks(pixels)
    data_png = png_bytes(pixels)
    name = f"avatars/{hashlib.sha256(data_png).hexdigest()[:16]}.png"
    target = data / name
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        temp = target.with_suffix(".tmp")
        temp.write_bytes(data_png)
        temp.replace(target)
    return Avatar(name=name, title=title)


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PortraitError as exc:
        raise PictureRefused(str(exc.args[0]) if exc.args else exc.code, code=exc.code) from exc
