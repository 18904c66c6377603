"""Wan 2.1 I2V, its InfiniteTalk patch, and a LoRA, as small as ComfyUI's loaders allow.

What a loader reads from the file is small here; what it fixes is as it must be: 36 input channels, an image embedding
of 1280, 40 blocks and 40 heads in the patch (so a width that 40 divides), 12 layers of 768 from the audio encoder.
"""

from __future__ import annotations

import json

import torch

from tests.tiny_models.draw import Draw

WIDTH, BLOCKS, HIDDEN, TEXT = 160, 2, 64, 768
# WanVideoWrapper fixes 12 heads and 30 blocks for a width it does not know, and 768 values a token of sound.
WRAPPER_WIDTH, WRAPPER_BLOCKS, WRAPPER_OUT = 120, 30, 768
PATCH_BLOCKS, PATCH_HIDDEN, PATCH_OUT, PATCH_TOKENS = 40, 4, 16, 32
AUDIO_FEATURES = 12 * 768
LATENT = 16
# Found in the file's metadata, they go before what the loader would guess: one head, and a text of 4096.
CONFIG = {"config": json.dumps({"transformer": {"text_dim": TEXT, "num_heads": 2}})}


def diffusion_model(seed: int, *, width: int = WIDTH, blocks: int = BLOCKS) -> dict[str, torch.Tensor]:
    """Return the I2V model; save it with CONFIG as metadata."""
    draw = Draw(seed)
    draw.layer("patch_embedding", width, 36, 1, 2, 2)
    for name, inputs in (("text_embedding", TEXT), ("time_embedding", 256)):
        draw.layer(f"{name}.0", width, inputs)
        draw.layer(f"{name}.2", width, width)
    draw.layer("time_projection.1", 6 * width, width)
    draw.norm("img_emb.proj.0", 1280)
    draw.layer("img_emb.proj.1", 1280, 1280)
    draw.layer("img_emb.proj.3", width, 1280)
    draw.norm("img_emb.proj.4", width)
    for block in (f"blocks.{number}" for number in range(blocks)):
        draw.normal(f"{block}.modulation", 1, 6, width, deviation=0.3)
        for attention in (f"{block}.self_attn", f"{block}.cross_attn"):
            for part in "qkvo":
                draw.layer(f"{attention}.{part}", width, width)
            for part in "qk":
                draw.fill(f"{attention}.norm_{part}.weight", width, value=1.0)
        for part in ("k_img", "v_img"):
            draw.layer(f"{block}.cross_attn.{part}", width, width)
        draw.fill(f"{block}.cross_attn.norm_k_img.weight", width, value=1.0)
        draw.norm(f"{block}.norm3", width)
        draw.layer(f"{block}.ffn.0", HIDDEN, width)
        draw.layer(f"{block}.ffn.2", width, HIDDEN)
    draw.normal("head.modulation", 1, 2, width, deviation=0.3)
    draw.layer("head.head", 4 * LATENT, width)
    return draw.state


def lora(seed: int, *, width: int = WIDTH, blocks: int = BLOCKS) -> dict[str, torch.Tensor]:
    """Return a LoRA of rank 2 over the attention's queries and values."""
    draw = Draw(seed)
    for block in range(blocks):
        for part in ("self_attn.q", "self_attn.v", "cross_attn.q"):
            name = f"diffusion_model.blocks.{block}.{part}"
            draw.weight(f"{name}.lora_down.weight", 2, width)
            draw.normal(f"{name}.lora_up.weight", width, 2, deviation=0.1)
            draw.state[f"{name}.alpha"] = torch.tensor(2.0, dtype=torch.float16)
    return draw.state


def infinitetalk_patch(
    seed: int, *, width: int = WIDTH, blocks: int = PATCH_BLOCKS, out: int = PATCH_OUT
) -> dict[str, torch.Tensor]:
    """Return the model patch: the audio projection, and an attention to it for each block."""
    draw = Draw(seed)
    draw.layer("audio_proj.proj1", PATCH_HIDDEN, 5 * AUDIO_FEATURES)
    draw.layer("audio_proj.proj1_vf", PATCH_HIDDEN, 8 * AUDIO_FEATURES)
    draw.layer("audio_proj.proj2", PATCH_HIDDEN, PATCH_HIDDEN)
    draw.layer("audio_proj.proj3", PATCH_TOKENS * out, PATCH_HIDDEN)
    draw.norm("audio_proj.norm", out)
    for block in (f"blocks.{number}" for number in range(blocks)):
        draw.layer(f"{block}.audio_cross_attn.q_linear", width, width)
        draw.layer(f"{block}.audio_cross_attn.proj", width, width)
        draw.layer(f"{block}.audio_cross_attn.kv_linear", 2 * width, out)
        draw.norm(f"{block}.norm_x", width)
    return draw.state
