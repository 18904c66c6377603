"""Speech as the providers give it: PCM in pieces, with word and phoneme events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEvent:
    """A word or phoneme that starts at `start_samples` of the utterance, in the chunk's rate."""

    kind: Literal["word", "phoneme"]
    name: str
    start_samples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PcmChunk:
    """Mono s16le samples of one utterance; `start_samples` continues the chunk before."""

    start_samples: int
    rate_hz: int
    pcm_s16le: bytes
    events: tuple[SpeechEvent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What `--voice` takes (`id`), its BCP 47 language and a name for people; `gender` "" where nobody tells."""

    id: str
    language: str
    name: str
    gender: Literal["", "male", "female"] = ""


class Provider(Protocol):
    """A voice engine. One file in `providers/` each; `stream` yields while it synthesises."""

    name: str

    def voices(self) -> tuple[Voice, ...]:
        """Every voice this provider has."""

    def stream(self, text: str, *, voice: str, speed: float = 1.0) -> Iterator[PcmChunk]:
        """Speak `text`; chunks are contiguous, in the provider's own rate.

        Raises: VoiceUnknown, TextRefused, ProviderFailed (`errors.py`).
        """
