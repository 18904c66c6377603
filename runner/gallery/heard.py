"""A voice that notes what it spoke: when each p, b and m, and each word, begins in the published sound."""

from __future__ import annotations

from collections.abc import Iterator

from custom_nodes.tts.speech import PcmChunk, Voice
from hls.ticks import BYTES_PER_SAMPLE, TICKS_HZ
from runner.gallery.texts import CLOSED_BY
from runner.speech.port import SpeechPort


class HeardSpeech:
    """A speech port over another one. Clauses are spoken one behind the other, so their samples add up."""

    def __init__(self, speech: SpeechPort) -> None:
        self._speech = speech
        self._samples = 0
        self.closures_s: list[float] = []
        self.words: list[tuple[float, str]] = []

    def voices(self) -> tuple[Voice, ...]:
        """As the other's."""
        return self._speech.voices()

    def check_voice(self, voice: str) -> None:
        """As the other's."""
        self._speech.check_voice(voice)

    def stream(self, text: str, voice: str = "", speed: float = 1.0) -> Iterator[PcmChunk]:
        """Speak as the other does, and note its events."""
        return self._noted(self._speech.stream(text, voice, speed))

    def _noted(self, chunks: Iterator[PcmChunk]) -> Iterator[PcmChunk]:
        begun = self._samples
        for chunk in chunks:
            for event in chunk.events:
                at_s = (begun + event.start_samples) / TICKS_HZ
                if event.kind == "word":
                    self.words.append((at_s, event.name))
                elif event.name[:1] in CLOSED_BY:
                    self.closures_s.append(at_s)
            self._samples += len(chunk.pcm_s16le) // BYTES_PER_SAMPLE
            yield chunk
