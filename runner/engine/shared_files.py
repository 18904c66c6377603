"""SharedFiles: what a child of ours reads and writes, in folders that it and the runner both have."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .files import add_file, copy_file


class SharedFiles:
    """`data` is what `onair/` leads to in ComfyUI's folders, `inputs` is its input folder."""

    def __init__(self, data: Path, inputs: Path) -> None:
        self._data, self._inputs = data, inputs

    async def put(self, name: str, source: Path) -> None:
        """Copy a file to `onair/<name>`; nothing to do where it lies there. Raises: EngineError."""
        await asyncio.to_thread(copy_file, source, self._data / name)

    async def fetch(self, name: str, target: Path) -> None:
        """Copy `onair/<name>` to `target`; nothing to do where both are one. Raises: EngineError."""
        await asyncio.to_thread(copy_file, self._data / name, target)

    async def add(self, source: Path) -> str:
        """Copy a file to the input folder itself; return its name there. Raises: EngineError."""
        return await asyncio.to_thread(add_file, self._inputs, source)
