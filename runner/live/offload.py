"""Where blocking work runs: a thread in the server, in place under virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Offload(Protocol):
    """Runs a blocking call and returns its result; its errors pass through."""

    async def __call__(self, work: Callable[[], T]) -> T:
        """Run `work`."""


async def in_thread(work: Callable[[], T]) -> T:
    """Run `work` in a thread of the default executor: the event loop goes on publishing meanwhile."""
    return await asyncio.to_thread(work)


async def inline(work: Callable[[], T]) -> T:
    """Run `work` in place, so that virtual time stands still while it runs."""
    return work()
