"""The environment in which ComfyUI-WanVideoWrapper works: a thin one over our own, which stays as it is.

Its speech encoder fails with transformers 5, which ComfyUI's requirements bring; ComfyUI itself runs with 4.57 as well.
So the older packages lie in an environment of their own that sees all others, torch among them, in ours.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from installer import torch_build, venv
from installer.errors import BadUse, InstallError
from installer.layout import WINDOWS, Layout
from installer.pip import pip
from installer.progress import answers, run
from installer.wrapper_pack import NAME

# They go down together: a newer diffusers refuses the huggingface_hub that this transformers wants.
PINS = ("transformers==4.57.6", "diffusers==0.35.2", "peft==0.17.1", "accelerate==1.11.0")
OTHERS = ("ftfy>=6", "gguf>=0.17.1", "pyloudnorm", "protobuf", "einops", "scipy", "sentencepiece>=0.2")
BYTES, WHEELS_BYTES = 230_000_000, 60_000_000  # measured on x86-64 with Python 3.11
BASE = "onair_base.pth"
"""Names our own site-packages; what lies in this environment itself is found before it."""
_PROBE = (
    "import accelerate, diffusers, ftfy, gguf, peft, pyloudnorm, transformers, torch;"
    "assert transformers.__version__.startswith('4.');"
    "print(f'transformers {transformers.__version__}, diffusers {diffusers.__version__}')"
)


def python(layout: Layout) -> Path:
    """Its interpreter."""
    return layout.wrapper / "venv" / ("Scripts/python.exe" if WINDOWS else "bin/python")


def versions(layout: Layout) -> str:
    """What it holds, in words, where everything in it can be imported; else ""."""
    return answers([python(layout), "-c", _PROBE], timeout_s=180) or ""


def check_base(layout: Layout) -> None:
    """Raises: BadUse before setup."""
    if not venv.runs(layout):
        raise BadUse(f"{NAME} builds on OnAir's own environment.", remedy="Run python3 install.py setup first.")


def install(layout: Layout, lock_fd: int) -> str:
    """Make it, or mend it; returns its versions. Raises: InstallError."""
    if found := versions(layout):
        return found
    folder = layout.wrapper / "venv"
    shutil.rmtree(folder, ignore_errors=True)
    run([layout.python, "-m", "venv", "--without-pip", folder], label="its environment", log=layout.setup_log)
    own = folder / venv.site_packages(layout).relative_to(layout.venv)
    (own / BASE).write_text(f"{venv.site_packages(layout)}\n", encoding="utf-8")
    pip(
        layout,
        ["--python", python(layout), "install", "-c", torch_build.write_constraints(layout), *PINS, *OTHERS],
        label="what it needs", lock_fd=lock_fd,
    )  # fmt: skip
    found = versions(layout)
    if not found:
        raise InstallError(
            f"{NAME}'s environment {folder} was made, but not all of it can be imported.",
            remedy=f"See {layout.setup_log}; python3 install.py setup, then the same command again.",
        )
    return found
