"""Compose: alone joins ports to adapters. What comes out is ready to render, or to serve.

Long by its nature: whoever looks for how the parts are joined finds all of it here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from hls.ticks import LIVE_FPS
from runner.avatar import Avatar, place_avatar
from runner.avatars import Avatars
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.known_nodes import recall, remember
from runner.engine.memory_guard import MemoryGuard, machine_bytes
from runner.engine.window_renderer import WindowRenderer
from runner.engines import further_engines, make_engine
from runner.errors import BadInput
from runner.graphs import bind_graphs, first_look
from runner.live.counters import LiveCounters, Meter
from runner.live.fake_run import over_idle
from runner.live.hub import Hub
from runner.live.idle import IdleLoop
from runner.live.offload import in_thread
from runner.live.paces import Paces
from runner.live.studio import Cast, Studio
from runner.ports import Clock, Engine
from runner.scene_maker import Made, Say, SceneMaker
from runner.settings import Settings
from runner.speech.pack import PackSpeech

CHECK_SIDE = 512
MARGIN_NS = 60_000_000
"""Slack before a first window is due: HTTP, the clip's reading, a busy machine's scheduling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An engine that is up, a graph bound to it, and the idle loop that was rendered with it; `others`: more."""

    engine: ComfyEngine
    renderer: WindowRenderer
    others: tuple[WindowRenderer, ...] = ()
    passage_frames: int | None = None
    idle: IdleLoop
    avatar: Avatar | None
    speech: PackSpeech
    data: Path
    maker: SceneMaker | None = None
    """Makes further scenes on these engines."""

    @property
    def made(self) -> Made:
        """The parts of the scene that it begins with."""
        return Made(renderers=(self.renderer, *self.others), idle=self.idle, avatar=self.avatar)

    @property
    def avatars(self) -> Avatars:
        """Who may be shown on these engines."""
        return self.maker.avatars if self.maker is not None else Avatars(self.data)

    @property
    def avatar_id(self) -> str | None:
        """Who of the avatars is shown; None: the graph has a picture of its own."""
        return self.maker.avatars.default if self.maker is not None and self.avatar is not None else None

    @property
    def engines(self) -> tuple[Engine, ...]:
        """Every engine, the first one first."""
        return (self.engine, *(one.engine for one in self.others))


@asynccontextmanager
async def open_stage(settings: Settings, *, sets: Sequence[str] = (), say: Say) -> AsyncIterator[Stage]:
    """Start the engine, bind the graphs, render the idle loop where it is not on disk. The engine ends with the block.

    Raises: BadInput of every kind before anything is started where that is possible; EngineError.
    """
    engine, speech, data = check_settings(settings, sets=sets)
    others = further_engines(settings, engine, data)
    say("Starting ComfyUI, some 10 s …" if engine.process is not None else f"Connecting to {engine.url} …")
    try:
        await asyncio.gather(*(one.start() for one in (engine, *others)))
        yield await _prepare(settings, engine, others, data=data, sets=sets, say=say, speech=speech)
    finally:
        await asyncio.gather(*(one.close() for one in (engine, *others)))


@asynccontextmanager
async def open_engine(settings: Settings, *, say: Say, needs_pack: bool = False) -> AsyncIterator[ComfyEngine]:
    """Start the engine alone. It ends with the block. `needs_pack`: the graph has OnAir's nodes in it.

    Raises: BadInput, EngineError.
    """
    engine = make_engine(settings, data_folder(settings), needs_pack=needs_pack)
    say("Starting ComfyUI, some 10 s …" if engine.process is not None else f"Connecting to {engine.url} …")
    try:
        await engine.start()
        yield engine
    finally:
        await engine.close()


def data_folder(settings: Settings) -> Path:
    """Return the data folder, made where it is missing. Raises: BadInput `data.folder`."""
    data = settings.data.resolve()
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        sentence = f"the data folder {data} cannot be made: {exc.strerror}; name another with --data"
        raise BadInput(sentence, code="data.folder") from exc
    return data


def check_settings(settings: Settings, *, sets: Sequence[str] = ()) -> tuple[ComfyEngine, PackSpeech, Path]:
    """Refuse what can be refused before anything is started; return the engine to start, the voices, the data folder.

    Raises: BadInput of every kind.
    """
    data = data_folder(settings)
    settings.check_access()
    engine = make_engine(settings, data)
    further_engines(settings, engine, data)
    speech = PackSpeech()
    for voice in filter(None, (settings.voice, settings.second_voice)):
        speech.check_voice(voice)
    look = first_look(settings, sets=sets)
    info = recall(engine.process.place) if engine.process is not None else None
    if info is not None:
        bind_graphs(settings, info, sets=sets)
    if settings.avatar is not None:
        size = (look.width or CHECK_SIDE, look.height or CHECK_SIDE)
        place_avatar(settings.avatar, data=data, width=size[0], height=size[1], needs_face=look.needs_face)
    return engine, speech, data


async def _prepare(
    settings: Settings,
    engine: ComfyEngine,
    others: Sequence[ComfyEngine],
    *,
    data: Path,
    sets: Sequence[str],
    say: Say,
    speech: PackSpeech,
) -> Stage:
    info = await engine.object_info()
    if engine.process is not None:
        remember(engine.process.place, info)
    maker = SceneMaker(
        engine=engine,
        others=others,
        settings=settings,
        sets=sets,
        data=data,
        info=info,
        avatars=Avatars(data, given=settings.avatar),
        speech=speech,
        free_vram_bytes=await engine.free_vram_bytes(),
        say=say,
    )
    made = await maker.own()
    maker.say = lambda _: None  # on air there is nobody at the terminal to tell
    renderer, *more = made.renderers
    return Stage(
        engine=engine,
        renderer=renderer,
        others=tuple(more),
        passage_frames=settings.passage_ms * LIVE_FPS // 1000 or None,
        idle=made.idle,
        avatar=made.avatar,
        speech=speech,
        data=data,
        maker=maker,
    )


def new_studio(
    stage: Stage, *, clock: Clock, counters: LiveCounters | None = None, paces: Paces | None = None
) -> Studio:
    """Return what turns render with."""
    return Studio(
        clock=clock,
        scene=stage.made.scene(
            avatar=stage.avatar_id, title=stage.avatar.title if stage.avatar is not None else "", paces=paces
        ),
        passage_frames=stage.passage_frames,
        counters=counters or LiveCounters(),
        data=stage.data,
        offload=in_thread,
        margin_ns=MARGIN_NS,
    )


def new_hub(
    stage: Stage,
    settings: Settings,
    *,
    clock: Clock,
    counters: LiveCounters,
    meter: Meter,
    paces: Paces | None = None,
) -> Hub:
    """Return the sessions' hub; FAKE_RUN puts the idle frames in the renderer's place.

    `paces`: how fast this machine was measured to render (a rehearsal); None: assumed until the first turn.
    """
    studio = replace(new_studio(stage, clock=clock, counters=counters, paces=paces), meter=meter)
    if settings.fake_run:
        studio = studio.on(over_idle(studio.scene, data=stage.data))
    hub = Hub(
        cast=Cast(
            studio=studio,
            speech=stage.speech,
            speed=settings.speed,
            generation=settings.allow_generation,
            by_clause=settings.by_clause,
            second_voice=settings.second_voice,
        ),
        lead_ns=settings.lead_ms * 1_000_000,
        voice=settings.voice,
        max_sessions=settings.sessions,
        kept_ns=settings.kept_minutes * 60_000_000_000,
        maker=stage.maker,
    )
    if stage.maker is not None:
        stage.maker.on_air, stage.maker.paces = hub.scenes_on_air, studio.scene.paces
    return hub


def new_guard(
    engine: Engine,
    settings: Settings,
    *,
    clock: Clock,
    hub: Hub,
    counters: LiveCounters,
    warm: Callable[[], Awaitable[object]],
) -> MemoryGuard:
    """Return the guard over the engine's memory; `warm` loads the models again after a new start."""
    return MemoryGuard(
        engine,
        clock=clock,
        limit_bytes=machine_bytes() * settings.memory_percent // (100 * settings.engines),  # they share the machine
        windows=lambda: counters.windows_rendered,
        between_turns=lambda: all(channel.open_turn is None for channel in hub.channels()),
        warm=warm,
    )
