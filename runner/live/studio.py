"""Studio and Cast: what every turn renders with, and what every session speaks with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path

from hls.ticks import PART_FRAMES
from runner.live.counters import LiveCounters, Meter, NoMeter
from runner.live.idle import IdleLoop
from runner.live.offload import Offload
from runner.live.paces import Paces
from runner.live.renderer import Renderer
from runner.live.scene import Scene
from runner.ports import Clock
from runner.speech.port import SpeechPort

PASSAGE_FRAMES = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What every turn of a channel renders with: its scene, and what all scenes share."""

    clock: Clock
    scene: Scene
    counters: LiveCounters
    data: Path
    offload: Offload
    margin_ns: int
    meter: Meter = field(default_factory=NoMeter)
    busy: Counter[int] = field(default_factory=Counter)
    """How many windows each engine has before it, over all turns."""
    passage_frames: int | None = PASSAGE_FRAMES
    """At least so long is what is rendered for itself, where the graph is `anchored`; None: the whole turn is."""

    def on(self, scene: Scene) -> Studio:
        """Return the same with another scene."""
        return self if scene is self.scene else replace(self, scene=scene)

    @property
    def renderer(self) -> Renderer:
        """The first engine, with the scene's graph."""
        return self.scene.renderer

    @property
    def renderers(self) -> tuple[Renderer, ...]:
        """Every engine."""
        return self.scene.renderers

    @property
    def idle(self) -> IdleLoop:
        """The scene's loop."""
        return self.scene.idle

    @property
    def paces(self) -> Paces:
        """How fast the scene's graph renders."""
        return self.scene.paces

    @property
    def anchored(self) -> bool:
        """See `Scene.anchored`."""
        return self.scene.anchored

    def least_passage(self, *, by_clause: bool) -> int | None:
        """Return how many frames a passage has at least; None: the whole turn is one."""
        if by_clause and (self.anchored or self.idle.entered_everywhere):
            return PART_FRAMES
        return self.passage_frames if self.anchored else None

    @property
    def step_frames(self) -> int:
        """What a full window adds."""
        return self.renderer.graph.window_frames - self.renderer.graph.overlap_frames


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What every session of a hub speaks with. `generation` False: prompts are refused, the stream idles.

    `by_clause`: how sessions begin, see `Session.speak_by_clause`. `second_voice`: the second speaker's; "": the same.
    """

    studio: Studio
    speech: SpeechPort
    speed: float = 1.0
    generation: bool = True
    by_clause: bool = False
    second_voice: str = ""
