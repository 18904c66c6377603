"""Write what OnAir's own ComfyUI answers at /object_info: the schemas of which the node reference is made."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from runner.compose import open_engine
from runner.settings import load_settings


async def write_definitions(target: Path) -> None:
    """Start ComfyUI, ask it, end it. OnAir's nodes alone are kept. Raises: RunnerError."""
    async with open_engine(load_settings(), say=lambda step: print(step, file=sys.stderr), needs_pack=True) as engine:
        told = await engine.object_info()
    ours = {name: node for name, node in told.items() if name.startswith("OnAir")}
    target.write_text(json.dumps(ours, indent=1), encoding="utf-8")


if __name__ == "__main__":
    asyncio.run(write_definitions(Path(sys.argv[1])))
