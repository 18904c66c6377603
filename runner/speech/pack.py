"""The tts pack's providers as the runner's speech port."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from custom_nodes.tts import errors as pack_errors
from custom_nodes.tts import registry
from custom_nodes.tts.programme import programme
from custom_nodes.tts.resample import MODEL_HZ, PROGRAMME_HZ, Resampler
from custom_nodes.tts.speech import PcmChunk, Voice
from runner.errors import RunnerError, SpeechFailed, TextRefused, UnknownVoice

PROBE_TEXT = "a"


class PackSpeech:
    """Speaks with `provider:voice`, or with a plain voice of the default provider."""

    def __init__(self, *, provider: str = registry.DEFAULT) -> None:
        self._provider = provider

    def voices(self) -> tuple[Voice, ...]:
        """Return the default provider's voices, then the others' as `provider:voice`. Raises: SpeechFailed."""
        with _translated():
            return registry.all_voices()

    def check_voice(self, voice: str) -> None:
        """Return when `stream` would take this voice. Raises: UnknownVoice, SpeechFailed."""
        # A generator that was never begun has synthesised nothing.
        self.stream(PROBE_TEXT, voice)

    def stream(self, text: str, voice: str = "", speed: float = 1.0) -> Iterator[PcmChunk]:
        """Speak `text` as the port says. Raises: UnknownVoice, TextRefused, SpeechFailed."""
        with _translated():
            name, own_voice = registry.split_voice(voice, default=self._provider)
            chunks = registry.provider(name).stream(text, voice=own_voice, speed=speed)
        return _iterate(chunks)


def to_16k() -> Resampler:
    """Return a resampler from programme sound to the models' 16 kHz: `feed(bytes) -> bytes`, `finish() -> bytes`."""
    return Resampler(PROGRAMME_HZ, MODEL_HZ)


def _iterate(chunks: Iterator[PcmChunk]) -> Iterator[PcmChunk]:
    try:
        with _translated():
            yield from programme(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the pack's errors into the runner's: same sentence, without the code that nodes put before it."""
    try:
        yield
    except pack_errors.TtsError as exc:
        raise _runner_error(exc) from exc


def _runner_error(exc: pack_errors.TtsError) -> RunnerError:
    sentence = str(exc.args[0]) if exc.args else exc.code
    if isinstance(exc, pack_errors.VoiceUnknown):
        return UnknownVoice(sentence)
    if isinstance(exc, pack_errors.ProviderUnknown):
        return UnknownVoice(sentence, code=exc.code)
    if isinstance(exc, pack_errors.TextRefused):
        return TextRefused(sentence)
    return SpeechFailed(sentence, code=exc.code, retryable=exc.retryable)
