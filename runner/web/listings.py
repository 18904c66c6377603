"""What there is to choose from: voices and how they sound, broadcast channels."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from custom_nodes.tts.speech import Voice
from runner.errors import UnknownVoice
from runner.voice_samples import VoiceSamples

from .byte_range import answer_bytes
from .problem import NotFound

if TYPE_CHECKING:
    from runner.live.hub import Hub

SAMPLE_HEADERS = {"Cache-Control": "public, max-age=86400"}


def listings_router(hub: Hub, *, samples: VoiceSamples) -> APIRouter:
    """Routes `/api/voices…` and `/api/channels`."""
    router = APIRouter(prefix="/api", tags=["listings"])

    @router.get("/voices", summary="List the voices")
    async def list_voices() -> dict[str, object]:
        """Every voice that can speak: its id, language (BCP 47), name, gender where it is known, and a sample."""
        return {"voices": [_row(voice) for voice in await run_in_threadpool(samples.voices)]}

    @router.get("/voices/{voice}/sample", response_class=Response, summary="Hear a voice")
    async def sample(voice: str, request: Request) -> Response:
        """A short sentence in the voice's language, as WAV; made when it is first asked for."""
        try:
            data = await run_in_threadpool(samples.wav, voice)
        except UnknownVoice as exc:
            raise NotFound(str(exc), code=exc.code) from exc
        # By ranges, which Safari insists on for sound.
        return answer_bytes(data, media_type="audio/wav", headers=SAMPLE_HEADERS, wanted=request.headers.get("range"))

    @router.get("/channels", summary="List the broadcast channels")
    async def list_channels() -> dict[str, object]:
        """Channels that are for everybody. A session's own channel is only counted: its id is its key."""
        rows = [
            {"channel": channel.id, "playlist": f"/hls/{channel.id}/master.m3u8", "running": channel.running}
            for channel in hub.channels()
            if not channel.own
        ]
        return {"channels": rows, "private": len(list(hub.channels())) - len(rows)}

    return router


def _row(voice: Voice) -> dict[str, object]:
    told = {"id": voice.id, "language": voice.language, "name": voice.name}
    known = {"gender": voice.gender} if voice.gender else {}
    return {**told, **known, "sample": f"/api/voices/{quote(voice.id, safe='')}/sample"}
