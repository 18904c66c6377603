"""A stage on the shared ComfyUI, by its address: the chain as an operator with a remote engine has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runner.clock import SystemClock
from runner.compose import Stage, new_studio, open_stage
from runner.live.recording import record
from runner.settings import load_settings
from tests.conftest import ComfyServer
from tests.e2e.live_server import LiveServer

Recorder = Callable[..., Stage]


@pytest.fixture
def recorder(comfyui_server: ComfyServer, tmp_path: Path) -> Recorder:
    """Return `record(text, folder, sets=…, **settings) -> Stage`."""

    def run(text: str, folder: Path, *, sets: tuple[str, ...] = (), **given: Any) -> Stage:
        settings = load_settings(**{"comfyui": comfyui_server.url, "data": tmp_path / "data", **given})

        async def work() -> Stage:
            clock = SystemClock()
            async with open_stage(settings, sets=sets, say=lambda _: None) as stage:
                await record(
                    text,
                    studio=new_studio(stage, clock=clock),
                    speech=stage.speech,
                    voice=settings.voice,
                    speed=settings.speed,
                    folder=folder,
                    anchor_unix_ns=clock.unix_ns(),
                    on_progress=lambda done, total: None,
                )
                return stage

        return asyncio.run(work())

    return run


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LiveServer]:
    live = LiveServer(data=tmp_path / "data")
    live.start()
    try:
        yield live
    finally:
        live.close()
