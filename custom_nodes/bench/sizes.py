"""How large the models of InfiniteTalk are: what decides their weights, their arithmetic and their memory."""

from __future__ import annotations

from dataclasses import dataclass

PATCH_PIXELS = 16  # eight by the VAE, two by the model's patches
FRAMES_PER_LATENT = 4
LATENT_CHANNELS = 16
MODEL_CHANNELS = 36  # latent, its mask, the picture's latent
TIME_WIDTH = 256
PICTURE_WIDTH = 1280
TEXT_TOKENS = 512  # umt5 is padded to so many
AUDIO_TOKENS = 32  # a latent frame
AUDIO_FEATURES = 12 * 768  # wav2vec2 base: twelve layers, side by side
AUDIO_SEEN, AUDIO_SEEN_LATER = 5, 8  # feature frames that the first and every later latent frame hears
VAE_STAGES = (1, 2, 4, 4)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSize:
    """Widths and depths. `width` is divided by 40 heads in the patch, by `heads` in the model.

    `audio_hidden`, `audio_width`: inside the patch's projection, and of its tokens. `vae_width`: of its first stage.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    text_width: int
    audio_hidden: int
    audio_width: int
    vae_width: int


FULL = ModelSize(
    width=5120, layers=40, heads=40, hidden=13824, text_width=4096, audio_hidden=512, audio_width=768, vae_width=96
)
"""Wan 2.1 I2V 14B, InfiniteTalk (single), Wan's VAE."""
TINY = ModelSize(width=160, layers=2, heads=2, hidden=64, text_width=64, audio_hidden=4, audio_width=16, vae_width=8)
"""The same networks, to try the whole path on a CPU."""
SIZES = {"full": FULL, "tiny": TINY}
WEIGHTS = ("bf16", "fp16", "fp8", "fp8_weights")
"""What the model's linear layers hold. fp8: e4m3 with a scale per layer, multiplied in fp8 where the card can;
fp8_weights: the same, but multiplied in 16 bits."""
