"""A small runner that kills itself at its n-th write: `python killed_runner.py DATA N`. Its time is virtual."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from pathlib import Path

from tests.runner.live.conftest import SECOND, open_stage

TEXT = "Hello there, this is a sentence. And here is another one that is longer. The third one ends it all."


def die_at_rename(number: int) -> None:
    """Every file that matters is made by a rename; half of the deaths come before it, half right after."""
    count = itertools.count()
    rename = os.replace

    def counted(source: str | Path, target: str | Path) -> None:
        at = next(count)
        if at == number and number % 2:
            os.kill(os.getpid(), signal.SIGKILL)
        rename(source, target)
        if at == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def by_path(self: Path, target: str | Path) -> Path:
        os.replace(self, target)
        return Path(target)

    os.replace = counted  # type: ignore[assignment]
    Path.replace = by_path  # type: ignore[method-assign,assignment]


async def main(data: Path, number: int) -> None:
    async with open_stage(data) as stage:
        session = await stage.session()
        sys.stdout.write(f"{session.id} {session.resume_token} {session.channel.id}")
        sys.stdout.flush()
        await stage.clock.advance_ns(2 * SECOND)
        die_at_rename(number)
        await session.prompt(TEXT)
        await stage.turn_ends(limit_s=120)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
