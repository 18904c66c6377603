"""Text to programme sound: the port, the pack's providers behind it, and a fake that needs no library."""

from __future__ import annotations

from .pack import PackSpeech, to_16k
from .port import SpeechPort
from .tone import ToneSpeech

__all__ = ["PackSpeech", "SpeechPort", "ToneSpeech", "to_16k"]
