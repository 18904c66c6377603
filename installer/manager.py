"""Manager mode: in ComfyUI's own Python, after requirements.txt was installed. Light; it replaces nothing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import subprocess
import sys

from installer import face_mesh
from installer.layout import Layout
from installer.progress import child_environment, say, warn

NEEDED = ("espeakng_loader", "soxr")  # what requirements.txt names, as modules
OPENCV = "opencv-python-headless>=4.10,<5"
_OPENCV_NAMES = (
    "opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python",
)  # fmt: skip


def opencv_version() -> str:
    """The version of the OpenCV that is there, under whichever name, or ""; nothing is imported."""
    for name in _OPENCV_NAMES:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def missing_modules(names: tuple[str, ...]) -> list[str]:
    """Which of these modules this Python does not have; they are looked for, not imported."""
    return [name for name in names if importlib.util.find_spec(name) is None]


def run_manager(layout: Layout) -> int:
    """Check that the nodes can load in this Python. Exit 0: they can; 1: the sentence says what is missing.

    The face mesh is fetched into the pack's own folder; without it faces are found all the same.

    torch, numpy, PyAV and an OpenCV that is there are never touched. Only where there is no OpenCV at all it is
    added, without its dependencies, so that nothing else moves.
    """
    lacking = missing_modules(NEEDED)
    if lacking:
        requirements = layout.root / "requirements.txt"
        sys.stderr.write(
            f"OnAir: {', '.join(lacking)} missing in {sys.executable}.\n"
            f'What to do: "{sys.executable}" -m pip install -r "{requirements}"\n'
        )
        return 1
    if importlib.util.find_spec("cv2") is None and not _add_opencv():
        return 1
    version = opencv_version()
    found = face_mesh.is_there(layout) or face_mesh.fetch(layout, sys.executable)
    if not found and version and not version.startswith("4."):
        warn(f"OnAir: OpenCV {version} has no cascades, so no face is found without the mesh. Not changed.")
    say("OnAir: ready. The nodes are under the category OnAir after the next start of ComfyUI.")
    say("On air without ComfyUI's editor: python3 install.py live")
    return 0


def _add_opencv() -> bool:
    command = [sys.executable, "-m", "pip", "install", "--no-deps", OPENCV]
    if subprocess.call(command, env=child_environment()) == 0:
        return True
    sys.stderr.write(f"OnAir: OpenCV could not be installed.\nWhat to do: {' '.join(command[:-1])} '{OPENCV}'\n")
    return False
