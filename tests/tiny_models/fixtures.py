"""Fixtures around the tiny models: the session's ComfyUI with them in its models folder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from runner.engine.comfy_engine import ComfyEngine
from tests.comfy_server import ComfyServer
from tests.tiny_models.air import Watched
from tests.tiny_models.files import write_inputs, write_models


@pytest.fixture(scope="session")
def tiny_server(comfyui_server: ComfyServer) -> ComfyServer:
    """Return the session's ComfyUI; it finds new model files without a restart."""
    write_models(comfyui_server.base / "models")
    write_inputs(comfyui_server.base / "input")
    return comfyui_server


@pytest_asyncio.fixture
async def tiny_engine(tiny_server: ComfyServer) -> AsyncIterator[Watched]:
    """Yield an engine on it that keeps what its prompts ran."""
    engine = ComfyEngine(url=tiny_server.url)
    await engine.start()
    yield Watched(engine)
    await engine.close()
