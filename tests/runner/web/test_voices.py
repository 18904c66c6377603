"""Voices over HTTP: the list, and a sample that is made once."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import Iterator
from pathlib import Path

from custom_nodes.tts.speech import PcmChunk
from runner.speech.pack import PackSpeech
from runner.speech.tone import ToneSpeech
from runner.voice_samples import SENTENCES
from tests.runner.web.house import House


class CountedSpeech(ToneSpeech):
    spoken = 0

    def stream(self, text: str, voice: str = "", speed: float = 1.0) -> Iterator[PcmChunk]:
        self.spoken += 1
        return super().stream(text, voice, speed)


async def test_each_voice_has_a_name_and_a_sample(house: House) -> None:
    rows = (await house.http.get("/api/voices")).json()["voices"]
    assert {"id": "low", "language": "mul", "name": "Tone, low", "sample": "/api/voices/low/sample"} in rows


async def test_a_sample_is_a_wav_that_is_made_once_whoever_asks(tmp_path: Path) -> None:
    speech = CountedSpeech()
    async with House(tmp_path, speech=speech) as house:
        answers = await asyncio.gather(*(house.http.get("/api/voices/low/sample") for _ in range(8)))
        assert {answer.status_code for answer in answers} == {200}
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].headers["content-type"] == "audio/wav"
        with wave.open(io.BytesIO(answers[0].content)) as sound:
            assert (sound.getframerate(), sound.getnchannels()) == (48_000, 1)
            assert 0.2 < sound.getnframes() / 48_000 <= 6
        await house.restart()
        assert (await house.http.get("/api/voices/low/sample")).content == answers[0].content
        assert speech.spoken == 1


async def test_a_part_of_a_sample_is_given_to_players_that_ask_so(house: House) -> None:
    answer = await house.http.get("/api/voices/low/sample", headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (206, b"RI")


async def test_a_voice_that_is_not_there_is_a_404(house: House) -> None:
    for name in ("nobody", "..%2f..%2fetc", "%00"):
        answer = await house.http.get(f"/api/voices/{name}/sample")
        assert answer.status_code == 404


async def test_every_sentence_is_of_a_language_that_the_voices_speak() -> None:
    languages = {voice.language.partition("-")[0] for voice in PackSpeech().voices()}
    assert set(SENTENCES) <= languages
