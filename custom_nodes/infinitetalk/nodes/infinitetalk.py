"""OnAirInfiniteTalk: one window's sound, picture and motion frames → the conditioning of ComfyUI's own InfiniteTalk."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ...hls_segment.guard import guarded
from ...hls_segment.window import RATE_HZ, Window
from ...rolling_wav.sound import mono, to_floats, to_s16le
from ...tts.resample import resample
from ..errors import SpeakerIncomplete
from ..shape import check_window
from ..speakers import Turns, take_turns
from .reference_latent import reference_values

FEATURES = "encoded_audio_all_layers"  # as ComfyUI's audio encoder names them
FEATURES_PER_FRAME = 2  # wav2vec makes 50 a second, the video has 25


class OnAirInfiniteTalk(io.ComfyNode):
    """Bundles what would be wired by hand for every window: encoding with left context, motion frames, reference."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirInfiniteTalk",
            display_name="OnAir InfiniteTalk",
            category="OnAir",
            description="Prepares one window for Wan 2.1 InfiniteTalk: it hears the past, goes on from the motion "
            "frames, and keeps to the reference picture. Sample its latent, decode it, and end with OnAir Segment.",
            search_aliases=["WanInfiniteTalkToVideo", "talking avatar", "lip sync", "Wan 2.1"],
            inputs=[*_models(), *_window()],
            outputs=[
                io.Model.Output("model", tooltip="The model, which hears this window's sound."),
                io.Conditioning.Output("positive", tooltip="For the sampler: the text, with the reference picture."),
                io.Conditioning.Output("negative", tooltip="For the sampler, likewise."),
                io.Latent.Output("latent", tooltip="To be sampled: empty, as long as the window."),
            ],
        )

    @classmethod
    def execute(
        cls,
        model: Any,
        model_patch: Any,
        audio_encoder: Any,
        vae: Any,
        positive: Any,
        negative: Any,
        window: Window,
        image: Any,
        motion_frames: Any,
        audio: Any,
        audio_2: Any = None,
        mask_1: Any = None,
        mask_2: Any = None,
        audio_scale: float = 1.0,
        exact_timing: bool = True,
    ) -> io.NodeOutput:
        import node_helpers
        import torch
        from comfy.model_management import InterruptProcessingException
        from comfy_extras.nodes_wan import WanInfiniteTalkToVideo

        with guarded(InterruptProcessingException):
            request = window.request
            check_window(window.frames, request.overlap_frames)
            if audio_2 is not None and (mask_1 is None or mask_2 is None):
                raise SpeakerIncomplete("two voices and no masks; give mask_1 and mask_2: where each speaker is")
            size = {"width": request.width, "height": request.height}
            reference = reference_values(vae, image, frames=window.frames, **size)
            if audio_2 is None and mask_1 is not None and mask_2 is not None:
                # One of two people speaks: without the masks both would move their lips.
                audio_2 = {**audio, "waveform": torch.zeros_like(audio["waveform"])}
            hear = _Hearing(audio_encoder, exact=exact_timing)
            voice, mode = _voices(hear, audio, audio_2, (mask_1, mask_2), request.fps)
            # Only their number counts: so many frames of sound are passed over before the motion frames begin.
            past = torch.zeros((window.context_frames, *motion_frames.shape[1:]), dtype=motion_frames.dtype)
            told = WanInfiniteTalkToVideo.execute(
                mode=mode,
                model=model,
                model_patch=model_patch,
                positive=node_helpers.conditioning_set_values(positive, reference),
                negative=node_helpers.conditioning_set_values(negative, reference),
                vae=vae,
                **size,
                length=window.frames,
                audio_encoder_output_1=voice,
                motion_frame_count=request.overlap_frames,
                previous_frames=torch.cat([past.to(motion_frames.device), motion_frames]),
                audio_scale=audio_scale,
            )
            return io.NodeOutput(*told.args[:4])


def _models() -> list[io.Input]:
    return [
        io.Model.Input("model", tooltip="Wan 2.1 I2V, with its few-step LoRA."),
        io.ModelPatch.Input("model_patch", tooltip="InfiniteTalk; for two voices the multi one."),
        io.AudioEncoder.Input("audio_encoder", tooltip="The encoder that hears the speech: wav2vec2 base (Chinese)."),
        io.Vae.Input("vae", tooltip="The VAE of Wan 2.1."),
        io.Conditioning.Input("positive", tooltip="The text of what is seen."),
        io.Conditioning.Input(
            "negative", tooltip="The text of what shall not be seen; ConditioningZeroOut where cfg is 1."
        ),
    ]


def _window() -> list[io.Input]:
    return [
        io.Custom("ONAIR_WINDOW").Input("window", tooltip="From OnAir Window: size, lengths, how much past is heard."),
        io.Image.Input("image", tooltip="The reference, in every window the same. From OnAir Window."),
        io.Image.Input("motion_frames", tooltip="Where the window before ended. From OnAir Window."),
        io.Audio.Input("audio", tooltip="The window's sound. From OnAir Window."),
        io.Audio.Input("audio_2", optional=True, tooltip="The second voice; it and the first take turns."),
        io.Mask.Input("mask_1", optional=True, tooltip="Where the first speaker is: white in the picture."),
        io.Mask.Input("mask_2", optional=True, tooltip="Where the second speaker is: white in the picture."),
        io.Float.Input(
            "audio_scale",
            default=1.0,
            min=-10.0,
            max=10.0,
            step=0.01,
            optional=True,
            tooltip="How strongly the sound moves the lips, times its own strength.",
        ),
        io.Boolean.Input(
            "exact_timing",
            default=True,
            optional=True,
            tooltip="Each frame hears its own sound. Off: stretched as by ComfyUI's own node, up to a frame ahead.",
        ),
    ]


def _voices(
    hear: _Hearing, audio: Any, audio_2: Any, masks: tuple[Any, Any], fps: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the voice that is heard first, encoded, and the node's `mode`, which holds the other one."""
    if audio_2 is None:
        return hear(audio), {"mode": "single_speaker"}
    waves = [_mono(audio), _mono(audio_2)]
    frames = len(waves[0]) * fps // RATE_HZ
    turns = take_turns(waves[0], waves[1], frames=frames, fps=fps)
    first, second = _in_turn([hear(audio), hear(audio_2)], turns, frames=frames)
    mode = {
        "mode": "two_speakers",
        "audio_encoder_output_2": second,
        "mask_1": masks[turns.first],
        "mask_2": masks[1 - turns.first],
    }
    return first, mode


def _in_turn(heard: list[dict[str, Any]], turns: Turns, *, frames: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the two encoder outputs in their order, each cut to the time at which it is heard."""
    first, second = heard[turns.first], heard[1 - turns.first]
    if turns.handover_frame >= frames:
        return first, second
    cut = turns.handover_frame * FEATURES_PER_FRAME
    return (
        {**first, FEATURES: [layer[:, :cut] for layer in first[FEATURES]]},
        {**second, FEATURES: [layer[:, cut:] for layer in second[FEATURES]]},
    )


class _Hearing:
    """The audio encoder; `exact`: with features that ComfyUI's node takes frame by frame."""

    def __init__(self, encoder: Any, *, exact: bool) -> None:
        self._encoder, self._exact = encoder, exact

    def __call__(self, audio: Any) -> dict[str, Any]:
        told: dict[str, Any] = self._encoder.encode_audio(audio["waveform"], audio["sample_rate"])
        if not self._exact:
            return told
        return {**told, FEATURES: [_for_each_frame(layer) for layer in told[FEATURES]]}


def _for_each_frame(layer: Any) -> Any:
    """(1, T, 768), 50 a second → every second one, twice.

    The node lays T features over T/2 frames end to end, so that frame j takes the place 2j + j / (T/2 - 1), between 2j
    and 2j + 1: both are then the feature that the model was trained to see there, whatever the sound's length.
    """
    return layer[:, ::FEATURES_PER_FRAME].repeat_interleave(FEATURES_PER_FRAME, dim=1)


def _mono(audio: Any) -> NDArray[np.float32]:
    wave = mono(audio["waveform"].detach().cpu().numpy())
    rate_hz = int(audio["sample_rate"])
    if rate_hz == RATE_HZ:
        return wave
    return to_floats(resample(to_s16le(wave), rate_hz, RATE_HZ))
