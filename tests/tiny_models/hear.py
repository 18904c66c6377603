"""Run in a process of its own, with ComfyUI's tree as its folder: what the audio encoder makes of a window's sound.

python hear.py WEIGHTS SPEECH.s16le → JSON: per context in frames the error at the window's edge, inside, at its end,
relative to the features of the whole speech; how far ComfyUI's 50 to 25 per second resampling shifts each, and the
error over the whole window after it, with the features as they are and as OnAir InfiniteTalk hands them over.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path

START_FRAME, FRAMES, LOOKAHEAD_FRAMES, FRAME_SAMPLES = 100, 81, 4, 640
CONTEXTS = (0, 25, 75)
PARTS = {"edge": slice(0, 5), "inside": slice(5, 60), "end": slice(60, 81)}


def main(weights: str, sound: str) -> dict[str, dict[str, float]]:
    """Return the figures by context."""
    sys.path.insert(0, "")
    import comfy.cli_args

    comfy.cli_args.args.cpu = True
    import numpy as np
    import torch
    from comfy.audio_encoders.audio_encoders import load_audio_encoder_from_sd
    from comfy_extras.nodes_wan import linear_interpolation

    adopt()

    encoder = load_audio_encoder_from_sd(torch.load(weights, weights_only=True))
    pcm = torch.from_numpy(np.fromfile(sound, dtype="<i2").astype(np.float32) / 32768)

    def features(wave: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            layers = encoder.encode_audio(wave[None, None], 16_000)["encoded_audio_all_layers"]
        return torch.stack(layers).squeeze(1)[1:].float()  # (layers, 50 a second, 768)

    whole = features(pcm)[:, ::2][:, START_FRAME : START_FRAME + FRAMES]
    told = {}
    for context in CONTEXTS:
        first, last = START_FRAME - context, START_FRAME + FRAMES + LOOKAHEAD_FRAMES
        heard = features(pcm[first * FRAME_SAMPLES : last * FRAME_SAMPLES])
        window = heard[:, ::2][:, context : context + FRAMES]
        count = torch.arange(heard.shape[1], dtype=torch.float32)[None, :, None]
        places = linear_interpolation(count, input_fps=50, output_fps=25)[0, context : context + FRAMES, 0]
        shift = places / 2 - torch.arange(context, context + len(places))
        exact = importlib.import_module("pack.custom_nodes.infinitetalk.nodes.infinitetalk")._for_each_frame
        stretched = linear_interpolation(heard, input_fps=50, output_fps=25)[:, context : context + FRAMES]
        in_time = linear_interpolation(exact(heard), input_fps=50, output_fps=25)[:, context : context + FRAMES]
        errors = {
            name: float((window[:, part] - whole[:, part]).norm() / whole[:, part].norm())
            for name, part in PARTS.items()
        }
        told[str(context)] = {
            **errors,
            "most_shifted_frames": float(shift.abs().max()),
            "as_comfyui_hears": float((stretched - whole).norm() / whole.norm()),
            "as_we_hear": float((in_time - whole).norm() / whole.norm()),
            "in_time": float((in_time - window).abs().max()),
        }
    return told


def adopt() -> None:
    """Make this repository's nodes importable, as ComfyUI does."""
    root = Path(__file__).resolve().parents[2]
    spec = importlib.util.spec_from_file_location("pack", root / "__init__.py", submodule_search_locations=[str(root)])
    assert spec is not None
    assert spec.loader is not None
    sys.modules["pack"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
