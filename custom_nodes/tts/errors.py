"""The error tree of the speech pack."""

from __future__ import annotations


class TtsError(Exception):
    """Root of the pack's errors; in a node `str()` shows the code in brackets."""

    code = "speech.failed"
    retryable = False

    def __str__(self) -> str:
        return f"[{self.code}] {super().__str__()}"


class VoiceUnknown(TtsError):
    """No such voice; the sentence names its neighbours."""

    code = "voice.unknown"


class ProviderUnknown(TtsError):
    """No such provider; the sentence names those there are."""

    code = "provider.unknown"


class TextRefused(TtsError):
    """Nothing in the text can be spoken, or it is too long."""

    code = "text.refused"


class ProviderFailed(TtsError):
    """The provider could not synthesise."""

    code = "speech.failed"
    retryable = True
