"""Runs a command for as long as whoever started it lives: run as a script, with the command as its arguments.

Its standard input is a pipe that the starter holds and never writes to. It ends when the starter closes it or dies, in
whatever way; then the command is ended too, so that nobody has to find an orphan.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Sequence

PATIENCE_S = 15.0
"""How long the command may take to end by itself: it deletes its prompts and closes its streams."""


def run(command: Sequence[str]) -> int:
    """Run the command until it ends or standard input does; return its exit code."""
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_the_input, args=(child,), daemon=True).start()
    return child.wait()


def _end_with_the_input(child: subprocess.Popen[bytes]) -> None:
    while sys.stdin.buffer.read(1):
        pass
    child.terminate()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
