"""Wan 2.1's VAE as small as ComfyUI's loader allows: the width is read from the file, stages and latents are fixed."""

from __future__ import annotations

import torch

from tests.tiny_models.draw import Draw

VAE_WIDTH, LATENT = 8, 16
WRAPPER_VAE_WIDTH = 24  # WanVideoWrapper takes 96 or this


class _Vae:
    """Wan 2.1's causal VAE: four stages of width 1, 2, 4, 4, two of which also halve the time."""

    def __init__(self, seed: int, width: int) -> None:
        self.draw = Draw(seed)
        self.width = width

    def scale(self, name: str, width: int, *ones: int) -> None:
        self.draw.fill(f"{name}.gamma", width, *ones, value=1.0)

    def residual(self, name: str, inputs: int, outputs: int) -> None:
        self.scale(f"{name}.residual.0", inputs, 1, 1, 1)
        self.draw.layer(f"{name}.residual.2", outputs, inputs, 3, 3, 3)
        self.scale(f"{name}.residual.3", outputs, 1, 1, 1)
        self.draw.layer(f"{name}.residual.6", outputs, outputs, 3, 3, 3, gain=0.5)
        if inputs != outputs:
            self.draw.layer(f"{name}.shortcut", outputs, inputs, 1, 1, 1)

    def middle(self, name: str, width: int) -> None:
        self.residual(f"{name}.0", width, width)
        self.scale(f"{name}.1.norm", width, 1, 1)
        self.draw.layer(f"{name}.1.to_qkv", 3 * width, width, 1, 1)
        self.draw.layer(f"{name}.1.proj", width, width, 1, 1, gain=0.5)
        self.residual(f"{name}.2", width, width)

    def head(self, name: str, inputs: int, outputs: int, gain: float) -> None:
        self.scale(f"{name}.0", inputs, 1, 1, 1)
        self.draw.layer(f"{name}.2", outputs, inputs, 3, 3, 3, gain=gain)

    def encoder(self) -> None:
        self.draw.layer("encoder.conv1", self.width, 3, 3, 3, 3)
        width, place = self.width, 0
        for stage, times in enumerate((1, 2, 4, 4)):
            for _ in range(2):
                self.residual(f"encoder.downsamples.{place}", width, self.width * times)
                width, place = self.width * times, place + 1
            if stage < 3:
                self.resample(f"encoder.downsamples.{place}", width, width, width if stage else 0)
                place += 1
        self.middle("encoder.middle", width)
        self.head("encoder.head", width, 2 * LATENT, 1.0)

    def decoder(self) -> None:
        width, place = 4 * self.width, 0
        self.draw.layer("decoder.conv1", width, LATENT, 3, 3, 3)
        self.middle("decoder.middle", width)
        for stage, times in enumerate((4, 4, 2, 1)):
            for _ in range(3):
                self.residual(f"decoder.upsamples.{place}", width, self.width * times)
                width, place = self.width * times, place + 1
            if stage < 3:
                self.resample(f"decoder.upsamples.{place}", width // 2, width, 2 * width if stage < 2 else 0)
                width, place = width // 2, place + 1
        self.head("decoder.head", self.width, 3, 0.4)

    def resample(self, name: str, outputs: int, inputs: int, in_time: int) -> None:
        self.draw.layer(f"{name}.resample.1", outputs, inputs, 3, 3)
        if in_time:
            self.draw.layer(f"{name}.time_conv", in_time, inputs, 3, 1, 1)


def vae(seed: int, *, width: int = VAE_WIDTH) -> dict[str, torch.Tensor]:
    """Return the VAE: 16 latent channels, 8 times smaller in space, 4 times in time."""
    made = _Vae(seed, width)
    made.encoder()
    made.draw.layer("conv1", 2 * LATENT, 2 * LATENT, 1, 1, 1)
    made.draw.layer("conv2", LATENT, LATENT, 1, 1, 1)
    made.decoder()
    return made.draw.state
