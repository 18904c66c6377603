"""Which torch fits this machine, and its installation."""

from __future__ import annotations

import shutil
import sys
import urllib.error
import urllib.request
from pathlib import Path

from installer.errors import InstallError
from installer.layout import Layout, setting
from installer.pip import pip
from installer.progress import answers, say, warn

# These three work together: the newest torch does not match torchaudio's build (run on 3.10 to 3.13).
PINS = ("torch==2.14.1", "torchvision==0.29.1", "torchaudio==2.11.0")
CPU_INDEX = "https://download.pytorch.org/whl/cpu"
PROBE_S = 6.0
DEFAULT_BYTES, DEFAULT_WHEELS_BYTES = 5_900_000_000, 3_100_000_000  # measured: 5.8 GB, from 3.0 GB of wheels
CPU_BYTES, CPU_WHEELS_BYTES = 1_200_000_000, 300_000_000
_IMPORT = "import torch, torchvision, torchaudio; print(torch.__version__)"
_PURGE = ("uninstall", "--yes", "torch", "torchvision", "torchaudio")


def has_nvidia() -> bool:
    """Whether an NVIDIA GPU is there: its driver's folder, or an nvidia-smi that lists one."""
    if Path("/proc/driver/nvidia/version").exists():
        return True
    smi = shutil.which("nvidia-smi")
    return bool(smi and answers([smi, "-L"]))


def cpu_index(root: Path) -> tuple[str, str]:
    """The index that ONAIR_TORCH_INDEX names (PyTorch's own CPU index unless set), and why it is "" where it should do.

    Only Linux needs one: elsewhere the default build is the CPU build. `none` switches it off.
    """
    index = setting(root, "ONAIR_TORCH_INDEX", CPU_INDEX)
    if index.lower() == "none" or not sys.platform.startswith("linux") or has_nvidia():
        return "", ""
    lacks = _lacks(index)
    return ("", f"no CPU build, {index} {lacks}; ONAIR_TORCH_INDEX names another index") if lacks else (index, "")


def _lacks(index: str) -> str:
    """What keeps the pinned torch from coming from there, or ""."""
    try:
        with urllib.request.urlopen(f"{index.rstrip('/')}/torch/", timeout=PROBE_S) as answer:
            page = answer.read(4_000_000).decode(errors="replace")
    except (OSError, ValueError, urllib.error.URLError):
        return "was not reached"
    version = PINS[0].partition("==")[2]
    return "" if f"torch-{version}" in page else f"has no torch {version}"


def write_constraints(layout: Layout) -> Path:
    """A file that keeps every later pip from moving torch."""
    path = layout.stamps / "constraints.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(PINS) + "\n", encoding="utf-8")
    return path


def install(layout: Layout, lock_fd: int, index: str) -> None:
    """Install the pinned three, the CPU build first where it applies. Raises: InstallError."""
    built = answers([layout.python, "-c", _IMPORT], timeout_s=120)
    if built and built.endswith("+cpu") and has_nvidia():
        pip(layout, list(_PURGE), label="removing the CPU build", lock_fd=lock_fd)
    if index:
        try:
            pip(layout, ["install", "--index-url", index, *PINS], label="torch (CPU build)", lock_fd=lock_fd)
        except InstallError as exc:
            warn(f"The CPU build did not come ({index}); taking the default one. {exc.remedy}")
    pip(layout, ["install", *PINS], label="torch", lock_fd=lock_fd)  # does nothing where the CPU build came
    version = answers([layout.python, "-c", _IMPORT], timeout_s=300)
    if version is None:
        raise InstallError(
            "torch was installed but cannot be imported together with torchvision and torchaudio.",
            remedy=f"Try another Python (3.11 or 3.12 are the most used), or remove {layout.venv} and run again.",
        )
    say(f"    torch {version}")
