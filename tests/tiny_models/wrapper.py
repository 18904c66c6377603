"""The same for ComfyUI-WanVideoWrapper, whose loaders fix other sizes, and how its graphs are set to them."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file

from tests.tiny_models import encoders, wan, wan_vae
from tests.tiny_models.files import OVERLAP_FRAMES, SIDE, STEPS, TEXT, WINDOW_FRAMES

MAIN, TALK, LORA = (
    "tiny_wrapper_i2v.safetensors",
    "tiny_wrapper_infinitetalk.safetensors",
    "tiny_wrapper_lora.safetensors",
)
VAE, AUDIO = "tiny_wrapper_vae.safetensors", "tiny_wrapper_wav2vec2.pt"
SETTINGS = (
    f"WanVideoModelLoader.model={MAIN}",
    f"MultiTalkModelLoader.model={TALK}",
    f"WanVideoLoraSelect.lora={LORA}",
    f"WanVideoVAELoader.model_name={VAE}",
    f"Wav2VecModelLoader.model={AUDIO}",
    "Wav2VecModelLoader.base_precision=fp32",  # a CPU takes a minute for fp16
    f"CLIPLoader.clip_name={TEXT}",
    f"WanVideoSampler.steps={STEPS}",
    f"Width.value={SIDE}",
    f"Height.value={SIDE}",
)
WINDOW = (f"OnAirWindow.window_frames={WINDOW_FRAMES}", f"OnAirWindow.overlap_frames={OVERLAP_FRAMES}")


def _renamed(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """wav2vec2 by the names of its original file."""
    names = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    told = {}
    for name, tensor in state.items():
        for ours, theirs in names.items():
            name = name.replace(ours, theirs)  # noqa: PLW2901
        told[f"wav2vec2.{name}"] = tensor
    return told


def write_wrapper_models(models: Path, *, seed: int = 0) -> None:
    """Write what its loaders take beside `write_models`' files: 23 MB."""
    shape = {"width": wan.WRAPPER_WIDTH, "blocks": wan.WRAPPER_BLOCKS}
    tensors = {
        ("diffusion_models", MAIN): wan.diffusion_model(seed + 1, **shape),
        ("diffusion_models", TALK): wan.infinitetalk_patch(seed + 2, out=wan.WRAPPER_OUT, **shape),
        ("loras", LORA): wan.lora(seed + 3, **shape),
        ("vae", VAE): wan_vae.vae(seed + 4, width=wan_vae.WRAPPER_VAE_WIDTH),
        ("wav2vec2", AUDIO): _renamed(encoders.wav2vec2(seed + 5)),
    }
    for (folder, name), state in tensors.items():
        path = models / folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".pt":
            torch.save(state, path)
        else:
            save_file(state, str(path))
