"""Signals that end a command: the work is cancelled, so that it clears up behind itself, and the exit code says which.

One rule for all three, the shell's own: 128 and the signal's number. 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, TypeVar

from runner.errors import RunnerError, Stopped

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
T = TypeVar("T")


def run_to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Run it in a loop of its own. Raises: Stopped after a signal, and what `work` raises."""
    return asyncio.run(_run(work))


async def _run(work: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work)
    heard: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        if not heard:  # another one would break off the clearing up, which takes seconds at most
            task.cancel()
        heard.append(number)

    for number in ENDING:
        # What a shell's `&` or nohup told us to ignore stays ignored.
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, end, number)
    try:
        return await task
    except (asyncio.CancelledError, RunnerError):
        if not heard:
            raise
        raise Stopped(f"{heard[0].name} came before it was finished; run it again", exit_code=128 + heard[0]) from None
