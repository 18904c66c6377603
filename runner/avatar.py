"""The avatar's picture: checked before ComfyUI ever sees it, and laid where a graph can read it by name."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custom_nodes.portrait import brush, presenter
from custom_nodes.portrait.errors import PortraitError
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.picture import load_picture, picture_size, png_bytes
from hls.whole_file import write_whole
from runner.errors import PictureRefused

log = logging.getLogger("onair.avatar")

DRAWN = ("presenter",)
"""The drawn avatars, the default one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """`name` is the picture below `onair/`; `title` is what people call it."""

    name: str
    title: str


def place_avatar(picture: Path | None, *, data: Path, width: int, height: int, needs_face: bool) -> Avatar:
    """Write the picture, upright and without alpha, to `data`/avatars; None stands for the drawn presenter.

    `needs_face`: the graph moves a mouth that has to be found. Raises: PictureRefused with the pack's code.
    """
    if picture is None:
        return _place_presenter(data, width=width, height=height)
    with translated():
        pixels = load_picture(picture, width=width, height=height)
        if needs_face:
            for note in find_landmarks(pixels, file_size=picture_size(picture)).notes:
                log.warning("the picture: %s", note)
    data_png = png_bytes(pixels)
    name = f"avatars/{hashlib.sha256(data_png).hexdigest()[:16]}.png"
    _write(data / name, data_png)
    return Avatar(name=name, title=picture.stem)


def _place_presenter(data: Path, *, width: int, height: int) -> Avatar:
    # Drawing takes more than a second, so a file is kept per size and per state of the drawing's source.
    digest = hashlib.sha256(b"".join(Path(str(module.__file__)).read_bytes() for module in (presenter, brush)))
    name = f"avatars/presenter_{width}x{height}_{digest.hexdigest()[:8]}.png"
    if not (data / name).is_file():
        _write(data / name, png_bytes(presenter.draw_presenter(width, height)))
    return Avatar(name=name, title="presenter")


def _write(target: Path, data_png: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, data_png)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the portrait pack's errors into the runner's: same code, same sentence. Raises: PictureRefused."""
    try:
        yield
    except PortraitError as exc:
        raise PictureRefused(str(exc.args[0]) if exc.args else exc.code, code=exc.code) from exc
