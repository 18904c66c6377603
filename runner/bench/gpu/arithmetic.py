"""How many operations one window of InfiniteTalk is, and how many weights: from sizes alone. Pure.

An addition and a multiplication are two operations. Counted are matrix products, attention and convolutions; norms,
rotations and activations are not (they are bound by memory, not by arithmetic). Source of the networks: ComfyUI 0.30,
comfy/ldm/wan/{model,model_multitalk,vae}.py; checked there by torch's own counter (tests/gpu/test_arithmetic.py).
Long, because operations and weights are counted over the same layers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from custom_nodes.bench.sizes import (
    AUDIO_FEATURES,
    AUDIO_SEEN,
    AUDIO_SEEN_LATER,
    AUDIO_TOKENS,
    FRAMES_PER_LATENT,
    LATENT_CHANNELS,
    MODEL_CHANNELS,
    PATCH_PIXELS,
    PICTURE_WIDTH,
    TEXT_TOKENS,
    TIME_WIDTH,
    VAE_STAGES,
    ModelSize,
)

VAE_PIXELS = 8
PATCH_VALUES = 4  # 1 x 2 x 2
WAV2VEC2_BASE_WEIGHTS = 94_371_712
IN_SPACE_AND_TIME = 27
IN_TIME = (False, True, True)  # which of the VAE's three halvings also halve the time


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowShape:
    """One window: pixels, and frames, of which `overlap_frames` repeat the window before."""

    width: int
    height: int
    frames: int
    overlap_frames: int

    @property
    def latents(self) -> int:
        """Temporal latents."""
        return (self.frames - 1) // FRAMES_PER_LATENT + 1

    @property
    def frame_tokens(self) -> int:
        """What one latent frame is to the model."""
        return (self.width // PATCH_PIXELS) * (self.height // PATCH_PIXELS)

    @property
    def tokens(self) -> int:
        """What the window is to the model."""
        return self.latents * self.frame_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """`layers`: products with what an fp8 file holds in fp8. `rest`: with other weights. `attention`: with none."""

    layers: float = 0.0
    rest: float = 0.0
    attention: float = 0.0

    @property
    def total(self) -> float:
        """All of them."""
        return self.layers + self.rest + self.attention


@dataclass(frozen=True, slots=True, kw_only=True)
class _Convolution:
    """`area` places in each of `frames` frames; `kernel` in weights: 27 is 3x3x3."""

    kernel: int
    inputs: int
    outputs: int
    frames: int
    area: float

    @property
    def operations(self) -> float:
        whole = 2.0 * self.inputs * self.outputs * self.area * self.kernel * self.frames
        # The first frame has nothing before it, and ComfyUI leaves that part of the kernel away.
        return whole * (1 - 2 / 3 / self.frames) if self.kernel == IN_SPACE_AND_TIME else whole


def window_operations(size: ModelSize, shape: WindowShape, *, steps: int) -> Operations:
    """Return a live window's: `steps` evaluations (cfg 1), motion frames encoded, the window decoded.

    The reference picture is encoded once per session and not counted; the sound's encoder is 0.1 % and not counted.
    """
    model = model_operations(size, shape)
    decoded, encoded = decode_operations(size, shape), encode_operations(size, shape, shape.overlap_frames)
    return Operations(
        layers=steps * model.layers,
        rest=steps * model.rest + decoded.rest + encoded.rest,
        attention=steps * model.attention + decoded.attention + encoded.attention,
    )


def model_operations(size: ModelSize, shape: WindowShape) -> Operations:
    """Return one evaluation's of the model with InfiniteTalk's patch, at batch 1."""
    tokens, width = shape.tokens, size.width
    square = 2.0 * width * width
    # Self-attention has four square layers over the window. The cross-attention has two over it, and four over the
    # text: without a picture embedding ComfyUI takes the whole text for the picture's part, too.
    layers = size.layers * ((4 + 2) * tokens * square + 4 * TEXT_TOKENS * square + 4.0 * tokens * width * size.hidden)
    attention = size.layers * 4.0 * width * (tokens * tokens + 2 * tokens * TEXT_TOKENS + tokens * AUDIO_TOKENS)
    audio = 2 * tokens * square + shape.latents * AUDIO_TOKENS * 4.0 * size.audio_width * width
    edges = 2.0 * tokens * width * (MODEL_CHANNELS * PATCH_VALUES + LATENT_CHANNELS * PATCH_VALUES)
    text = TEXT_TOKENS * (2.0 * size.text_width * width + square)
    time = 2.0 * TIME_WIDTH * width + 7 * square
    return Operations(layers=layers, rest=size.layers * audio + edges + text + time, attention=attention)


def decode_operations(size: ModelSize, shape: WindowShape) -> Operations:
    """Return the VAE decoder's for one window."""
    area = shape.width * shape.height / VAE_PIXELS**2
    rest = sum(one.operations for one in _decoder(size, shape.latents, area))
    return Operations(rest=rest, attention=_middle_attention(size, shape.latents, area))


def encode_operations(size: ModelSize, shape: WindowShape, frames: int) -> Operations:
    """Return the VAE encoder's for `frames` frames (4n+1)."""
    area = float(shape.width * shape.height)
    rest = sum(one.operations for one in _encoder(size, frames, area))
    latents = (frames - 1) // FRAMES_PER_LATENT + 1
    return Operations(rest=rest, attention=_middle_attention(size, latents, area / VAE_PIXELS**2))


def layer_weights(size: ModelSize) -> int:
    """Return how many weights an fp8 file holds in fp8: the linear layers of the blocks."""
    return size.layers * (10 * size.width**2 + 2 * size.width * size.hidden)


def other_weights(size: ModelSize) -> int:
    """Return the model's other weights: embeddings, biases, norms, modulation, head."""
    width = size.width
    block = (4 + 6) * width + (2 + 3) * width + 2 * width + size.hidden + width + 6 * width
    embeddings = _linear(MODEL_CHANNELS * PATCH_VALUES, width) + _linear(size.text_width, width) + _linear(width, width)
    time = _linear(TIME_WIDTH, width) + _linear(width, width) + _linear(width, 6 * width)
    picture = 2 * PICTURE_WIDTH + _linear(PICTURE_WIDTH, PICTURE_WIDTH) + _linear(PICTURE_WIDTH, width) + 2 * width
    head = _linear(width, LATENT_CHANNELS * PATCH_VALUES) + 2 * width
    return size.layers * block + embeddings + time + picture + head


def patch_weights(size: ModelSize) -> int:
    """Return the weights of InfiniteTalk's patch."""
    width, hidden = size.width, size.audio_hidden
    block = 2 * _linear(width, width) + _linear(size.audio_width, 2 * width) + 2 * width
    heard = _linear(AUDIO_SEEN * AUDIO_FEATURES, hidden) + _linear(AUDIO_SEEN_LATER * AUDIO_FEATURES, hidden)
    tokens = _linear(hidden, hidden) + _linear(hidden, AUDIO_TOKENS * size.audio_width) + 2 * size.audio_width
    return size.layers * block + heard + tokens


def vae_weights(size: ModelSize) -> int:
    """Return the VAE's convolutions' weights; its biases and norms are under 1 % and left out."""
    convolutions = (*_decoder(size, 2, 1.0), *_encoder(size, 5, 1.0))
    return sum(one.kernel * one.inputs * one.outputs for one in convolutions)


def _linear(inputs: int, outputs: int) -> int:
    return (inputs + 1) * outputs


def _middle_attention(size: ModelSize, latents: int, area: float) -> float:
    return latents * 4.0 * area * area * size.vae_width * VAE_STAGES[-1]


def _decoder(size: ModelSize, latents: int, area: float) -> Iterator[_Convolution]:
    """Yield the decoder's convolutions; `area`: places of a latent frame. The first frame is never doubled in time."""
    widths = [size.vae_width * times for times in reversed(VAE_STAGES)]
    yield _Convolution(kernel=1, inputs=LATENT_CHANNELS, outputs=LATENT_CHANNELS, frames=latents, area=area)
    yield _Convolution(kernel=IN_SPACE_AND_TIME, inputs=LATENT_CHANNELS, outputs=widths[0], frames=latents, area=area)
    yield from _middle(widths[0], latents, area)
    inputs, frames = widths[0], latents
    for stage, outputs in enumerate(widths):
        for _ in range(3):
            yield from _residual(inputs, outputs, frames, area)
            inputs = outputs
        if stage < len(widths) - 1:
            if IN_TIME[::-1][stage]:
                yield _Convolution(kernel=3, inputs=outputs, outputs=2 * outputs, frames=frames - 1, area=area)
                frames = 2 * frames - 1
            area *= 4
            yield _Convolution(kernel=9, inputs=outputs, outputs=outputs // 2, frames=frames, area=area)
            inputs = outputs // 2
    yield _Convolution(kernel=IN_SPACE_AND_TIME, inputs=inputs, outputs=3, frames=frames, area=area)


def _encoder(size: ModelSize, frames: int, area: float) -> Iterator[_Convolution]:
    """Yield the encoder's convolutions; `area`: pixels of a frame."""
    widths = [size.vae_width * times for times in VAE_STAGES]
    yield _Convolution(kernel=IN_SPACE_AND_TIME, inputs=3, outputs=size.vae_width, frames=frames, area=area)
    inputs = size.vae_width
    for stage, outputs in enumerate(widths):
        for _ in range(2):
            yield from _residual(inputs, outputs, frames, area)
            inputs = outputs
        if stage < len(widths) - 1:
            area /= 4
            yield _Convolution(kernel=9, inputs=outputs, outputs=outputs, frames=frames, area=area)
            if IN_TIME[stage]:
                frames = (frames - 1) // 2 + 1
                yield _Convolution(kernel=3, inputs=outputs, outputs=outputs, frames=frames - 1, area=area)
    yield from _middle(inputs, frames, area)
    yield _Convolution(kernel=IN_SPACE_AND_TIME, inputs=inputs, outputs=2 * LATENT_CHANNELS, frames=frames, area=area)
    yield _Convolution(kernel=1, inputs=2 * LATENT_CHANNELS, outputs=2 * LATENT_CHANNELS, frames=frames, area=area)


def _middle(width: int, frames: int, area: float) -> Iterator[_Convolution]:
    yield from _residual(width, width, frames, area)
    yield _Convolution(kernel=1, inputs=width, outputs=3 * width, frames=frames, area=area)
    yield _Convolution(kernel=1, inputs=width, outputs=width, frames=frames, area=area)
    yield from _residual(width, width, frames, area)


def _residual(inputs: int, outputs: int, frames: int, area: float) -> Iterator[_Convolution]:
    yield _Convolution(kernel=IN_SPACE_AND_TIME, inputs=inputs, outputs=outputs, frames=frames, area=area)
    yield _Convolution(kernel=IN_SPACE_AND_TIME, inputs=outputs, outputs=outputs, frames=frames, area=area)
    if inputs != outputs:
        yield _Convolution(kernel=1, inputs=inputs, outputs=outputs, frames=frames, area=area)
