"""Watcher: a helper process that ends a child's whole group when the runner ends, however it ends."""

from __future__ import annotations

import contextlib
import subprocess
import sys

# The watcher holds the read end of a pipe whose write end only the runner has. However the runner ends, SIGKILL
# included, the kernel closes the pipe and the watcher ends the child's group. PR_SET_PDEATHSIG would fire when the
# *thread* that forked ends, reach the child alone, and exist on Linux only.
SCRIPT = """
import os, signal, sys
group = 0
for line in sys.stdin:
    group = int(line)
if group:
    try:
        os.killpg(group, signal.SIGKILL)
    except OSError:
        pass
"""


class Watcher:
    """One helper for one child."""

    def __init__(self) -> None:
        self._helper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", SCRIPT],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def guard(self, group: int) -> None:
        """End this process group when the runner ends."""
        self._tell(group)

    def dismiss(self) -> None:
        """The child has ended. Group 0 says that there is nothing left to end, so a reused id is never hit."""
        with contextlib.suppress(OSError):
            self._tell(0)
            assert self._helper.stdin is not None
            self._helper.stdin.close()
        self._helper.wait()

    def _tell(self, group: int) -> None:
        assert self._helper.stdin is not None
        self._helper.stdin.write(f"{group}\n".encode())
        self._helper.stdin.flush()
