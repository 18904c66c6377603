"""`live` detached: one process of ours, found again by pid and start time."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, replace
from pathlib import Path

from installer import live_log, live_options, live_process, process
from installer.errors import BadUse, EngineFailed, RunnerEnded
from installer.layout import WINDOWS, Layout
from installer.live_process import LiveProcess
from installer.log_line import error_of, object_of
from installer.process import Identity
from installer.progress import say

READY_S = 180.0  # the first start renders the idle loop; on a busy small machine that takes its time
GRACE_S = 20.0
NOT_RUNNING = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerCall:
    """How the runner is started: its command line, its environment, and the options given to us that led there."""

    command: list[str]
    env: dict[str, str]
    given: list[str]


def refuse_bad_input(layout: Layout, call: RunnerCall) -> None:
    """Ask the runner whether it can use what it is given, before the large steps of setup. Raises: BadUse.

    Any other trouble is left to the start itself.
    """
    asked = subprocess.run(
        [*call.command, "--check"], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
        env=call.env, cwd=layout.root, check=False,
    )  # fmt: skip
    if asked.returncode == BadUse.exit_code:
        said = (asked.stderr + asked.stdout).strip().splitlines()
        sentence = next((text for line in reversed(said) if (text := error_of(line))), "it does not say why")
        raise BadUse(sentence, remedy="Correct it and run the command again; what is installed stays.")


def _address(layout: Layout, arguments: list[str]) -> str:
    """The address the runner will have, or "" for port 0, which only its log tells."""
    port, host = live_options.address(layout, arguments)
    host = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
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
    """Start the runner in a session of its own and wait until it answers. Raises: BadUse, EngineFailed, RunnerEnded."""
    if WINDOWS:
        raise BadUse("start needs Linux or macOS.", remedy="Use: python install.py live")
    log = live_log.log_file(layout)
    log.parent.mkdir(parents=True, exist_ok=True)
    live_log.roll(log)
    offset = log.stat().st_size if log.exists() else 0
    with log.open("ab") as sink:
        child = subprocess.Popen(
            call.command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT,
            env=call.env, cwd=layout.root, start_new_session=True,
        )  # fmt: skip
    live = LiveProcess(
        identity=process.identify(child.pid) or Identity(child.pid, ""),
        arguments=call.given,
        address=_address(layout, call.given),
    )
    live_process.record(layout, live)
    address = _await_ready(layout, child, live.address, offset)
    if not live.address:
        live_process.record(layout, replace(live, address=address))
    say(f"On air: {address} (process {child.pid}). Log: {log}")
    say("python3 install.py status | logs -f | stop")
    return 0


def _await_ready(layout: Layout, child: subprocess.Popen[bytes], address: str, offset: int) -> str:
    """Wait until it answers; returns its address, which it tells itself where it chose the port."""
    log = live_log.log_file(layout)
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline:
        if child.poll() is not None:
            live_process.record(layout, None)
            raise _ended(child.returncode, log, offset)
        address = address or live_log.told_address(log, offset)
        if address and _health(address, "/health/live")[0] == 200:
            return address
        time.sleep(0.2)
    raise EngineFailed(
        f"The runner (process {child.pid}) has not answered for {READY_S:.0f} s; it still runs.",
        why=live_log.readable_tail(log, 15, offset),
        remedy="python3 install.py logs -f shows what it does; python3 install.py stop ends it.",
    )


def _ended(returncode: int, log: Path, offset: int) -> RunnerEnded:
    lines = live_log.tail(log, 15, offset)
    sentence = next((text for line in reversed(lines) if (text := error_of(line))), "")
    return RunnerEnded(
        returncode, what=sentence, why="" if sentence else live_log.readable_tail(log, 15, offset), log=log
    )


def stop(layout: Layout) -> int:
    """End the detached runner and everything it started. Nothing running is no failure. Raises: EngineFailed."""
    live = live_process.running(layout)
    if live is None:
        pid = live_process.in_a_terminal(layout)
        there = f", but process {pid} is on air in a terminal: Ctrl+C there, or kill {pid}" if pid else ""
        say(f"OnAir is not running (nothing that `start` began){there}.")
        return 0
    gracefully = process.end(live.identity, grace_s=GRACE_S)
    if process.is_alive(live.identity):
        raise EngineFailed(f"Process {live.identity.pid} could not be ended.", remedy="Look at it with ps and top.")
    say("Stopped." if gracefully else f"It did not end within {GRACE_S:.0f} s and was killed, with what it started.")
    return 0


def status(layout: Layout, *, as_json: bool = False) -> int:
    """Say whether it runs, where, and how it is, for people or as one JSON object; exit code 3 when it does not run."""
    live = live_process.running(layout)
    if as_json:
        return _status_json(layout, live)
    if live is None:
        pid = live_process.in_a_terminal(layout)
        told = f"On air in a terminal, process {pid}; nothing that `start` began." if pid else ""
        say(told or "OnAir is not running. Start it: python3 install.py start")
        return NOT_RUNNING
    say(
        f"Running: process {live.identity.pid}, {live.address or 'address in the log'}; log {live_log.log_file(layout)}"
    )
    if live.address:
        say(_condition(*_health(live.address, "/health/ready")))
    return 0


def _status_json(layout: Layout, live: LiveProcess | None) -> int:
    code, body = _health(live.address, "/health/ready") if live and live.address else (0, "")
    told = {
        "running": live is not None,
        "pid": live.identity.pid if live else None,
        "address": live.address if live else None,
        "log": str(live_log.log_file(layout)),
        "ready": code == 200,
        "health": object_of(body),
    }
    say(json.dumps(told))
    return 0 if live else NOT_RUNNING


def _condition(code: int, body: str) -> str:
    """How it is, in words: every part that is not ready with its reason."""
    if code in (0, 200):
        return "Ready." if code else "It does not answer yet."
    told = object_of(body)
    parts = told.get("components")
    lines = [
        f"  {part.get('name')}: {part.get('reason') or 'not ready'}"
        for part in (parts if isinstance(parts, list) else ())
        if isinstance(part, dict) and not part.get("ready")
    ]
    return "\n".join(["Not ready:", *lines]) if lines else f"Not ready: it answers {code} {body[:200]}".rstrip()
