"""The runner that `start` began: found again by pid and start time, whoever asks."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from installer import process
from installer.errors import BadUse
from installer.layout import Layout
from installer.process import Identity


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveProcess:
    """What the pid file holds; `arguments` are the options of `start`, its ComfyUI among them."""

    identity: Identity
    arguments: list[str]
    address: str


def _pid_file(layout: Layout) -> Path:
    return layout.data / "live.pid"


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


def in_a_terminal(layout: Layout) -> int | None:
    """The `live` that somebody runs in a terminal on this data folder: the runner leaves its pid in its lock file."""
    try:
        pid = int((layout.data / "live.lock").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return pid if "runner" in process.command_line(pid) else None


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


def record(layout: Layout, live: LiveProcess | None) -> None:
    """Keep it for the commands to come; None: it has ended."""
    path = _pid_file(layout)
    if live is None:
        path.unlink(missing_ok=True)
        return
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)  # the options may hold a --header
    fresh.write_text(
        json.dumps({"arguments": live.arguments, "address": live.address, **asdict(live.identity)}), encoding="utf-8"
    )
    fresh.replace(path)
