"""What `doctor` says of the torch that ComfyUI will use: its build, its GPUs, and which attention it has."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from typing import Any

ATTENTION = {"flash": "flash-attn", "sage": "sageattention", "xformers": "xformers"}
"""Kinds that ComfyUI can take besides torch's own (sdpa), and the package of each."""
PATIENCE_S = 120.0  # a first import on a busy machine
# Asked in a process of its own: torch takes seconds and 300 MB, and belongs to ComfyUI alone.
PROGRAM = """
import json, torch
cuda = torch.cuda.is_available()
cards = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())] if cuda else []
built = torch.version.cuda and "CUDA " + torch.version.cuda or torch.version.hip and "ROCm " + torch.version.hip or ""
told = [{"name": c.name, "bytes": c.total_memory, "capability": f"{c.major}.{c.minor}"} for c in cards]
print(json.dumps({"version": torch.__version__, "built": built, "devices": told}))
"""


def ask_torch() -> dict[str, Any]:
    """Return version, what it was built for, and its GPUs (name, bytes, capability); {} where it cannot be imported."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=PATIENCE_S, check=True
        )
        told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (OSError, ValueError, IndexError, subprocess.SubprocessError):
        return {}
    return told


def torch_words(told: dict[str, Any]) -> str:
    """Return the torch line: `2.14.1, built for CUDA 13.0; no GPU that it can use`."""
    if not told:
        return "cannot be imported; run python3 install.py setup"
    built = f"built for {told['built']}" if told["built"] else "built for the CPU alone"
    cards = [f"{one['name']}, {one['bytes'] / 1e9:.1f} GB, {one['capability']}" for one in told["devices"]]
    return f"{told['version']}, {built}; {'; '.join(cards) or 'no GPU that it can use'}"


def attention_words() -> str:
    """Return the attention line: sdpa, which torch always has, then each other kind with its version."""
    found = ["sdpa"]
    for kind, package in ATTENTION.items():
        try:
            found.append(f"{kind} ({package} {importlib.metadata.version(package)})")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)
