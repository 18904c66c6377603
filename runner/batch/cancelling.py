"""Work on an engine that ends with its caller: the engine hears of it before the caller goes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TypeVar

from runner.ports import Engine

CANCEL_LIMIT_S = 5.0
"""A ComfyUI that is away cannot be told, and whoever pressed Ctrl-C does not wait for it."""
T = TypeVar("T")


async def until_done(running: asyncio.Future[T], engine: Engine, prompt_id: str) -> T:
    """Return what comes of `running`; when this is cancelled, cancel the prompt first. Raises: what it raises."""
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await cancel_all([(prompt_id, running)], engine)
        raise


async def cancel_all(under_way: Iterable[tuple[str, asyncio.Future[T]]], engine: Engine) -> None:
    """Cancel prompts by id, the last one first, so that none starts meanwhile; wait for the engine's answers."""
    pairs = list(under_way)[::-1]
    answers = [asyncio.ensure_future(engine.cancel(prompt_id)) for prompt_id, running in pairs if not running.done()]
    if answers:
        await asyncio.wait(answers, timeout=CANCEL_LIMIT_S)
    for _, running in pairs:
        running.cancel()
    await asyncio.gather(*(running for _, running in pairs), return_exceptions=True)
