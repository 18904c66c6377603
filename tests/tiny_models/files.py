"""Writes the tiny models into a ComfyUI `models` folder, and says how a shipped graph is set to them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save_file

from tests.tiny_models import encoders, wan, wan_vae

UNET, PATCH, LORA = "tiny_wan_i2v.safetensors", "tiny_infinitetalk.safetensors", "tiny_wan_lora.safetensors"
VAE, AUDIO, TEXT = "tiny_wan_vae.safetensors", "tiny_wav2vec2.pt", "tiny_clip_l.pt"
SETTINGS = (
    f"UNETLoader.unet_name={UNET}",
    f"LoraLoaderModelOnly.lora_name={LORA}",
    f"ModelPatchLoader.name={PATCH}",
    f"AudioEncoderLoader.audio_encoder_name={AUDIO}",
    f"CLIPLoader.clip_name={TEXT}",
    f"VAELoader.vae_name={VAE}",
)
VIDEO_FRAMES, VIDEO_STEP = 40, 4
SIDE, WINDOW_FRAMES, OVERLAP_FRAMES, STEPS = 64, 29, 5, 2
SIZES = (
    f"OnAirWindow.window_frames={WINDOW_FRAMES}",
    f"OnAirWindow.overlap_frames={OVERLAP_FRAMES}",
    f"OnAirWindow.width={SIDE}",
    f"OnAirWindow.height={SIDE}",
    f"BasicScheduler.steps={STEPS}",
)
"""24 new frames in a window, a second of 64x64: about 1 s on one core."""


def fitting(graph: dict[str, Any]) -> list[str]:
    """Return the settings for the nodes that a graph has; none for a graph without a model."""
    classes = {node["class_type"] for node in graph.values()}
    wanted = [setting for setting in (*SETTINGS, *SIZES) if setting.partition(".")[0] in classes]
    return wanted if "UNETLoader" in classes else []


def write_inputs(folder: Path) -> None:
    """Write the files that the shipped graphs name into ComfyUI's input folder."""
    from custom_nodes.portrait.picture import png_bytes
    from custom_nodes.rolling_wav.sound import to_wav

    picture = np.full((96, 160, 3), 90, np.uint8)
    for left in (20, 90):
        picture[20:76, left : left + 50] = (200, 150, 120)
    for name in ("face.png", "two_faces.png"):
        (folder / name).write_bytes(png_bytes(picture))
    write_video(folder / "video.mp4", VIDEO_FRAMES)
    silence, buzz = b"\0\0" * 16_000, (b"\0\x18" * 40 + b"\0\xe8" * 40) * 200
    for name, pcm in (("speech", buzz), ("speaker_1", buzz + silence), ("speaker_2", silence + buzz)):
        (folder / f"{name}.wav").write_bytes(to_wav(pcm))


def write_video(path: Path, frames: int, *, rate: int = 25) -> None:
    """Write a video whose frames are grey, each `VIDEO_STEP` brighter than the one before."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"crf": "1", "g": "12"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        for number in range(frames):
            grey = np.full((96, 160, 3), 40 + VIDEO_STEP * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())


def write_models(models: Path, *, seed: int = 0) -> Path:
    """Write six files, 19 MB; the same seed gives the same weights. Return the folder."""
    tensors = {
        ("diffusion_models", UNET): wan.diffusion_model(seed + 1),
        ("model_patches", PATCH): wan.infinitetalk_patch(seed + 2),
        ("loras", LORA): wan.lora(seed + 3),
        ("vae", VAE): wan_vae.vae(seed + 4),
        ("audio_encoders", AUDIO): encoders.wav2vec2(seed + 5),
        ("text_encoders", TEXT): encoders.clip_l(seed + 6),
    }
    for (folder, name), state in tensors.items():
        path = models / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".pt":
            torch.save(state, path)
        else:
            save_file(state, str(path), metadata=wan.CONFIG if name == UNET else None)
    return models
