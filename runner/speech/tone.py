"""The fake voice: the same samples every time, no library, no network."""

from __future__ import annotations

from custom_nodes.tts import registry
from custom_nodes.tts.speech import Voice

from .pack import PackSpeech


class ToneSpeech(PackSpeech):
    """Speaks with the tone provider; its own voices are `low` (the default) and `high`."""

    def __init__(self) -> None:
        super().__init__(provider="tone")

    def voices(self) -> tuple[Voice, ...]:
        """Return the tone voices only, so that a test never loads a library."""
        return registry.provider("tone").voices()
