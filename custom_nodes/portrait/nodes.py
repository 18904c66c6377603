"""OnAirPortrait: a picture, the window's sound and its phonemes → talking images."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io

from ..hls_segment.guard import guarded, interruptible
from ..hls_segment.pixels import to_bytes, to_floats
from ..hls_segment.window import RATE_HZ, Window


class OnAirPortrait(io.ComfyNode):
    """Makes one picture speak on one CPU thread. Takes a window of any length."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        def box(name: str, what: str) -> io.Input:
            tooltip = f"The lips' {what} in pixels of the stream's size; all four 0: they are found by themselves."
            return io.Int.Input(name, default=0, min=0, max=8192, optional=True, advanced=True, tooltip=tooltip)

        return io.Schema(
            node_id="OnAirPortrait",
            display_name="OnAir Portrait",
            category="OnAir",
            description="Lets a photo or a drawing speak: lips, sway and blinks, on the CPU.",
            search_aliases=["talking head", "lip sync", "talker"],
            inputs=[
                io.Image.Input("image", tooltip="One face seen from the front, mouth closed. From OnAir Window."),
                io.Audio.Input("audio", tooltip="The window's sound. From OnAir Window."),
                io.Custom("ONAIR_WINDOW").Input("window", tooltip="From OnAir Window: lengths, phonemes, idle phase."),
                box("mouth_x", "left edge"),
                box("mouth_y", "upper edge"),
                box("mouth_width", "width"),
                box("mouth_height", "height"),
            ],
            outputs=[io.Image.Output("images", tooltip="Overlap and new frames, for OnAir Segment.")],
        )

    @classmethod
    def execute(
        cls,
        image: Any,
        audio: Any,
        window: Window,
        mouth_x: int = 0,
        mouth_y: int = 0,
        mouth_width: int = 0,
        mouth_height: int = 0,
    ) -> io.NodeOutput:
        import torch
        from comfy.model_management import InterruptProcessingException, throw_exception_if_processing_interrupted

        from .talker import LOOP_FRAMES, talker_for

        with guarded(InterruptProcessingException):
            picture = to_bytes(image[0].detach().cpu().numpy())
            mouth_box = (float(mouth_x), float(mouth_y), float(mouth_width), float(mouth_height))
            request = window.request
            frames = talker_for(picture, mouth_box=mouth_box if mouth_width and mouth_height else None).render(
                _pcm(audio),
                request.events,
                context_samples=request.context_samples,
                start_frame=window.start_frame_in_loop,
                frames=window.frames,
                fps=request.fps,
                loop_frames=request.loop_frames or LOOP_FRAMES,
            )
            watched = interruptible(frames, throw_exception_if_processing_interrupted)
            images = to_floats(watched, window.frames, picture.shape[0], picture.shape[1])
            return io.NodeOutput(torch.from_numpy(images))


def _pcm(audio: Any) -> np.ndarray[Any, np.dtype[np.int16]]:
    """ComfyUI's AUDIO → int16 mono at 16 kHz, shape (samples,)."""
    from ..rolling_wav.sound import mono, to_s16le
    from ..tts.resample import resample

    pcm = to_s16le(mono(audio["waveform"].detach().cpu().numpy()))
    rate_hz = int(audio["sample_rate"])
    return np.frombuffer(pcm if rate_hz == RATE_HZ else resample(pcm, rate_hz, RATE_HZ), dtype="<i2")
