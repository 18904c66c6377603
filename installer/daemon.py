"""`live` detached: one process of ours, found again by pid and start time."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from installer import process
from installer.errors import BadUse, EngineFailed
from installer.layout import WINDOWS, Layout, setting
from installer.process import Identity
from installer.progress import say

READY_S = 180.0  # the first start renders the idle loop; on a busy small machine that takes its time
GRACE_S = 20.0
NOT_RUNNING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerCall:
    """How the runner is started: its command line and its environment."""

    command: list[str]
    env: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveProcess:
    """What the pid file holds."""

    identity: Identity
    arguments: list[str]
    address: str


def _pid_file(layout: Layout) -> Path:
    return layout.data / "live.pid"


def log_file(layout: Layout) -> Path:
    """Where the detached runner writes."""
    return layout.logs / "live.log"


def _read(layout: Layout) -> LiveProcess | None:
    try:
        data = json.loads(_pid_file(layout).read_text(encoding="utf-8"))
        identity = Identity(int(data["pid"]), str(data["started"]))
        return LiveProcess(identity=identity, arguments=list(data["arguments"]), address=str(data["address"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def running(layout: Layout) -> LiveProcess | None:
    """The detached runner of this data folder, or None; a pid that is now another program's is none."""
    live = _read(layout)
    if live is None or not process.is_alive(live.identity):
        return None
    return live if "runner" in process.command_line(live.identity.pid) else None


def last_arguments(layout: Layout) -> list[str]:
    """What the last `start` was given, for `restart`."""
    live = _read(layout)
    return live.arguments if live else []


def refuse_second(layout: Layout) -> None:
    """Raises: BadUse when this data folder is on air already."""
    live = running(layout)
    if live is not None:
        raise BadUse(
            f"OnAir is running already: process {live.identity.pid}, {live.address}.",
            remedy="python3 install.py stop (or restart), or another ONAIR_DATA and --port for a second one.",
        )


def _option(arguments: list[str], name: str, default: str) -> str:
    value = default
    for index, word in enumerate(arguments):
        if word == name and index + 1 < len(arguments):
            value = arguments[index + 1]
        elif word.startswith(f"{name}="):
            value = word.partition("=")[2]
    return value


def _address(layout: Layout, arguments: list[str]) -> str:
    """The address the runner will have, or "" for port 0, which only its log tells."""
    port = _option(arguments, "--port", setting(layout.root, "ONAIR_PORT", "8000"))
    host = _option(arguments, "--host", setting(layout.root, "ONAIR_HOST", "127.0.0.1"))
    host = "127.0.0.1" if host in ("0.0.0.0", "::", "") else host
    return "" if port == "0" else f"http://{host}:{port}"


def _health(address: str, path: str, timeout_s: float = 2.0) -> tuple[int, str]:
    """Status and body, or (0, reason) when nothing answered."""
    try:
        with urllib.request.urlopen(f"{address}{path}", timeout=timeout_s) as answer:
            return answer.status, answer.read(100_000).decode(errors="replace")
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read(100_000).decode(errors="replace")
    except (OSError, ValueError) as exc:
        return 0, str(exc)


def start(layout: Layout, call: RunnerCall) -> int:
    """Start the runner in a session of its own and wait until it answers. Raises: BadUse, EngineFailed."""
    if WINDOWS:
        raise BadUse("start needs Linux or macOS.", remedy="Use: python install.py live")
    arguments = call.command[call.command.index("live") + 1 :]
    address = _address(layout, arguments)
    if address and _health(address, "/health/live", 0.5)[0]:
        raise BadUse(f"Something answers at {address} already.", remedy="Stop it, or take another --port.")
    log = log_file(layout)
    log.parent.mkdir(parents=True, exist_ok=True)
    offset = log.stat().st_size if log.exists() else 0
    with log.open("ab") as sink:
        child = subprocess.Popen(
            call.command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
            env=call.env, cwd=layout.root, start_new_session=True,
        )  # fmt: skip
    identity = process.identify(child.pid) or Identity(child.pid, "")
    record = {"pid": identity.pid, "started": identity.started, "arguments": arguments, "address": address}
    fresh = _pid_file(layout).with_suffix(".new")
    fresh.write_text(json.dumps(record), encoding="utf-8")
    fresh.replace(_pid_file(layout))
    return _await_ready(layout, child, address, offset)


def _await_ready(layout: Layout, child: subprocess.Popen[bytes], address: str, offset: int) -> int:
    log = log_file(layout)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            _pid_file(layout).unlink(missing_ok=True)
            raise EngineFailed(
                f"The runner ended with {child.returncode} right after its start.",
                why=_tail(log, 15, offset),
                remedy=f"The whole log: {log}",
            )
        if not address or _health(address, "/health/live")[0] == 200:
            say(f"On air: {address or 'the address is in the log'} (process {child.pid}). Log: {log}")
            say("python3 install.py status | logs -f | stop")
            return 0
        time.sleep(0.2)
    raise EngineFailed(
        f"The runner (process {child.pid}) has not answered at {address} for {READY_S:.0f} s; it still runs.",
        why=_tail(log, 15, offset),
        remedy="python3 install.py logs -f shows what it does; python3 install.py stop ends it.",
    )


def stop(layout: Layout) -> int:
    """End the detached runner and everything it started. Nothing running is no failure. Raises: EngineFailed."""
    live = running(layout)
    if live is None:
        say("OnAir is not running (nothing that `start` began).")
        return 0
    gracefully = process.end(live.identity, grace_s=GRACE_S)
    if process.is_alive(live.identity):
        raise EngineFailed(f"Process {live.identity.pid} could not be ended.", remedy="Look at it with ps and top.")
    say("Stopped." if gracefully else f"It did not end within {GRACE_S:.0f} s and was killed, with what it started.")
    return 0


def status(layout: Layout) -> int:
    """Say whether it runs, where, and how it is; exit code 3 when it does not run."""
    live = running(layout)
    if live is None:
        say("OnAir is not running. Start it: python3 install.py start")
        return NOT_RUNNING
    say(f"Running: process {live.identity.pid}, {live.address or 'address in the log'}; log {log_file(layout)}")
    if live.address:
        code, body = _health(live.address, "/health/ready")
        say({200: "Ready.", 0: "It does not answer yet."}.get(code, "Not ready."))
        if body and code:
            say(body)
    return 0


def _tail(path: Path, lines: int, offset: int = 0) -> str:
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(offset, size - lines * 4000))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def logs(layout: Layout, arguments: list[str]) -> int:
    """Print the end of the log (`-n LINES`, 40 by default); `-f` goes on until Ctrl-C. Raises: BadUse."""
    count = _option(arguments, "-n", "40")
    if not count.isdigit():
        raise BadUse(f"-n takes a number of lines, not {count!r}.")
    path = log_file(layout)
    if not path.exists():
        raise BadUse("There is no log yet.", remedy="python3 install.py start writes one; setup's is logs/setup.log.")
    say(_tail(path, int(count)))
    if "-f" not in arguments:
        return 0
    with path.open(encoding="utf-8", errors="replace") as file:
        file.seek(0, 2)
        while True:
            text = file.readline()
            if text:
                say(text.rstrip("\n"))
            else:
                time.sleep(0.2)
