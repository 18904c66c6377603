"""OnAirRandomInfiniteTalk: every model of the InfiniteTalk graphs, full size, with random weights and no file."""

from __future__ import annotations

from comfy_api.latest import io

from ...hls_segment.guard import guarded
from ..sizes import SIZES, WEIGHTS
from . import networks


class OnAirRandomInfiniteTalk(io.ComfyNode):
    """Stands for the loaders, so that speed and memory can be measured without a download of 28 GB."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirRandomInfiniteTalk",
            display_name="OnAir Random InfiniteTalk",
            category="OnAir",
            description="Builds the models of InfiniteTalk with random weights, to measure. It shows noise.",
            is_dev_only=True,
            inputs=[
                io.Combo.Input("size", options=list(SIZES), tooltip="full: 14B. tiny: to try the path on a CPU."),
                io.Combo.Input("weights", options=list(WEIGHTS), tooltip="What the model's linear layers hold."),
                io.Int.Input("seed", default=0, min=0, max=2**31 - 1, control_after_generate=False),
            ],
            outputs=[
                io.Model.Output("model", tooltip="For UNETLoader and its LoRA, whose weights are merged anyway."),
                io.ModelPatch.Output("model_patch"),
                io.AudioEncoder.Output("audio_encoder"),
                io.Vae.Output("vae"),
                io.Conditioning.Output("conditioning", tooltip="For CLIPTextEncode: 512 tokens."),
            ],
        )

    @classmethod
    def execute(cls, size: str, weights: str, seed: int = 0) -> io.NodeOutput:
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            chosen = SIZES[size]
            return io.NodeOutput(
                networks.diffusion_model(chosen, weights, seed),
                networks.model_patch(chosen, seed + 1),
                networks.audio_encoder(seed + 2),
                networks.vae(chosen, seed + 3),
                networks.conditioning(chosen, seed + 4),
            )
