"""`live`: the avatar on air, until it is told to stop."""

from __future__ import annotations

import asyncio
import json
import logging
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from runner import log
from runner.cli.form import INTERRUPTED, use_json
from runner.cli.options import (
    Also,
    Avatar,
    Comfyui,
    Data,
    Headers,
    Idle,
    Json,
    Quant,
    Sets,
    VoiceOption,
    Workflow,
    overridden,
)
from runner.cli.progress import Progress
from runner.clock import SystemClock
from runner.compose import Stage, check_settings, data_folder, new_guard, new_hub, open_stage
from runner.data_lock import lock_data
from runner.diagnostics import Diagnostics, keep_log, onair_version
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.metrics import Metrics
from runner.rehearsal import rehearse
from runner.settings import Settings
from runner.voice_samples import VoiceSamples
from runner.watch import watch
from runner.web.access import Access
from runner.web.app import create_app
from runner.web.health import Component
from runner.web.page_settings import PageFacts
from runner.web.server import WebServer

logger = logging.getLogger(__name__)


def live(
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port of the page (8000); 0 takes any.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 0.0.0.0 lets other machines in.")] = None,
    workflow: Workflow = None,
    idle: Idle = None,
    avatar: Avatar = None,
    voice: VoiceOption = None,
    comfyui: Comfyui = None,
    also: Also = None,
    headers: Headers = None,
    sets: Sets = None,
    quant: Quant = None,
    data: Data = None,
    rehearsal: Annotated[
        bool | None,
        typer.Option("--rehearsal/--no-rehearsal", help="Render a sentence for nobody before going on air (default)."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only say whether all this can be used; start nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Go on air: start ComfyUI, render the idle loop, serve the page and the stream."""
    settings = overridden(
        port=port, host=host, workflow=workflow, idle=idle, avatar=avatar, voice=voice, comfyui=comfyui, data=data,
        also=also, headers=headers, rehearsal=rehearsal, quant=quant,
    )  # fmt: skip
    machine = use_json(as_json=as_json, setting=settings.log_json)
    log.configure(settings.log_level, json=machine)
    if check:
        check_settings(settings, sets=sets or [])
        return
    with lock_data(data_folder(settings)):
        interrupted = asyncio.run(_serve(settings, sets=sets or [], as_json=machine))
    if interrupted:
        raise typer.Exit(INTERRUPTED)


async def _serve(settings: Settings, *, sets: Sequence[str], as_json: bool) -> bool:
    """Serve until a signal comes; tell whether that was Ctrl-C."""
    # The port first: a taken one is told before ten seconds of ComfyUI's start.
    server = WebServer(host=settings.host, port=settings.port)
    progress = Progress(SystemClock(), log=logger if as_json else None)
    heard: list[signal.Signals] = []
    try:
        with progress:
            work = asyncio.ensure_future(_on_air(settings, server, sets=sets, progress=progress, as_json=as_json))
            _stop_on_signals(work.cancel, heard)
            await asyncio.gather(work, return_exceptions=False)
    except asyncio.CancelledError:
        logger.info("stopped")
    finally:
        await server.close()
    return heard[:1] == [signal.SIGINT]


async def _on_air(
    settings: Settings, server: WebServer, *, sets: Sequence[str], progress: Progress, as_json: bool
) -> None:
    clock, counters, metrics, tail = SystemClock(), LiveCounters(), Metrics(), keep_log(settings)
    async with open_stage(settings, sets=sets, say=progress.say) as stage:
        paces = await rehearse(stage, settings, clock=clock, say=progress.say)
        hub = new_hub(stage, settings, clock=clock, counters=counters, meter=metrics, paces=paces)
        await hub.start()

        async def warm() -> None:
            await rehearse(stage, settings, clock=clock, say=lambda _: None)

        guards = [
            new_guard(engine, settings, clock=clock, hub=hub, counters=counters, warm=warm) for engine in stage.engines
        ]
        guarding = [asyncio.ensure_future(guard.watch()) for guard in guards]
        try:
            watch(metrics, engine=stage.engine, hub=hub, counters=counters, guard=guards[0])

            def on_error(code: str) -> None:
                metrics.error(code)
                diagnostics.error(code)

            diagnostics = Diagnostics(settings, engine=stage.engine, hub=hub, counters=counters, clock=clock)
            app = create_app(
                hub,
                samples=VoiceSamples(stage.speech, stage.data / "voices"),
                avatars=stage.avatars,
                metrics=metrics.render,
                on_error=on_error,
                bundle=diagnostics.bundle,
                log_lines=tail.lines,
                judge=stage.maker.judge if stage.maker is not None else None,
                readiness=lambda: _readiness(stage, hub, settings),
                access=Access(token=settings.access_token, editors=settings.editor_origins),
                page=_page(stage, settings),
                hls_js=_hls_js(stage.data),
                version=onair_version(),
            )
            await server.start(app)
            progress.clear()
            print(json.dumps({"address": server.url}) if as_json else f"On air: {server.url}", flush=True)
            await server.ended()
        finally:
            for one in guarding:
                one.cancel()
            await server.close()
            await hub.close()


def _stop_on_signals(stop: Callable[[], object], heard: list[signal.Signals]) -> None:
    loop = asyncio.get_running_loop()

    def end(number: signal.Signals) -> None:
        heard.append(number)
        stop()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, end, number)
    # A closed terminal ends it in order, too; what nohup started lives on.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        loop.add_signal_handler(signal.SIGHUP, end, signal.SIGHUP)


def _readiness(stage: Stage, hub: Hub, settings: Settings) -> list[Component]:
    down = [status for status in (engine.status() for engine in stage.engines) if not status.up]
    stopped = [channel.id for channel in hub.channels() if not channel.running]
    return [
        # One of several that is up renders for all.
        Component(
            name="engine",
            ready=len(down) < len(stage.engines) or settings.fake_run,
            reason="; ".join(status.reason for status in down),
        ),
        Component(name="channels", ready=not stopped, reason=f"{len(stopped)} have stopped" if stopped else ""),
    ]


def _hls_js(data: Path) -> Path | None:
    path = data / "vendor" / "hls.min.js"
    return path if path.is_file() else None


def _page(stage: Stage, settings: Settings) -> PageFacts:
    return PageFacts(
        behind_ms=settings.behind_ms,
        avatar=stage.avatar_id or "",
        voice=settings.voice,
        uploads=settings.uploads,
        engine_url=lambda: stage.engine.url,
        comfyui_url=settings.comfyui_url,
    )
