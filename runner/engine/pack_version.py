"""What the pack is, as one hash: with another pack, frames and node definitions may be others."""

from __future__ import annotations

import hashlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def pack_version(root: Path = ROOT) -> str:
    """Hash the source that idle frames depend on, so that no loop of an older pack is taken for this one's."""
    digest = hashlib.sha256()
    for path in sorted([*(root / "custom_nodes").rglob("*.py"), *(root / "hls").glob("*.py")]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for path in sorted((root / "custom_nodes" / "portrait" / "models").glob("*.tflite")):
        digest.update(path.name.encode())  # with the face mesh the portrait finds other points
    return digest.hexdigest()
