"""What the detached runner wrote, for people: its end, or all that comes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Generator
from pathlib import Path
from typing import TextIO

from installer.errors import BadUse
from installer.layout import Layout
from installer.live_options import refuse_words, split_option
from installer.log_line import readable
from installer.progress import say

ROLL_BYTES = 20_000_000  # looked at when `start` opens it; one such file is kept beside the new one


def log_file(layout: Layout) -> Path:
    """Where the detached runner writes."""
    return layout.logs / "live.log"


def roll(path: Path) -> None:
    """Set a large log aside, in place of the one set aside before; `path` is then free."""
    if path.exists() and path.stat().st_size > ROLL_BYTES:
        path.replace(path.with_name(f"{path.name}.1"))


def told_address(path: Path, offset: int) -> str:
    """The address that the runner says it is on air at, or ""."""
    found = re.search(r"On air: (http\S+)|\"address\": \"(http[^\"]+)", "\n".join(tail(path, 200, offset)))
    return (found.group(1) or found.group(2)) if found else ""


def tail(path: Path, lines: int, offset: int = 0) -> list[str]:
    """Its last lines, none of what stands before `offset`; none where there is no log."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(offset, size - lines * 4000))
            return file.read().decode(errors="replace").splitlines()[-lines:]
    except OSError:
        return []


def readable_tail(path: Path, lines: int, offset: int = 0) -> str:
    """The same for people."""
    return "\n".join(readable(line) for line in tail(path, lines, offset))


def logs(layout: Layout, arguments: list[str]) -> int:
    """Print the end of the log (`-n LINES`, 40 by default); `-f` goes on until Ctrl-C; `--json`: as it was written.

    Raises: BadUse.
    """
    count, rest = split_option(arguments, "-n")
    refuse_words("logs", rest, ("-f", "--json"))
    if not (count or "40").isdecimal():
        raise BadUse(f"-n takes a number of lines, not {count!r}.", remedy="Write for example: logs -n 100")
    path = log_file(layout)
    if not path.exists():
        set_up = f"; what setup did is in {layout.setup_log}" if layout.setup_log.exists() else ""
        raise BadUse(
            f"There is no log yet at {path}.",
            remedy=f"python3 install.py start writes it; live prints in its own terminal{set_up}.",
        )
    shown = str if "--json" in rest else readable
    say("\n".join(shown(line) for line in tail(path, int(count or 40))))
    if "-f" not in rest:
        return 0
    for line in follow(path):
        say(shown(line))
    return 0


def follow(path: Path) -> Generator[str, None, None]:
    """The lines that come from now on, for ever, also after the log was set aside and begun anew."""
    file = path.open(encoding="utf-8", errors="replace")
    file.seek(0, 2)
    return _lines(path, file)


def _lines(path: Path, file: TextIO) -> Generator[str, None, None]:
    try:
        while True:
            if text := file.readline():
                yield text.rstrip("\n")
            elif _is_another(path, file):
                file.close()
                file = path.open(encoding="utf-8", errors="replace")
            else:
                time.sleep(0.2)
    finally:
        file.close()


def _is_another(path: Path, file: TextIO) -> bool:
    try:
        return not os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:  # between the two: the next look finds it
        return False
