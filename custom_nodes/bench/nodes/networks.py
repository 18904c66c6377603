"""The networks of InfiniteTalk with random weights, made by ComfyUI's own classes, in place on the device.

ComfyUI's loaders read sizes from files; here they are given. What the loaders decide besides, the type that is computed
with above all, is decided by the same calls.
"""

from __future__ import annotations

from typing import Any

from ..errors import OtherNetwork, WeightsElsewhere
from ..sizes import (
    AUDIO_SEEN,
    AUDIO_TOKENS,
    FRAMES_PER_LATENT,
    LATENT_CHANNELS,
    MODEL_CHANNELS,
    TEXT_TOKENS,
    TIME_WIDTH,
    VAE_STAGES,
    ModelSize,
)
from .draw import Draw

WAV2VEC2_BASE = {
    "model_type": "wav2vec2",
    "embed_dim": 768,
    "num_heads": 12,
    "num_layers": 12,
    "conv_norm": False,
    "conv_bias": False,
    "do_normalize": False,
    "do_stable_layer_norm": False,
}
"""What ComfyUI takes for a file of wav2vec2 base."""


def device() -> Any:
    """Return the device that models run on. Raises: WeightsElsewhere."""
    import comfy.memory_management
    import comfy.model_management

    if comfy.memory_management.aimdo_enabled:
        raise WeightsElsewhere("this ComfyUI moves weights as it needs them; start it with --highvram to measure")
    return comfy.model_management.get_torch_device()


def diffusion_model(size: ModelSize, weights: str, seed: int) -> Any:
    """Return Wan 2.1 I2V as UNETLoader would, a ModelPatcher whose weights lie on the device already."""
    import torch

    place = device()
    # A quantised layer has no weight before it is loaded, so shapes come from the plain network.
    shapes = _config(size, weights, place, quantised=False).get_model({}, "", device=torch.device("meta"))
    model = shapes
    if weights.startswith("fp8"):
        model = _config(size, weights, place, quantised=True).get_model({}, "", device=place)
    drawn = Draw(place, seed).state(shapes.diffusion_model, weights=weights)
    _load(model.diffusion_model, drawn)
    return _in_place(model, place)


def model_patch(size: ModelSize, seed: int) -> Any:
    """Return InfiniteTalk's patch as ModelPatchLoader would."""
    place, patch = device(), patch_shapes(size)
    _load(patch, Draw(place, seed).state(patch))
    return _in_place(patch, place)


def patch_shapes(size: ModelSize) -> Any:
    """Return InfiniteTalk's patch without weights, in fp16 as its file is."""
    import comfy.ops
    import torch
    from comfy_extras.nodes_model_patch import MultiTalkModelPatch

    return MultiTalkModelPatch(
        audio_window=AUDIO_SEEN,
        intermediate_dim=size.audio_hidden,
        in_dim=size.width,
        out_dim=size.audio_width,
        context_tokens=AUDIO_TOKENS,
        vae_scale=FRAMES_PER_LATENT,
        num_layers=size.layers,
        device=torch.device("meta"),
        dtype=torch.float16,
        operations=comfy.ops.manual_cast,
    )


def audio_encoder(seed: int) -> Any:
    """Return wav2vec2 base as AudioEncoderLoader would: 94 million weights, whatever the size of the rest."""
    from comfy.audio_encoders.audio_encoders import AudioEncoderModel

    encoder = AudioEncoderModel(dict(WAV2VEC2_BASE))
    place = next(encoder.model.parameters()).device
    _load(encoder.model, Draw(place, seed).state(encoder.model))
    return encoder


def vae(size: ModelSize, seed: int) -> Any:
    """Return Wan 2.1's VAE as VAELoader would."""
    import comfy.sd
    import torch

    return comfy.sd.VAE(sd=Draw(torch.device("cpu"), seed).state(vae_shapes(size)))


def vae_shapes(size: ModelSize) -> Any:
    """Return the VAE without weights."""
    import torch
    from comfy.ldm.wan.vae import WanVAE

    shape = {"dim": size.vae_width, "z_dim": LATENT_CHANNELS, "dim_mult": list(VAE_STAGES), "num_res_blocks": 2}
    with torch.device("meta"):
        return WanVAE(**shape, attn_scales=[], temperal_downsample=[False, True, True], dropout=0.0)


def conditioning(size: ModelSize, seed: int) -> Any:
    """Return what umt5 and CLIPTextEncode would: one text of 512 tokens."""
    import comfy.model_management
    import torch

    place = comfy.model_management.intermediate_device()
    chance = torch.Generator(device=place).manual_seed(seed)
    return [[torch.randn((1, TEXT_TOKENS, size.text_width), generator=chance, device=place), {}]]


def _config(size: ModelSize, weights: str, place: Any, *, quantised: bool) -> Any:
    import comfy.model_management as management
    import comfy.supported_models
    import torch

    config = comfy.supported_models.WAN21_I2V(_wan(size))
    types = config.supported_inference_dtypes
    if quantised:
        config.quant_config = {"mixed_ops": True}
    if weights.startswith("fp8"):
        computed = management.unet_dtype(device=place, supported_dtypes=types)
        config.set_inference_dtype(computed, management.unet_manual_cast(None, place, types), device=place)
    else:
        held = {"bf16": torch.bfloat16, "fp16": torch.float16}[weights]
        config.set_inference_dtype(held, management.unet_manual_cast(held, place, types), device=place)
    return config


def _wan(size: ModelSize) -> dict[str, Any]:
    """What ComfyUI finds out from the file of Wan 2.1 I2V."""
    return {
        "image_model": "wan2.1",
        "model_type": "i2v",
        "dim": size.width,
        "num_heads": size.heads,
        "num_layers": size.layers,
        "ffn_dim": size.hidden,
        "text_dim": size.text_width,
        "in_dim": MODEL_CHANNELS,
        "out_dim": LATENT_CHANNELS,
        "freq_dim": TIME_WIDTH,
        "patch_size": (1, 2, 2),
        "window_size": (-1, -1),
        "qk_norm": True,
        "cross_attn_norm": True,
        "eps": 1e-6,
    }


def _load(network: Any, drawn: dict[str, Any]) -> None:
    """Let the network take the tensors themselves, no copies. Raises: OtherNetwork when one is left over or missing."""
    missing, unexpected = network.load_state_dict(drawn, strict=False, assign=True)
    if missing or unexpected or any(one.is_meta for one in network.parameters()):
        raise OtherNetwork(
            f"this ComfyUI builds another network (missing {missing[:3]}, unexpected {unexpected[:3]}); take the "
            "version that OnAir brings"
        )
    network.requires_grad_(False)


def _in_place(model: Any, place: Any) -> Any:
    """Return a patcher that knows the weights to lie on the device, so that ComfyUI loads nothing."""
    import comfy.model_patcher

    model.device = None
    patcher = comfy.model_patcher.ModelPatcher(model, load_device=place, offload_device=place)
    model.model_loaded_weight_memory = patcher.model_size()
    return patcher
