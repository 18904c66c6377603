"""Material: what the talk spans of one turn are made of, and share."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.live.passages import Passages
from runner.live.speech_file import SpeechFile
from runner.live.stages import Stages
from runner.live.studio import Studio
from runner.live.tries import Tries
from runner.live.turn_names import TurnNames
from runner.live.windows import NewWindows


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a turn hears and how it is cut, what was tried, and when which step was reached."""

    names: TurnNames
    speech: SpeechFile
    passages: Passages
    new_windows: NewWindows
    stages: Stages
    tries: Tries = field(default_factory=Tries)
    studio: Studio | None = None
    """What it is cut for."""
    speaker: int = 1
    """Whose voice it is, in a graph of two."""
