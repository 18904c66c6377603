"""The encoders whose size ComfyUI fixes: wav2vec2 base, and CLIP-L for umt5-xxl, which has no small form."""

from __future__ import annotations

import torch

from tests.tiny_models.draw import SharedDraw

WIDTH, HIDDEN, LAYERS = 768, 3072, 12
CONVOLUTIONS = (10, 3, 3, 3, 3, 2, 2)


def wav2vec2(seed: int) -> dict[str, torch.Tensor]:
    """Return wav2vec2 base with a group norm in front; 12 layers of 768, 50 features a second."""
    draw = SharedDraw(seed)
    for number, kernel in enumerate(CONVOLUTIONS):
        name = f"feature_extractor.conv_layers.{number}.conv.weight"
        draw.weight(name, 512, 512 if number else 1, kernel, gain=1.4)
    draw.norm("feature_extractor.conv_layers.0.layer_norm", 512)
    draw.norm("feature_projection.layer_norm", 512)
    draw.layer("feature_projection.projection", WIDTH, 512)
    draw.fill("masked_spec_embed", WIDTH, value=0.0)
    place = "encoder.pos_conv_embed.conv"
    draw.fill(f"{place}.parametrizations.weight.original0", 1, 1, 128, value=1.0)
    draw.weight(f"{place}.parametrizations.weight.original1", WIDTH, 48, 128)
    draw.fill(f"{place}.bias", WIDTH, value=0.0)
    draw.norm("encoder.layer_norm", WIDTH)
    for layer in (f"encoder.layers.{number}" for number in range(LAYERS)):
        for part in ("q", "k", "v", "out"):
            draw.layer(f"{layer}.attention.{part}_proj", WIDTH, WIDTH)
        draw.norm(f"{layer}.layer_norm", WIDTH)
        draw.layer(f"{layer}.feed_forward.intermediate_dense", HIDDEN, WIDTH)
        draw.layer(f"{layer}.feed_forward.output_dense", WIDTH, HIDDEN)
        draw.norm(f"{layer}.final_layer_norm", WIDTH)
    return draw.state


def clip_l(seed: int) -> dict[str, torch.Tensor]:
    """Return CLIP-L's text model, which CLIPLoader takes for any type: 77 tokens of 768."""
    draw = SharedDraw(seed)
    draw.normal("text_model.embeddings.token_embedding.weight", 49408, WIDTH, deviation=0.02)
    draw.normal("text_model.embeddings.position_embedding.weight", 77, WIDTH, deviation=0.01)
    for layer in (f"text_model.encoder.layers.{number}" for number in range(LAYERS)):
        for part in ("q", "k", "v", "out"):
            draw.layer(f"{layer}.self_attn.{part}_proj", WIDTH, WIDTH)
        draw.norm(f"{layer}.layer_norm1", WIDTH)
        draw.layer(f"{layer}.mlp.fc1", HIDDEN, WIDTH)
        draw.layer(f"{layer}.mlp.fc2", WIDTH, HIDDEN)
        draw.norm(f"{layer}.layer_norm2", WIDTH)
    draw.norm("text_model.final_layer_norm", WIDTH)
    return draw.state
