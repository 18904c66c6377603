"""What a person sees: lines, one live line for a long step, and the log that holds all the rest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from installer.errors import CommandFailed

TAIL_LINES = 12
LIVE_S = 0.5  # a person sees that it moves
PLAIN_S = 15.0  # in a log file, a line now and then
_DROPPED = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")
_PIP_VERB = re.compile(r"^\s*(Collecting|Downloading|Installing|Building|Using cached|Cloning|Receiving)\b.{0,60}")


def say(text: str = "") -> None:
    """One line for the person, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def warn(text: str) -> None:
    """A line that is no failure, but should be read."""
    say(f"  ! {text}")


def megabytes(size_bytes: float) -> str:
    """A size in the words people use: `850 MB`, `5.5 GB`."""
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{max(size_bytes, 0) / 1e6:.0f} MB"


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment without what would send a child's imports or pip's target elsewhere."""
    env = {name: value for name, value in os.environ.items() if name not in _DROPPED}
    env.update(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", GIT_TERMINAL_PROMPT="0", PYTHONUNBUFFERED="1")
    env.update(extra or {})
    return env


class _LiveLine:
    """Elapsed time, growth on disk and the program's own last word, redrawn in place on a terminal."""

    def __init__(self, label: str, disk: Path) -> None:
        self._label, self._disk = label, disk
        self._started = time.monotonic()
        self._used = shutil.disk_usage(disk).used
        self._terminal = sys.stdout.isatty()
        self._next_s = 0.0 if self._terminal else PLAIN_S

    def _figures(self) -> str:
        elapsed = int(time.monotonic() - self._started)
        grown = max(shutil.disk_usage(self._disk).used - self._used, 0)
        return f"{elapsed // 60}:{elapsed % 60:02d}, {megabytes(grown)} on disk"

    def draw(self, word: str) -> None:
        elapsed = time.monotonic() - self._started
        if elapsed < self._next_s:
            return
        self._next_s = elapsed + (LIVE_S if self._terminal else PLAIN_S)
        text = f"    {self._label}: {self._figures()}  {word}"
        if self._terminal:
            sys.stdout.write("\r\x1b[K" + text[: shutil.get_terminal_size().columns - 1])
            sys.stdout.flush()
        else:
            say(text)

    def done(self) -> None:
        if self._terminal:
            sys.stdout.write("\r\x1b[K")
        say(f"    {self._label}: {self._figures()}")


def _since(log: Path, offset: int) -> list[str]:
    with log.open("rb") as file:
        file.seek(offset)
        return file.read().decode(errors="replace").splitlines()


def run(
    command: Sequence[str | Path],
    *,
    label: str,
    log: Path,
    lock_fd: int | None = None,
    timeout_s: float | None = None,
    extra_env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a program, its output into `log`, a live line meanwhile. It holds the lock too while it lives.

    Raises: CommandFailed with the last lines of its output.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(word) for word in command]
    with log.open("ab") as sink:
        sink.write(f"\n$ {' '.join(words)}\n".encode())
        sink.flush()
        offset = sink.tell()
        line = _LiveLine(label, log.parent)
        keep = (lock_fd,) if lock_fd is not None and sys.platform != "win32" else ()
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
                env=child_environment(extra_env), cwd=cwd, pass_fds=keep,
            )  # fmt: skip
        except OSError as exc:
            raise CommandFailed(label, tail=f"{words[0]} could not be started: {exc}", returncode=-1) from exc
        returncode = _wait(process, line, log, offset, timeout_s)
    if returncode != 0:
        tail = "\n".join(_since(log, offset)[-TAIL_LINES:])
        raise CommandFailed(label, tail=tail or "it said nothing", returncode=returncode)
    line.done()


def _wait(
    process: subprocess.Popen[bytes], line: _LiveLine, log: Path, offset: int, timeout_s: float | None
) -> int | None:
    """Wait for the end, drawing; None when it ran past its time. Never leaves the program running."""
    deadline = None if timeout_s is None else time.monotonic() + timeout_s
    try:
        while True:
            try:
                return process.wait(timeout=LIVE_S)
            except subprocess.TimeoutExpired:
                words = [found.group(0) for text in _since(log, offset)[-40:] if (found := _PIP_VERB.match(text))]
                line.draw(words[-1].strip() if words else "")
            if deadline is not None and time.monotonic() > deadline:
                return None
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def answers(command: Sequence[str | Path], *, timeout_s: float = 20.0) -> str | None:
    """What a program prints, or None when it is missing, fails or hangs: a name on PATH may still not run."""
    try:
        done = subprocess.run(
            [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True,
            timeout=timeout_s, env=child_environment(), check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
