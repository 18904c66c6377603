"""A whole OnAir server on a free port, without ComfyUI: the simulated engine renders, a tone speaks."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from runner.avatars import Avatars
from runner.batch.judgement import Judgement, judge, refuse_unfit
from runner.clock import SystemClock
from runner.engine.binding import bind
from runner.engine.idle_renderer import IdleRenderer, bind_idle
from runner.engine.simulated import SimulatedEngine
from runner.engine.simulated_nodes import OBJECT_INFO
from runner.engine.window_renderer import WindowRenderer
from runner.engine.workflow import Workflow, parse_workflow
from runner.live.channel import Channel
from runner.live.counters import LiveCounters
from runner.live.hub import Hub
from runner.live.idle import load_idle_loop
from runner.live.offload import in_thread
from runner.live.paces import Paces
from runner.live.scene import Scene, SceneGraph
from runner.live.session import Session
from runner.live.studio import Cast, Studio
from runner.speech.port import SpeechPort
from runner.speech.tone import ToneSpeech
from runner.voice_samples import VoiceSamples
from runner.web.access import Access
from runner.web.app import create_app
from runner.web.health import Component
from runner.web.idle_sockets import PATIENCE_S
from runner.web.page_settings import PageFacts
from runner.web.server import WebServer

SILENCE_NS = 10_000_000_000
SHAPE = {"window_frames": 45, "overlap_frames": 5, "fps": 25, "width": 256, "height": 256, "seed": 0, "index": 0}
NODE = {"class_type": "OnAirWindow", "inputs": SHAPE}
SEGMENT = {"class_type": "OnAirSegment", "inputs": {"images": ["1", 3], "window": ["1", 8]}}
IDLE = {"class_type": "OnAirIdle", "inputs": {"image": ["1", 2], "window": ["1", 8], "frames": 48}}
EDITORS = frozenset({"http://127.0.0.1:8188"})
LEAD_NS = 320_000_000
MARGIN_NS = 60_000_000


class House:
    """`async with House(data) as house`: `house.url`, `house.http`, `house.hub`; `reasons` are why it is not ready."""

    def __init__(
        self,
        data: Path,
        *,
        rtf: float = 0.1,
        hls_js: Path | None = None,
        patience_s: float = PATIENCE_S,
        token: str = "",
        uploads: bool = True,
        speech: SpeechPort | None = None,
        loop: Path | None = None,
    ) -> None:
        """`loop`: a clip of 256x256 whose pictures are rendered, instead of drawn ones that code to nearly nothing."""
        self.errors: Counter[str] = Counter()
        self.reasons: dict[str, str] = {}
        self.clock = SystemClock()
        self._speech = speech or ToneSpeech()
        self._loop = loop
        self.access = Access(token=token, editors=EDITORS)
        self.data, self._rtf, self._hls_js, self._patience_s, self._uploads = data, rtf, hls_js, patience_s, uploads

    async def __aenter__(self) -> House:
        self._engine = SimulatedEngine(SystemClock(), data=self.data, rtf=self._rtf, loop=self._loop)
        await self._engine.start()
        await self._open(port=0)
        self.http = httpx.AsyncClient(base_url=self.url, timeout=20, trust_env=False)
        return self

    async def restart(self, *, forget: bool = False) -> None:
        """End the server and start it anew on the same port and folder; `forget`: its channels are gone meanwhile."""
        await self._shut()
        if forget:
            shutil.rmtree(self.data / "channels")
        await self._open(port=self._server.port)

    async def _open(self, *, port: int) -> None:
        self.hub = await self._new_hub()
        await self.hub.start()
        app = create_app(
            self.hub,
            samples=VoiceSamples(self._speech, self.data / "voices"),
            avatars=Avatars(self.data),
            metrics=lambda: b"onair_up 1\n",
            readiness=self._readiness,
            judge=self.maker.judge,
            bundle=self._bundle,
            log_lines=lambda: [{"message": "a line of the log"}],
            access=self.access,
            page=PageFacts(
                behind_ms=700,
                avatar="presenter",
                voice="low",
                uploads=self._uploads,
                engine_url=lambda: "http://127.0.0.1:8188",
            ),
            hls_js=self._hls_js,
            version="0",
            on_error=lambda code: self.errors.update([code]),
        )
        self._server = WebServer(host="127.0.0.1", port=port, patience_s=self._patience_s)
        self.url = self._server.url
        await self._server.start(app)

    async def _shut(self) -> None:
        await self._server.close()
        await self.hub.close()

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()
        await self._shut()
        await self._engine.close()

    async def channel(self) -> Channel:
        """The channel that was opened last; one is opened where there is none, and its list has a segment."""
        if not self.hub.channels():
            await self.http.post("/api/sessions")
        channel = self.hub.channels()[-1]
        await channel.wait_for(0, None, 5_000_000_000)
        return channel

    def playhead(self) -> int | None:
        """The programme date that the newest session's page last said it plays, in ns since 1970."""
        told = self._newest._playhead
        return None if told is None else told[0]

    async def say(self, text: str) -> str:
        """Speak in the newest session."""
        return await self._newest.say(text)

    @property
    def _newest(self) -> Session:
        return list(self.hub._sessions.values())[-1]

    async def _bundle(self) -> dict[str, object]:
        return {"versions": {}}

    def _readiness(self) -> Sequence[Component]:
        return [Component(name="engine", ready="engine" not in self.reasons, reason=self.reasons.get("engine", ""))]

    async def _new_hub(self) -> Hub:
        talk = bind(Workflow(name="talk", graph={"1": NODE, "2": SEGMENT}), OBJECT_INFO)
        loop = await IdleRenderer(self._engine, self.data, version="test", silence_timeout_ns=SILENCE_NS).render(
            bind_idle(Workflow(name="idle", graph={"1": NODE, "2": IDLE}), OBJECT_INFO), overlap_frames=5
        )
        studio = Studio(
            scene=Scene(
                renderer=WindowRenderer(self._engine, talk, self.data, silence_timeout_ns=SILENCE_NS),
                idle=load_idle_loop(loop, data=self.data),
                paces=Paces(),
            ),
            clock=SystemClock(),
            counters=LiveCounters(),
            data=self.data,
            offload=in_thread,
            margin_ns=MARGIN_NS,
        )
        self.maker = HouseMaker(studio.scene, self._engine, self.data)
        return Hub(cast=Cast(studio=studio, speech=ToneSpeech()), lead_ns=LEAD_NS, maker=self.maker)


class HouseMaker:
    """Makes scenes on the simulated engine; `made` counts them by avatar ("" for a graph)."""

    def __init__(self, own: Scene, engine: SimulatedEngine, data: Path) -> None:
        self._own, self._engine, self._data = own, engine, data
        self.made: Counter[str] = Counter()

    async def judge(self, workflow: Mapping[str, Any]) -> Judgement:
        return await in_thread(lambda: judge(workflow, OBJECT_INFO, name="the graph"))

    async def from_avatar(self, avatar: str) -> Scene:
        Avatars(self._data).find(avatar)
        self.made[avatar] += 1
        return replace(self._own, avatar=avatar)

    async def from_workflow(self, wanted: SceneGraph) -> Scene:
        judgement = await self.judge(wanted.workflow)
        refuse_unfit(judgement, name="the graph")
        self.made[""] += 1
        graph = bind(parse_workflow("the graph", wanted.workflow, OBJECT_INFO), OBJECT_INFO)
        renderer = WindowRenderer(self._engine, graph, self._data, silence_timeout_ns=SILENCE_NS)
        return replace(self._own, renderer=renderer, own=False, findings=tuple(judgement.findings))


async def only_channel(house: House) -> str:
    """The id of the house's channel."""
    return str((await house.channel()).id)
