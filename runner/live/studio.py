"""Studio and Cast: what every turn renders with, and what every session speaks with."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hls.ticks import PART_FRAMES
from runner.live.counters import LiveCounters, Meter, NoMeter
from runner.live.idle import IdleLoop
from runner.live.offload import Offload
from runner.live.paces import Paces
from runner.live.renderer import Renderer
from runner.ports import Clock
from runner.speech.port import SpeechPort

PASSAGE_FRAMES = 150


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What every turn of a channel renders with."""

    clock: Clock
    renderer: Renderer
    idle: IdleLoop
    counters: LiveCounters
    paces: Paces
    data: Path
    offload: Offload
    margin_ns: int
    image: str = ""
    seed: int = 0
    meter: Meter = field(default_factory=NoMeter)
    others: tuple[Renderer, ...] = ()
    """Further engines with the same graph."""
    busy: Counter[int] = field(default_factory=Counter)
    """How many windows each engine has before it, over all turns."""
    passage_frames: int | None = PASSAGE_FRAMES
    """At least so long is what is rendered for itself, where the graph is `anchored`; None: the whole turn is."""

    @property
    def renderers(self) -> tuple[Renderer, ...]:
        """Every engine."""
        return (self.renderer, *self.others)

    @property
    def anchored(self) -> bool:
        """Whether talk leaves the loop's pictures and is led back to them; else it follows the loop by itself."""
        return not self.renderer.graph.any_length

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
