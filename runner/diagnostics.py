"""What somebody who helps needs to know of this server, in one JSON object: no secret, no path of a home."""

from __future__ import annotations

import asyncio
import importlib.metadata
import logging
import os
import platform
import re
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hls.ticks import NS_PER_MS, NS_PER_SECOND
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.memory_guard import machine_bytes
from runner.errors import RunnerError
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.log_tail import LogTail
from runner.ports import Clock
from runner.settings import REPOSITORY, Settings

PACKAGES = ("av", "numpy", "opencv-python-headless", "pillow", "espeakng-loader", "fastapi", "uvicorn")
ERRORS = 50
ENGINE_PATIENCE_S = 3.0
VERSION = re.compile(r'^version = "([^"]+)"', re.MULTILINE)
OF_DEVICES = ("name", "type", "vram_total", "vram_free")


class Diagnostics:
    """Reads the parts that count for themselves, and keeps the last errors."""

    def __init__(
        self, settings: Settings, *, engine: ComfyEngine, hub: Hub, counters: LiveCounters, clock: Clock
    ) -> None:
        self._settings, self._engine, self._hub, self._counters = settings, engine, hub, counters
        self._clock = clock
        self._errors: deque[dict[str, object]] = deque(maxlen=ERRORS)
        self._began_ns = clock.monotonic_ns()

    def error(self, code: str) -> None:
        """Note an error that a client was told."""
        self._errors.append({"unix_ms": self._clock.unix_ns() // NS_PER_MS, "code": code})

    async def bundle(self) -> dict[str, object]:
        """Return it all, within some seconds also where ComfyUI does not answer."""
        comfyui = await self._comfyui()
        return {
            "unix_ms": self._clock.unix_ns() // NS_PER_MS,
            "up_s": (self._clock.monotonic_ns() - self._began_ns) // NS_PER_SECOND,
            "versions": {"onair": onair_version(), "python": platform.python_version(), **_packages()},
            "comfyui": comfyui,
            "machine": await asyncio.to_thread(self._machine),
            "settings": self._settings.told(),
            "engine": asdict(self._engine.status()) | {"pid": None},
            "streams": {"channels": len(self._hub.channels()), "capacity": self._hub.capacity},
            "counters": asdict(self._counters),
            "errors": list(self._errors),
        }

    async def _comfyui(self) -> dict[str, object]:
        try:
            told = await asyncio.wait_for(self._engine.about(), ENGINE_PATIENCE_S)
        except asyncio.TimeoutError:
            return {"error": "comfy.silent"}
        except RunnerError as exc:
            return {"error": exc.code}
        system: Mapping[str, Any] = told.get("system") or {}
        named = {"version": "comfyui_version", "torch": "pytorch_version", "python": "python_version"}
        devices = [{name: one.get(name) for name in OF_DEVICES} for one in told.get("devices") or []]
        return {**{name: system.get(key) for name, key in named.items()}, "devices": devices}

    def _machine(self) -> dict[str, object]:
        free = shutil.disk_usage(self._settings.data if self._settings.data.exists() else REPOSITORY).free
        load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
        return {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "load": load,
            "memory_bytes": machine_bytes(),
            "disk_free_bytes": free,
        }


def keep_log(settings: Settings) -> LogTail:
    """Keep the log's end in memory from now on."""
    headers = (line.partition(":")[2].strip() for line in settings.headers)
    folders = ((settings.data.resolve(), "$ONAIR_DATA"), (REPOSITORY, "$ONAIR"), (Path.home(), "~"))
    tail = LogTail(secrets=(settings.access_token, settings.engine_token, *headers), folders=folders)
    logging.getLogger().addHandler(tail)
    return tail


def onair_version() -> str:
    """Return the version that pyproject.toml names, "unknown" where there is none."""
    try:
        found = VERSION.search((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    except OSError:
        return "unknown"
    return found.group(1) if found is not None else "unknown"


def _packages() -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = None
    return found
