"""Previews: the pictures that samplers show on their way, kept as files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from runner.engine.files import write_file
from runner.errors import EngineError
from runner.ports import PromptProgress

JPEG = b"\xff\xd8"


class Previews:
    """Into one folder, numbered as they come; the first number is the run's. Other files there are left alone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def keep(self, told: PromptProgress, *, run: int) -> tuple[dict[str, Any], str]:
        """Write one; return the event that tells of it, and its line. A picture less is no reason to end a run."""
        self._count += 1
        node = re.sub(r"\W+", "_", told.node)
        suffix = "jpg" if told.preview.startswith(JPEG) else "png"
        path = self._folder / f"{run:03d}_{self._count:05d}_node_{node}.{suffix}"
        try:
            write_file(path, told.preview)
        except EngineError as exc:
            return {"event": "preview_lost", "node": told.node, "message": str(exc)}, str(exc)
        return {"event": "preview", "node": told.node, "file": str(path)}, ""
