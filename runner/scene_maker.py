"""SceneMaker: scenes on the engines that are up: another avatar in the server's graph, or another graph.

Long, because judging, binding, rendering the loop and the proof are steps of one making.
"""

from __future__ import annotations

import asyncio
import copy
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

from hls.errors import HlsError
from hls.ticks import NS_PER_MS
from runner.avatar import Avatar, forget_old_pictures
from runner.avatars import Avatars
from runner.batch.judgement import Judgement, judge, refuse_unfit
from runner.clock import SystemClock
from runner.engine.base_folder import lend_inputs
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.idle_renderer import IdleRenderer
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow, load_workflow, parse_workflow
from runner.engines import lend_states
from runner.errors import BadInput, WorkflowRefused
from runner.graphs import Graphs, bind_pair, idle_path, lacks_picture, load_graphs
from runner.live.counters import LiveCounters
from runner.live.fake_run import over_idle
from runner.live.idle import IdleLoop, load_idle_loop
from runner.live.offload import in_thread
from runner.live.paces import Paces
from runner.live.recording import record
from runner.live.scene import Scene, SceneGraph
from runner.live.studio import Studio
from runner.ports import PromptProgress
from runner.settings import Settings
from runner.speech.port import SpeechPort

ON_CANVAS = "the graph"
"""What sentences call a graph that came without a file."""
PROOF = "Yes."
"""One window of nearly any graph: it loads the models and shows what cannot go on air."""
Say = Callable[[str], None]


def _nobody() -> Collection[Scene]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A scene's parts, as the engine ring knows them."""

    renderers: tuple[WindowRenderer, ...]
    idle: IdleLoop
    avatar: Avatar | None

    def scene(self, *, avatar: str | None, title: str, paces: Paces | None = None) -> Scene:
        """Return it as the live loop knows it."""
        return Scene(
            title=title,
            renderer=self.renderers[0],
            others=self.renderers[1:],
            idle=self.idle,
            image=self.avatar.name if self.avatar is not None else "",
            seed=self.renderers[0].graph.seed,
            avatar=avatar,
            paces=paces or Paces(),
        )


@dataclass(slots=True, kw_only=True)
class SceneMaker:
    """See `runner.live.scene.SceneMaker`. `paces`: of the server's own graph, whoever it shows.

    `on_air`: scenes whose loops stay on disk.
    """

    engine: ComfyEngine
    others: Sequence[ComfyEngine]
    settings: Settings
    sets: Sequence[str]
    data: Path
    info: dict[str, Any]
    avatars: Avatars
    speech: SpeechPort
    free_vram_bytes: int = 0
    paces: Paces = field(default_factory=Paces)
    on_air: Callable[[], Collection[Scene]] = _nobody
    say: Say = lambda _: None

    async def own(self) -> Made:
        """Return the server's own scene. Raises: WorkflowRefused, PictureRefused, EngineError."""
        workflow, idle = load_graphs(self.settings, self.info)
        avatar = self.avatars.default
        if self.settings.avatar is None and not lacks_picture(self._bind(workflow, idle).talk):
            return await self._make(workflow, idle, None)
        return await self._make(workflow, idle, avatar)

    async def from_avatar(self, avatar: str) -> Scene:
        """See `SceneMaker`."""
        found = await asyncio.to_thread(self.avatars.find, avatar)
        made = await self._make(*await asyncio.to_thread(load_graphs, self.settings, self.info), avatar)
        return self._as_set(made.scene(avatar=avatar, title=found.title, paces=self.paces))

    async def from_workflow(self, wanted: SceneGraph) -> Scene:
        """See `SceneMaker`."""
        avatar, alike = wanted.avatar, wanted.idle is None
        if avatar is not None:
            await asyncio.to_thread(self.avatars.find, avatar)
        judgement = await self.judge(wanted.workflow)
        refuse_unfit(judgement, name=ON_CANVAS)
        talk = parse_workflow(ON_CANVAS, copy.deepcopy(dict(wanted.workflow)), self.info)
        if wanted.idle is not None:
            loop = parse_workflow("the idle graph", copy.deepcopy(dict(wanted.idle)), self.info)
        else:
            loop = load_workflow(idle_path(self.settings, talk), self.info)
        bound = self._bind(talk, loop, alike=alike)
        if avatar is None and lacks_picture(bound.talk):
            avatar = wanted.shown or self.avatars.default
        made = await self._make(talk, loop, avatar, alike=alike)
        scene = replace(made.scene(avatar=avatar, title=ON_CANVAS), own=False, findings=tuple(judgement.findings))
        await self._prove(scene)
        return self._as_set(scene)

    async def judge(self, workflow: Mapping[str, Any]) -> Judgement:
        """Say what a graph lacks here, and whether it can go on air; nothing is rendered. Raises: EngineError."""
        content = copy.deepcopy(dict(workflow))
        await asyncio.to_thread(self._lend_files_of, content)
        if self.engine.process is not None:
            self.info = await self.engine.asked_anew()  # files that were lent, or have come since, are listed
        return await asyncio.to_thread(lambda: judge(content, self.info, name=ON_CANVAS))

    # -- how

    @property
    def _silence_ns(self) -> int:
        return self.settings.silence_ms * NS_PER_MS

    def _as_set(self, scene: Scene) -> Scene:
        return over_idle(scene, data=self.data) if self.settings.fake_run else scene

    def _lend_files_of(self, content: dict[str, Any]) -> None:
        try:
            graph = parse_workflow(ON_CANVAS, copy.deepcopy(content), self.info).graph
        except WorkflowRefused:
            return  # the judgement says why
        self._lend(graph)

    def _lend(self, graph: dict[str, dict[str, Any]]) -> None:
        for one in (self.engine, *self.others):
            if one.process is not None:
                lend_inputs(one.process.place.base, one.process.place.root, graph)

    def _bind(self, talk: Workflow, idle: Workflow, *, image: str = "", alike: bool = False) -> Graphs:
        """`alike`: the idle graph is a stock one, and takes the talk graph's size."""
        return bind_pair(
            copy.deepcopy(talk),
            copy.deepcopy(idle),
            self.info,
            quant=self.settings.quant,
            sets=self.sets,
            image=image,
            free_vram_bytes=self.free_vram_bytes,
            alike=alike,
        )

    async def _make(self, talk: Workflow, idle: Workflow, avatar: str | None, *, alike: bool = False) -> Made:
        """Render the idle loop where it is not on disk. Raises: WorkflowRefused, PictureRefused, EngineError."""
        graphs, placed = self._bind(talk, idle, alike=alike), None
        if avatar is not None:
            shape, name = graphs.talk, avatar
            placed = await asyncio.to_thread(
                lambda: self.avatars.place(name, width=shape.width, height=shape.height, needs_face=shape.needs_face)
            )
            for file in placed.files:
                await self.engine.put(file, self.data / file)
            spare = {placed.name, *(scene.image for scene in self.on_air())}
            await asyncio.to_thread(lambda: forget_old_pictures(self.data, spare=spare))
            graphs = self._bind(talk, idle, image=placed.name, alike=alike)
        await asyncio.to_thread(lambda: self._lend({**graphs.idle.graph, **graphs.talk.graph}))
        loop = await self._idle(graphs, placed)
        for one in self.others:
            await lend_states(self.engine, one, loop, data=self.data)
        renderers = tuple(
            WindowRenderer(one, graphs.talk, self.data, silence_timeout_ns=self._silence_ns)
            for one in (self.engine, *self.others)
        )
        return Made(renderers=renderers, idle=loop, avatar=placed)

    async def _idle(self, graphs: Graphs, avatar: Avatar | None) -> IdleLoop:
        def told(progress: PromptProgress) -> None:
            if progress.maximum:
                self.say(f"Rendering the idle loop: {progress.value} of {progress.maximum}")

        renderer = IdleRenderer(self.engine, self.data, silence_timeout_ns=self._silence_ns)
        folder = await renderer.render(
            graphs.idle,
            image=avatar.name if avatar is not None else "",
            overlap_frames=graphs.talk.overlap_frames,
            on_begin=lambda: self.say("Rendering the idle loop (once per picture) …"),
            on_progress=told,
            spare={PurePosixPath(scene.idle.state_name(0)).parent.name for scene in self.on_air()},
        )
        return load_idle_loop(folder, data=self.data)

    async def _prove(self, scene: Scene) -> None:
        """Render one window for nobody. Raises: what keeps the graph from the air."""
        if self.settings.fake_run or not self.settings.allow_generation:
            return
        clock = SystemClock()
        studio = Studio(
            clock=clock, scene=scene, counters=LiveCounters(), data=self.data, offload=in_thread, margin_ns=0
        )
        with tempfile.TemporaryDirectory(prefix="onair-") as folder:
            try:
                await record(
                    PROOF,
                    studio=studio,
                    speech=self.speech,
                    voice=self.settings.voice,
                    speed=self.settings.speed,
                    folder=Path(folder),
                    anchor_unix_ns=clock.unix_ns(),
                    on_progress=lambda done, total: None,
                )
            except HlsError as exc:
                raise BadInput(f"{ON_CANVAS} cannot go on air; correct this first: {exc}", code=exc.code) from exc
