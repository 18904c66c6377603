"""Pulse: wakes everybody who waits for something to have changed; who comes later waits for the next one."""

from __future__ import annotations

import asyncio


class Pulse:
    """What an event would be that is cleared as soon as it was set."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def beat(self) -> None:
        """Wake who waits now."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self) -> None:
        """Wait for the next beat."""
        await self._event.wait()
