"""Set OnAir up and run it. Needs only a Python; works from any directory; safe to run twice, or two at once.

Without an argument it is what ComfyUI Manager runs after it has installed requirements.txt into the user's
ComfyUI: it checks that the pack can load, and changes neither torch, numpy, OpenCV nor PyAV. `--help` lists the
commands for everything else. The steps are in `installer/`, one noun a file, standard library only.
"""

import os
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 10), (3, 13)


def _supported(version: tuple) -> bool:  # type: ignore[type-arg]
    return OLDEST <= tuple(version[:2]) <= NEWEST


def _other_python() -> str:
    """Path of a supported Python on PATH, or "". Each is probed by running it: version managers leave dead shims."""
    probe = "import ensurepip, sys; sys.exit(not (%r <= sys.version_info[:2] <= %r))" % (OLDEST, NEWEST)  # noqa: UP031
    for minor in (12, 11, 13, 10):
        found = shutil.which("python3.%d" % minor)  # noqa: UP031
        if found and subprocess.call([found, "-c", probe], stderr=subprocess.DEVNULL) == 0:
            return found
    return ""


def main() -> int:
    """Find a Python that fits, then hand over to the commands."""
    manager_mode = len(sys.argv) < 2  # ComfyUI's own Python decides there, whatever its version
    if not manager_mode and not _supported(sys.version_info):
        other = _other_python()
        if not other:
            sys.stderr.write(
                "OnAir needs Python 3.10, 3.11, 3.12 or 3.13; this one is %d.%d (%s) and no other was found.\n"  # noqa: UP031
                "Install one (Debian, Ubuntu: apt install python3 python3-venv) and run it: "
                "python3.12 install.py ...\n" % (sys.version_info[0], sys.version_info[1], sys.executable)
            )
            return 2
        return subprocess.call([other, os.path.abspath(__file__)] + sys.argv[1:])  # noqa: RUF005
    from installer.commands import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
