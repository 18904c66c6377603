"""pip, run inside our environment: where its files go, and what its errors mean."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from installer.errors import CommandFailed, InstallError
from installer.layout import Layout
from installer.progress import run

ROOMY_BYTES = 20_000_000_000  # with less room pip's cache would hold every wheel a second time for nothing
_MEANINGS = (
    (r"No space left on device|Errno 28", "Free some disk space, then run the same command again."),
    (
        r"Temporary failure in name resolution|NameResolutionError|Failed to establish a new connection"
        r"|Network is unreachable|Read timed out|ConnectTimeout|Could not resolve|ProxyError|ConnectionError",
        "Check the network (and https_proxy, where you need one), then run the same command again: "
        "what is finished is not fetched twice.",
    ),
    (r"CERTIFICATE_VERIFY_FAILED|SSLError", "Tell pip the certificate of your network: export PIP_CERT=FILE."),
    (
        r"No matching distribution|Could not find a version",
        "The package index lacks this version for your Python or machine: try Python 3.11 or 3.12, "
        "or name another index (PIP_INDEX_URL).",
    ),
    (r"DO NOT MATCH THE HASHES", "The file is not the pinned one: something between you and the index changed it."),
    (r"Permission denied|Read-only file system", "Make the folder writable for you, then run the same command again."),
    (r"error: subprocess-exited-with-error|gcc|Microsoft Visual C", "No ready wheel fits: try Python 3.11 or 3.12."),
)


def diagnose(tail: str) -> str:
    """What to do about the last lines of a program's output."""
    for pattern, remedy in _MEANINGS:
        if re.search(pattern, tail):
            return remedy
    return "Run the same command again; if it fails the same way, send the log with a report."


def pip(
    layout: Layout, arguments: Sequence[str | Path], *, label: str, lock_fd: int | None, timeout_s: float | None = None
) -> None:
    """Run pip. Raises: InstallError with the last lines of what it said, and what they mean.

    Its temporary files lie beside the environment: /tmp is often too small for torch, and moving is then free.
    """
    kept = [] if shutil.disk_usage(layout.root).free > ROOMY_BYTES else ["--no-cache-dir"]
    temporary = layout.venv / ".onair-tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    try:
        run(
            [layout.python, "-m", "pip", *arguments, *kept],
            label=label, log=layout.setup_log, lock_fd=lock_fd, timeout_s=timeout_s,
            extra_env={"PIP_PROGRESS_BAR": "off", **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))},
        )  # fmt: skip
    except CommandFailed as exc:
        raise InstallError(
            f"{label}: pip {exc.args[0].removeprefix(label).strip()}",
            why=f"its last lines ({layout.setup_log} has all of them):\n{exc.tail}",
            remedy=diagnose(exc.tail),
        ) from exc
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
