"""Studio and Cast: what every turn renders with, and what every session speaks with."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from runner.live.counters import LiveCounters, Meter, NoMeter
from runner.live.idle import IdleLoop
from runner.live.offload import Offload
from runner.live.paces import Paces
from runner.live.renderer import Renderer
from runner.ports import Clock
from runner.speech.port import SpeechPort


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """What every session of a hub speaks with. `generation` False: prompts are refused, the stream idles."""

    studio: Studio
    speech: SpeechPort
    speed: float = 1.0
    generation: bool = True
