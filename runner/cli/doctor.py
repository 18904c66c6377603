"""`doctor`: what is there, what is missing, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

from runner.cli.doctor_torch import ask_torch, attention_words, torch_words
from runner.cli.options import Comfyui, Headers, Json, overridden
from runner.engine.comfy_address import address_of, is_address
from runner.engine.comfy_engine import PACK_NODE
from runner.engine.comfy_http import ComfyHttp
from runner.errors import RunnerError, StreamFaulty
from runner.settings import REPOSITORY, Settings
from runner.speech.pack import PackSpeech

PACKAGES = ("av", "numpy", "opencv-python-headless", "espeakng-loader", "soxr", "fastapi", "uvicorn")
NEEDED_FREE_BYTES = 1_000_000_000
ASKED_S = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report."""

    name: str
    good: bool
    detail: str


def doctor(comfyui: Comfyui = None, headers: Headers = None, as_json: Json = False) -> None:
    """Look at Python, packages, ComfyUI, torch, the voice, port and disk. Exit code 5 when something is missing."""
    findings = list(_findings(overridden(comfyui=comfyui, headers=headers)))
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            print(f"{'ok ' if finding.good else 'BAD'}  {finding.name:<12} {finding.detail}")
    bad = [finding.name for finding in findings if not finding.good]
    if bad and as_json:
        raise typer.Exit(StreamFaulty.exit_code)  # the list is the one object
    if bad:
        raise StreamFaulty(f"not in order: {', '.join(bad)}; do what those lines say", code="doctor.findings")


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding(name="python", good=True, detail=f"{platform.python_version()} on {platform.platform()}")
    missing = [name for name in PACKAGES if not _version(name)]
    versions = ", ".join(f"{name} {_version(name)}" for name in PACKAGES if name not in missing)
    yield Finding(
        name="packages",
        good=not missing,
        detail=f"missing: {', '.join(missing)}; run python3 install.py setup" if missing else versions,
    )
    yield _comfyui(settings)
    told = ask_torch()
    yield Finding(name="torch", good=bool(told) or _elsewhere(settings), detail=torch_words(told))
    yield Finding(name="attention", good=True, detail=attention_words())
    yield Finding(name="voice", good=True, detail=f"{len(PackSpeech().voices())} voices, default {settings.voice}")
    hls_js = settings.data / "vendor" / "hls.min.js"
    yield Finding(
        name="hls.js",
        good=True,
        detail=str(hls_js) if hls_js.is_file() else "not there; browsers with native HLS play, run install.py setup",
    )
    yield _port(settings)
    free = shutil.disk_usage(REPOSITORY).free
    yield Finding(name="disk", good=free > NEEDED_FREE_BYTES, detail=f"{free / 1e9:.1f} GB free; 1 GB is needed to run")


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _elsewhere(settings: Settings) -> bool:
    """Tell whether ComfyUI is a server with a torch of its own."""
    return is_address(settings.comfyui or "")


def _comfyui(settings: Settings) -> Finding:
    setting = settings.comfyui or str(REPOSITORY / ".comfyui")
    if is_address(setting):
        return _server(settings)
    whole = (Path(setting) / "main.py").is_file()
    return Finding(name="comfyui", good=whole, detail=setting if whole else f"none at {setting}; run install.py setup")


def _server(settings: Settings) -> Finding:
    """Ask a ComfyUI by its address, as the runner would."""
    try:
        address = address_of(settings.comfyui, headers=settings.headers, token=settings.engine_token)
        with closing(ComfyHttp(address, timeout_s=ASKED_S)) as http:
            version, has_pack = http.version(), PACK_NODE in http.object_info()
    except RunnerError as exc:
        return Finding(name="comfyui", good=False, detail=str(exc))
    lacking = "" if has_pack else "; it lacks the OnAir nodes: install this pack there, for live and speak"
    return Finding(name="comfyui", good=True, detail=f"{address.url}, version {version}{lacking}")


def _port(settings: Settings) -> Finding:
    try:
        with socket.socket() as probe:
            probe.settimeout(1)
            taken = probe.connect_ex((settings.host, settings.port)) == 0
    except OSError as exc:
        return Finding(name="port", good=False, detail=f"{settings.host} is no address to listen on: {exc}")
    detail = f"{settings.port} is {'taken: OnAir itself, or choose another with --port' if taken else 'free'}"
    return Finding(name="port", good=True, detail=detail)
