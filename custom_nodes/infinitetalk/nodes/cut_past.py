"""OnAirCutPast: WanVideoWrapper's speech features of a window and its past → those of the window alone."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

from ...hls_segment.guard import guarded
from ...hls_segment.window import Window
from ..errors import HeardTooShort

FEATURES, MASKS = "audio_features", "ref_target_masks"  # as MultiTalkWav2VecEmbeds names them


class OnAirCutPast(io.ComfyNode):
    """That pack's node encodes a sound from its beginning; the sampler takes its first feature for the first frame."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirCutPast",
            display_name="OnAir Cut Past",
            category="OnAir",
            description="Takes away the features of the past that a window hears, so that the first one left belongs "
            "to the window's first frame. Place it between MultiTalkWav2VecEmbeds and WanVideoSampler.",
            search_aliases=["WanVideoWrapper", "MultiTalk", "wav2vec", "audio context"],
            inputs=[
                io.Custom("MULTITALK_EMBEDS").Input(
                    "multitalk_embeds", tooltip="From MultiTalkWav2VecEmbeds, with num_frames 10000: all that is heard."
                ),
                io.Custom("ONAIR_WINDOW").Input("window", tooltip="From OnAir Window: how much past there is."),
            ],
            outputs=[
                io.Custom("MULTITALK_EMBEDS").Output(
                    "multitalk_embeds", tooltip="The features of the window alone, for WanVideoSampler."
                )
            ],
        )

    @classmethod
    def execute(cls, multitalk_embeds: dict[str, Any], window: Window) -> io.NodeOutput:
        import torch
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            heard = multitalk_embeds[FEATURES]
            voices = [heard] if hasattr(heard, "shape") else list(heard)  # the pack takes one tensor, too
            past, needed = window.context_frames, window.context_frames + window.frames
            shortest = min(len(voice) for voice in voices)
            if shortest < needed:
                raise HeardTooShort(
                    f"{shortest} frames are heard, {past} of the past and {window.frames} of the window are needed; "
                    "set num_frames of MultiTalkWav2VecEmbeds to 10000, and its fps to OnAir Window's"
                )
            cut = [voice[past:] for voice in voices]
            masks = multitalk_embeds.get(MASKS)
            # One of two people speaks: the pack's own silence for the other, else both would move their lips.
            if masks is not None and len(cut) == 1 and len(masks) > 1:
                cut.append(torch.zeros_like(cut[0]))
            return io.NodeOutput({**multitalk_embeds, FEATURES: cut})
