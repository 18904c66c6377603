"""Write what OnAir's own ComfyUI answers at /object_info: the schemas of which the node reference is made."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from runner.compose import open_engine
from runner.errors import RunnerError
from runner.settings import load_settings


async def definitions() -> dict[str, Any]:
    """Start ComfyUI, ask it, end it. OnAir's nodes alone are kept. Raises: RunnerError."""
    async with open_engine(load_settings(), say=lambda step: print(step, file=sys.stderr), needs_pack=True) as engine:
        told = await engine.object_info()
    return {name: node for name, node in told.items() if name.startswith("OnAir")}


if __name__ == "__main__":
    try:
        Path(sys.argv[1]).write_text(json.dumps(asyncio.run(definitions()), indent=1), encoding="utf-8")
    except RunnerError as exc:
        sys.exit(f"error [{exc.code}]: {exc}")
