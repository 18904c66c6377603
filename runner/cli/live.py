"""`live`: the avatar on air, until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from hls.errors import HlsError
from runner import log
from runner.cli.options import Avatar, Comfyui, Data, Idle, Json, Sets, VoiceOption, Workflow, overridden
from runner.cli.progress import Progress
from runner.clock import SystemClock
from runner.compose import Stage, new_hub, new_studio, open_stage, watch
from runner.errors import RunnerError
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.live.recording import record
from runner.metrics import Metrics
from runner.ports import Clock
from runner.settings import Settings
from runner.web.app import create_app
from runner.web.health import Component
from runner.web.server import WebServer

REHEARSAL = "One, two, three, four. Good evening, and welcome to the programme."
logger = logging.getLogger(__name__)


def live(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the page (8000); 0 takes any.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = None,
    workflow: Workflow = None,
    idle: Idle = None,
    avatar: Avatar = None,
    voice: VoiceOption = None,
    comfyui: Comfyui = None,
    sets: Sets = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Go on air: start ComfyUI, render the idle loop, serve the page and the stream."""
    settings = overridden(
        port=port, host=host, workflow=workflow, idle=idle, avatar=avatar, voice=voice, comfyui=comfyui, data=data
    )
    log.configure(settings.log_level, json=settings.log_json)
    asyncio.run(_serve(settings, sets=sets or [], as_json=as_json))


async def _serve(settings: Settings, *, sets: Sequence[str], as_json: bool) -> None:
    # The port first: a taken one is told before ten seconds of ComfyUI's start.
    server = WebServer(host=settings.host, port=settings.port)
    progress = Progress(SystemClock(), quiet=as_json)
    try:
        with progress:
            work = asyncio.ensure_future(_on_air(settings, server, sets=sets, progress=progress, as_json=as_json))
            _stop_on_signals(work.cancel)
            await asyncio.gather(work, return_exceptions=False)
    except asyncio.CancelledError:
        logger.info("stopped")
    finally:
        await server.close()


async def _on_air(
    settings: Settings, server: WebServer, *, sets: Sequence[str], progress: Progress, as_json: bool
) -> None:
    clock, counters, metrics = SystemClock(), LiveCounters(), Metrics()
    async with open_stage(settings, sets=sets, say=progress.say) as stage:
        if not settings.fake_run and settings.allow_generation:
            progress.say("Rehearsing one sentence …")
            await _rehearse(stage, settings, clock)
        hub = new_hub(stage, settings, clock=clock, counters=counters, meter=metrics)
        await hub.start()
        try:
            watch(metrics, stage=stage, hub=hub, counters=counters)
            app = create_app(
                hub,
                voices=lambda: [_row(voice.id, voice.language, voice.name) for voice in stage.speech.voices()],
                avatars=lambda: [{"id": stage.avatar.title if stage.avatar else "workflow"}],
                metrics=metrics.render,
                readiness=lambda: _readiness(stage, hub, settings),
                page_settings={"behind_ms": settings.behind_ms},
                hls_js=_hls_js(stage.data),
            )
            await server.start(app)
            progress.say("")
            print(json.dumps({"address": server.url}) if as_json else f"On air: {server.url}", flush=True)
            await asyncio.Event().wait()
        finally:
            await server.close()
            await hub.close()


async def _rehearse(stage: Stage, settings: Settings, clock: Clock) -> None:
    """Say one sentence to nobody: what cannot go on air is told now, and the first real sentence finds all warm."""
    with tempfile.TemporaryDirectory(prefix="onair-") as folder:
        try:
            await record(
                REHEARSAL,
                studio=new_studio(stage, settings, clock=clock),
                speech=stage.speech,
                voice=settings.voice,
                speed=settings.speed,
                folder=Path(folder),
                anchor_unix_ns=clock.unix_ns(),
                on_progress=lambda done, total: None,
            )
        except (RunnerError, HlsError) as exc:
            if exc.retryable:
                # A full disk, an engine that was lost: the streams that are open must not wait for it.
                logger.warning("the rehearsal failed", extra={"code": exc.code, "reason": str(exc)})
                return
            if isinstance(exc, RunnerError):
                raise
            raise RunnerError(f"this workflow cannot go on air: {exc}", code=exc.code) from exc


def _stop_on_signals(stop: Callable[[], object]) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)


def _readiness(stage: Stage, hub: Hub, settings: Settings) -> list[Component]:
    status = stage.engine.status()
    stopped = [channel.id for channel in hub.channels() if not channel.running]
    return [
        Component(name="engine", ready=status.up or settings.fake_run, reason=status.reason),
        Component(name="channels", ready=not stopped, reason=f"{len(stopped)} have stopped" if stopped else ""),
    ]


def _hls_js(data: Path) -> Path | None:
    path = data / "vendor" / "hls.min.js"
    return path if path.is_file() else None


def _row(voice: str, language: str, name: str) -> Mapping[str, object]:
    return {"id": voice, "language": language, "name": name}
