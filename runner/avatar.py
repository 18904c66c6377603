"""The avatar's picture: checked before ComfyUI ever sees it, and laid where a graph can read it by name."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custom_nodes.portrait import drawn
from custom_nodes.portrait.errors import PortraitError
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.landmarks_json import to_json
from custom_nodes.portrait.picture import load_picture, picture_size, png_bytes
from hls.whole_file import write_whole
from runner.errors import PictureRefused

log = logging.getLogger("onair.avatar")

DRAWN = tuple(drawn.AVATARS)
"""The drawn avatars, the default one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """`name` is the picture below `onair/`; `title` is what people call it."""

    name: str
    title: str


def place_avatar(picture: Path | None, *, data: Path, width: int, height: int, needs_face: bool) -> Avatar:
    """Write the picture, upright and without alpha, to `data`/avatars, or draw what it names; None: the presenter.

    `needs_face`: the graph moves a mouth that has to be found. Raises: PictureRefused with the pack's code.
    """
    name = drawn_name(picture)
    if picture is None or name is not None:
        return place_drawn(name or drawn.DEFAULT, data, width=width, height=height)
    with translated():
        pixels = load_picture(picture, width=width, height=height)
        if needs_face:
            for note in find_landmarks(pixels, file_size=picture_size(picture)).notes:
                log.warning("the picture: %s", note)
    data_png = png_bytes(pixels)
    file = f"avatars/{hashlib.sha256(data_png).hexdigest()[:16]}.png"
    _write(data / file, data_png)
    return Avatar(name=file, title=picture.stem)


def drawn_name(picture: Path | None) -> str | None:
    """Return the drawn avatar that `picture` names, or None: a file of that name comes first."""
    name = str(picture)
    return name if name in drawn.AVATARS and picture is not None and not picture.exists() else None


def place_drawn(which: str, data: Path, *, width: int, height: int) -> Avatar:
    """Lay a drawn avatar and its landmarks where a graph can read them; what lies there already is kept."""
    # Drawing takes more than a second, so a file is kept per size and per state of the drawing's source.
    sources = sorted(Path(str(drawn.__file__)).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    stem = f"avatars/{which}_{width}x{height}_{digest.hexdigest()[:8]}"
    # The picture last: where it lies, its landmarks lie too.
    if not (data / f"{stem}.png").is_file():
        _write(data / f"{stem}.landmarks.json", to_json(drawn.landmarks(which, width, height)).encode())
        _write(data / f"{stem}.png", png_bytes(drawn.draw(which, width, height)))
    return Avatar(name=f"{stem}.png", title=which)


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    write_whole(target, content)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the portrait pack's errors into the runner's: same code, same sentence. Raises: PictureRefused."""
    try:
        yield
    except PortraitError as exc:
        raise PictureRefused(str(exc.args[0]) if exc.args else exc.code, code=exc.code) from exc
