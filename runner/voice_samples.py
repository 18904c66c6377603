"""A short sentence in each voice, as people hear it before they choose: made once, kept in a folder."""

from __future__ import annotations

import hashlib
import io
import threading
import wave
from pathlib import Path

from custom_nodes.tts.speech import Voice
from hls.whole_file import write_whole
from runner.errors import UnknownVoice
from runner.speech.port import SpeechPort

RATE_HZ = 48_000
LONGEST_S = 6
DIGITS = "1, 2, 3, 4, 5."
"""Every voice reads digits in its own language."""
SENTENCES = {
    "ar": "مرحبا، هكذا أتحدث.",
    "bg": "Здравейте, така звуча.",
    "cmn": "你好。这是我的声音。",
    "cs": "Dobrý den, takto zním.",
    "da": "Hej, sådan lyder jeg.",
    "de": "Guten Tag, so klinge ich.",
    "el": "Γεια σας, έτσι ακούγομαι.",
    "en": "Hello, this is how I sound.",
    "es": "Hola, así suena mi voz.",
    "fi": "Hei, tältä minä kuulostan.",
    "fr": "Bonjour, voici ma voix.",
    "he": "שלום, כך אני נשמע.",
    "hi": "नमस्ते, मेरी आवाज़ ऐसी है।",
    "hu": "Jó napot, így hangzom.",
    "id": "Halo, begini suara saya.",
    "it": "Ciao, questa è la mia voce.",
    "ja": "こんにちは、わたしのこえです。",
    "ko": "안녕하세요, 제 목소리입니다.",
    "nb": "Hei, slik høres jeg ut.",
    "nl": "Hallo, zo klink ik.",
    "pl": "Dzień dobry, tak brzmię.",
    "pt": "Olá, esta é a minha voz.",
    "ro": "Bună ziua, așa sună vocea mea.",
    "ru": "Здравствуйте, так я звучу.",
    "sk": "Dobrý deň, takto zniem.",
    "sv": "Hej, så här låter jag.",
    "tr": "Merhaba, sesim böyle.",
    "uk": "Добрий день, так я звучу.",
    "vi": "Xin chào, đây là giọng tôi.",
}


class VoiceSamples:
    """Speaks one sample at a time. Every method may block, and may be called in any thread."""

    def __init__(self, speech: SpeechPort, folder: Path) -> None:
        self._speech = speech
        self._folder = folder
        self._lock = threading.Lock()

    def voices(self) -> tuple[Voice, ...]:
        """Return every voice there is. Raises: SpeechFailed."""
        return self._speech.voices()

    def wav(self, voice_id: str) -> bytes:
        """Return the sample as a WAV, 48 kHz mono 16 bit, 6 s at most. Raises: UnknownVoice, SpeechFailed, OSError."""
        voice = next((one for one in self.voices() if one.id == voice_id), None)
        if voice is None:
            raise UnknownVoice(f"there is no voice {voice_id[:80]!r}; take one of /api/voices")
        text = SENTENCES.get(voice.language.partition("-")[0], DIGITS)
        path = self._folder / f"{hashlib.sha256(f'{voice.id} {text}'.encode()).hexdigest()[:16]}.wav"
        with self._lock:
            if not path.is_file():
                self._folder.mkdir(parents=True, exist_ok=True)
                write_whole(path, self._speak(text, voice.id))
        return path.read_bytes()

    def _speak(self, text: str, voice: str) -> bytes:
        pcm = bytearray()
        for chunk in self._speech.stream(text, voice):
            pcm += chunk.pcm_s16le
            if len(pcm) >= LONGEST_S * RATE_HZ * 2:
                break
        buffer = io.BytesIO()
        with wave.open(buffer, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            file.writeframes(bytes(pcm[: LONGEST_S * RATE_HZ * 2]))
        return buffer.getvalue()
