"""Material: what the talk spans of one turn are made of, and share."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field

from hls.ticks import FRAME_TICKS
from runner.live.speech_file import SpeechFile
from runner.live.stages import Stages
from runner.live.tries import Tries
from runner.live.turn_names import TurnNames
from runner.live.windows import SpeechWindows


@dataclass(slots=True, kw_only=True)
class Material:
    """What it hears and shows, and what was tried; `limit_ticks`: where the turn shall end before all is said."""

    names: TurnNames
    speech: SpeechFile
    windows: SpeechWindows
    stages: Stages
    tries: Tries = field(default_factory=Tries)
    limit_ticks: int = sys.maxsize

    @property
    def frames_to_say(self) -> int:
        """Frames that the speech so far covers, up to the limit."""
        return min(self.speech.frames, -(-self.limit_ticks // FRAME_TICKS))
