"""The whole test suite as two pytest runs at once: one half mostly waits, the other computes."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from installer.layout import Layout
from installer.progress import say

WAITING = ("tests/browser", "tests/e2e")


def run_suite(layout: Layout, arguments: list[str], env: dict[str, str]) -> int:
    """Run pytest and return its exit code, the first half's before the second's. Arguments are one run's."""
    pytest = [str(layout.python), "-m", "pytest", *arguments]
    if arguments:
        return subprocess.call(pytest, cwd=layout.root, env=env)
    rest = [*pytest, "tests", *(f"--ignore={folder}" for folder in WAITING)]
    say(f"tests: {' and '.join(WAITING)} here, all others beside them; their report follows")
    with tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace") as report:
        with subprocess.Popen(rest, cwd=layout.root, env=env, stdout=report, stderr=subprocess.STDOUT) as others:
            first = subprocess.call([*pytest, *WAITING], cwd=layout.root, env=env)
            say("all other tests:")
        report.seek(0)
        sys.stdout.write(report.read())
        sys.stdout.flush()
    return first or others.returncode
