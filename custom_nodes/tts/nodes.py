"""OnAirTextToSpeech: text → sound and the events that lips follow. For the editor; live it is cut off."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io

from ..hls_segment.guard import guarded
from ..hls_segment.window import RATE_HZ


class OnAirTextToSpeech(io.ComfyNode):
    """Speaks a text with the provider's own quality."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        from .registry import names

        return io.Schema(
            node_id="OnAirTextToSpeech",
            display_name="OnAir Text To Speech",
            category="OnAir",
            description="Speaks a text, with the times of its words and phonemes. espeak works offline.",
            search_aliases=["TTS", "speech", "voice", "espeak", "text to audio"],
            inputs=[
                io.String.Input(
                    "text",
                    default="Hello! I am on air.",
                    multiline=True,
                    tooltip="What is said, in the voice's language.",
                ),
                io.Combo.Input(
                    "provider",
                    options=list(names()),
                    default=names()[0],
                    tooltip="Who speaks: espeak works offline, tone makes a test sound.",
                ),
                io.String.Input(
                    "voice", default="en-us", tooltip="A voice or language of the provider: en-us, de, fr, en-us+f3 …"
                ),
                io.Float.Input(
                    "speed",
                    default=1.0,
                    min=0.5,
                    max=2.0,
                    step=0.05,
                    tooltip="Rate of speech, times the voice's own: 2 is twice as fast.",
                ),
            ],
            outputs=[
                io.Audio.Output("audio", tooltip="The whole speech, for audio of OnAir Window."),
                io.Custom("ONAIR_EVENTS").Output(
                    "events", tooltip="Its words and phonemes with their times, for events of OnAir Window."
                ),
            ],
        )

    @classmethod
    def execute(cls, text: str, provider: str, voice: str, speed: float) -> io.NodeOutput:
        import torch
        from comfy.model_management import InterruptProcessingException, throw_exception_if_processing_interrupted

        from .registry import provider as provider_named

        with guarded(InterruptProcessingException):
            pcm, rate_hz = bytearray(), RATE_HZ
            events: list[dict[str, Any]] = []
            for chunk in provider_named(provider).stream(text, voice=voice, speed=speed):
                throw_exception_if_processing_interrupted()
                pcm += chunk.pcm_s16le
                rate_hz = chunk.rate_hz
                events += [
                    {"kind": event.kind, "name": event.name, "start_samples": event.start_samples * RATE_HZ // rate_hz}
                    for event in chunk.events
                ]
            samples = np.frombuffer(bytes(pcm), dtype="<i2").astype(np.float32) / np.float32(32768.0)
            return io.NodeOutput({"waveform": torch.from_numpy(samples)[None, None], "sample_rate": rate_hz}, events)
