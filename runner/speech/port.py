"""The seam between the live loop and the voices."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from custom_nodes.tts.speech import PcmChunk, Voice


class SpeechPort(Protocol):
    """Speaks. Adapters: `PackSpeech` (the tts pack's providers), `ToneSpeech` (tones). Any thread may call."""

    def voices(self) -> tuple[Voice, ...]:
        """Every voice there is; an id is what `stream` takes. Raises: SpeechFailed."""

    def check_voice(self, voice: str) -> None:
        """Return when `stream` would take this voice. Raises: UnknownVoice, SpeechFailed."""

    def stream(self, text: str, voice: str = "", speed: float = 1.0) -> Iterator[PcmChunk]:
        """Speak `text`: 48 kHz mono chunks, contiguous from 0, yielded while the voice still synthesises.

        Events count in the same samples, which are ticks; each comes with the chunk that holds its sample, in order.
        The iterator blocks: a coroutine takes it in a thread. Closing it stops the voice, which stays usable.
        Raises: UnknownVoice, TextRefused at the call; SpeechFailed at the call or while iterating.
        """
