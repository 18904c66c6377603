"""The avatar's picture: checked before ComfyUI ever sees it, and laid where a graph can read it by name."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from custom_nodes.portrait import drawn
from custom_nodes.portrait.beside import landmarks_beside, landmarks_name
from custom_nodes.portrait.errors import PortraitError
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.fitness import check_size
from custom_nodes.portrait.landmarks_json import to_json
from custom_nodes.portrait.picture import picture_size, png_bytes
from custom_nodes.portrait.placed import read_placed
from hls.whole_file import write_whole
from runner.errors import PictureRefused

log = logging.getLogger("onair.avatar")

PLACED = re.compile(r"[0-9a-f]{16}")
"""How a placed picture is called, of whomever it is: by what it holds, so each change of it leaves one behind."""
KEPT_PLACED = 32

DRAWN = tuple(drawn.AVATARS)
"""The drawn avatars, the default one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Avatar:
    """`name` is the picture below `onair/`, `title` what people call it.

    `landmarks` is the file that says where its face is, "" where nobody asked.
    """

    name: str
    title: str
    landmarks: str = ""

    @property
    def files(self) -> tuple[str, ...]:
        """What an engine needs of it: names below `onair/`, the picture last."""
        return tuple(name for name in (self.landmarks, self.name) if name)


def place_avatar(picture: Path | None, *, data: Path, width: int, height: int, needs_face: bool) -> Avatar:
    """Write the picture, upright and without alpha, to `data`/avatars, or draw what it names; None: the presenter.

    `needs_face`: the graph moves a mouth, so its landmarks are written beside the picture: those of
    `NAME.landmarks.json` beside `NAME.jpg`, else those that are found. Found once, here: all engines then agree.
    Raises: PictureRefused with the pack's code.
    """
    name = drawn_name(picture)
    if picture is None or name is not None:
        return place_drawn(name or drawn.DEFAULT, data, width=width, height=height)
    with translated():
        pixels, landmarks = read_placed(picture, landmarks_beside(picture), width=width, height=height)
        if landmarks is None and needs_face:
            landmarks = find_landmarks(pixels, file_size=picture_size(picture))
        elif landmarks is not None and needs_face:
            check_size(landmarks, file_size=picture_size(picture))
    data_png, told = png_bytes(pixels), b"" if landmarks is None else to_json(landmarks).encode()
    for note in () if landmarks is None else landmarks.notes:
        log.warning("the picture: %s", note)
    # Named after both: what was rendered with other landmarks is another avatar's.
    placed = f"avatars/{hashlib.sha256(data_png + told).hexdigest()[:16]}.png"
    beside = landmarks_name(placed) if told else ""
    if told:
        _write(data / beside, told)
    _write(data / placed, data_png)
    return Avatar(name=placed, title=picture.stem, landmarks=beside)


def drawn_name(picture: Path | None) -> str | None:
    """Return the drawn avatar that `picture` names, or None: a file of that name comes first."""
    name = str(picture)
    return name if name in drawn.AVATARS and picture is not None and not picture.exists() else None


def place_drawn(which: str, data: Path, *, width: int, height: int) -> Avatar:
    """Lay a drawn avatar and its landmarks where a graph can read them; what lies there already is kept."""
    # Drawing takes more than a second, so a file is kept per size and per state of the drawing's source.
    sources = sorted(Path(str(drawn.__file__)).parent.glob("*.py"))
    digest = hashlib.sha256(b"".join(source.read_bytes() for source in sources))
    placed = f"avatars/{which}_{width}x{height}_{digest.hexdigest()[:8]}.png"
    beside = landmarks_name(placed)
    # The picture last: where it lies, its landmarks lie too.
    if not (data / placed).is_file():
        _write(data / beside, to_json(drawn.landmarks(which, width, height)).encode())
        _write(data / placed, png_bytes(drawn.draw(which, width, height)))
    return Avatar(name=placed, title=which, landmarks=beside)


def forget_old_pictures(data: Path, *, spare: Collection[str]) -> None:
    """Remove what was placed of people's pictures, but for the newest and those of `spare` (names, as of `Avatar`)."""
    placed = [path for path in (data / "avatars").glob("*.png") if PLACED.fullmatch(path.stem)]
    for path in sorted(placed, key=changed_ns)[:-KEPT_PLACED]:
        if f"avatars/{path.name}" not in spare:
            path.unlink(missing_ok=True)
            landmarks_beside(path).unlink(missing_ok=True)


def changed_ns(path: Path) -> int:
    """Return when a file was written or marked last, 0 for one that is gone."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


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
