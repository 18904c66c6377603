"""Run in a process of its own, with ComfyUI's tree as its folder: what the audio encoder makes of a window's sound.

python hear.py WEIGHTS SPEECH.s16le → JSON: per context in frames the error at the window's edge, inside, at its end,
relative to the features of the whole speech; and how far ComfyUI's 50 to 25 per second resampling shifts each.
"""

from __future__ import annotations

import json
import sys

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
        errors = {
            name: float((window[:, part] - whole[:, part]).norm() / whole[:, part].norm())
            for name, part in PARTS.items()
        }
        told[str(context)] = {**errors, "most_shifted_frames": float(shift.abs().max())}
    return told


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(*sys.argv[1:])))
