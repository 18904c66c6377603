"""Run in a process of its own: what torch counts in ComfyUI's networks, tiny and computed, full and on paper.

python count.py REPOSITORY COMFYUI → JSON: per size the weights by network, for tiny the operations of each part.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
from typing import Any

SHAPE = {"width": 64, "height": 48, "frames": 29, "overlap_frames": 5}


def main(repository: str, tree: str) -> dict[str, Any]:
    """Return the figures."""
    sys.path.insert(0, tree)
    os.chdir(tree)
    import comfy.cli_args

    comfy.cli_args.args.cpu = True
    spec = importlib.util.spec_from_file_location(
        "pack", f"{repository}/__init__.py", submodule_search_locations=[repository]
    )
    assert spec is not None
    assert spec.loader is not None
    sys.modules["pack"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return {"weights": weights(), "operations": operations()}


def weights() -> dict[str, Any]:
    """Count the weights of both sizes; nothing is allocated for them."""
    import torch

    networks = importlib.import_module("pack.custom_nodes.bench.nodes.networks")
    quantised = importlib.import_module("pack.custom_nodes.bench.nodes.draw").quantised
    told = {}
    for name, size in importlib.import_module("pack.custom_nodes.bench.sizes").SIZES.items():
        meta = torch.device("meta")
        config = networks._config(size, "bf16", torch.device("cpu"), quantised=False)
        state = config.get_model({}, "", device=meta).diffusion_model.state_dict()
        layers = sum(one.numel() for key, one in state.items() if quantised(key, one))
        told[name] = {
            "layers": layers,
            "others": sum(one.numel() for one in state.values()) - layers,
            "patch": sum(one.numel() for one in networks.patch_shapes(size).parameters()),
            "vae": sum(one.numel() for one in networks.vae_shapes(size).parameters()),
        }
    return told


def operations() -> dict[str, float]:
    """Run the tiny networks under torch's counter."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    networks = importlib.import_module("pack.custom_nodes.bench.nodes.networks")
    size = importlib.import_module("pack.custom_nodes.bench.sizes").TINY
    latents, width, height = (SHAPE["frames"] - 1) // 4 + 1, SHAPE["width"] // 8, SHAPE["height"] // 8
    vae = networks.vae(size, 3).first_stage_model

    def counted(work: Any) -> float:
        with torch.no_grad(), FlopCounterMode(display=False) as counter:
            work()
        return float(counter.get_total_flops())

    model = patched(networks, size)
    latent = torch.randn(1, 36, latents, height, width)
    text, audio = torch.randn(1, 512, size.text_width), torch.randn(1, latents, 32, size.audio_width)
    options = {"patches": {"attn2_patch": [model[1]]}, "audio_embeds": audio}
    return {
        "model": counted(lambda: model[0](latent, torch.tensor([500.0]), text, transformer_options=options)),
        "decode": counted(lambda: vae.decode(torch.randn(1, 16, latents, height, width))),
        "encode": counted(
            lambda: vae.encode(torch.randn(1, 3, SHAPE["overlap_frames"], SHAPE["height"], SHAPE["width"]))
        ),
    }


def patched(networks: Any, size: Any) -> tuple[Any, Any]:
    """Return the model and the patch that adds the sound to its blocks."""
    from comfy.ldm.wan.model_multitalk import MultiTalkCrossAttnPatch

    model = networks.diffusion_model(size, "bf16", 0).model.diffusion_model.float()
    return model, MultiTalkCrossAttnPatch(networks.model_patch(size, 1), 1.0)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
