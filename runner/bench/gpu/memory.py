"""How much of the card's memory a window needs, before it is tried. Pure."""

from __future__ import annotations

from custom_nodes.bench.sizes import ModelSize

from .arithmetic import VAE_PIXELS, WAV2VEC2_BASE_WEIGHTS, WindowShape, layer_weights, other_weights
from .arithmetic import patch_weights as _patch_weights
from .arithmetic import vae_weights as _vae_weights

HALF_BYTES = 2
MARGIN = 1.1  # ComfyUI asks for so much more than it estimates
RESERVED_BYTES = 2_000_000_000  # CUDA's own, what ComfyUI keeps free, and fragments
DECODER_BYTES_PER_PIXEL = 7_000 * HALF_BYTES
SAMPLING_BYTES_PER_PLACE = 0.01 * (1 << 20) * HALF_BYTES / 2222  # times the model's width
"""Both are ComfyUI's estimates for Wan 2.1 (comfy/sd.py, comfy/supported_models.py), with flash attention."""


def weight_bytes(size: ModelSize, weights: str) -> int:
    """Return what model, patch, VAE and audio encoder hold on the card."""
    layer_bytes = 1 if weights.startswith("fp8") else HALF_BYTES
    others = other_weights(size) + _patch_weights(size) + _vae_weights(size) + WAV2VEC2_BASE_WEIGHTS
    return layer_weights(size) * layer_bytes + others * HALF_BYTES


def working_bytes(size: ModelSize, shape: WindowShape) -> int:
    """Return the larger of sampling and decoding."""
    places = shape.latents * shape.width * shape.height / VAE_PIXELS**2
    sampling = places * SAMPLING_BYTES_PER_PLACE * size.width
    return int(max(sampling, DECODER_BYTES_PER_PIXEL * shape.width * shape.height))


def needed_bytes(size: ModelSize, weights: str, shape: WindowShape) -> int:
    """Return what must be free before anything is loaded."""
    return int(weight_bytes(size, weights) + MARGIN * working_bytes(size, shape)) + RESERVED_BYTES


def too_little(size: ModelSize, weights: str, shape: WindowShape, free_bytes: int) -> str:
    """Return why a window cannot be tried, "" where it can."""
    needed = needed_bytes(size, weights, shape)
    if needed <= free_bytes:
        return ""
    return f"needs {needed / 1e9:.1f} GB, {free_bytes / 1e9:.1f} GB are free"
