"""OnAirColourLock: a window's images → the same, led back to the reference's colours."""

from __future__ import annotations

from typing import Any

import numpy as np
from comfy_api.latest import io
from numpy.typing import NDArray

from ...hls_segment.guard import guarded, interruptible
from ...hls_segment.oklab import drift, oklab_statistics
from ...hls_segment.window import Window
from ..colour import Correction, correct, measured_frames, ramp
from .oklab_images import to_oklab, to_srgb

FRAMES_AT_ONCE = 4  # 19 MB each way at 832x480


class OnAirColourLock(io.ComfyNode):
    """Keeps colours where the reference has them, however many windows a speech has."""

    @classmethod
    def define_schema(cls) -> io.Schema:
        return io.Schema(
            node_id="OnAirColourLock",
            display_name="OnAir Colour Lock",
            category="OnAir",
            description="Holds brightness, colour and contrast of a generated window at the reference picture's. "
            "Place it between the decoder and OnAir Segment.",
            search_aliases=["colour match", "color match", "colour drift", "color drift"],
            inputs=[
                io.Image.Input("images", tooltip="The decoded window, overlap included."),
                io.Image.Input("image", tooltip="The reference picture, whose colours are kept. From OnAir Window."),
                io.Custom("ONAIR_WINDOW").Input("window", tooltip="From OnAir Window: where the overlap ends."),
                io.Float.Input(
                    "strength",
                    default=0.8,
                    min=0.0,
                    max=1.0,
                    step=0.05,
                    tooltip="Share of the drift that is taken back: 0 only measures, 1 takes all of it.",
                ),
            ],
            outputs=[io.Image.Output("images", tooltip="The window in the reference's colours, for OnAir Segment.")],
        )

    @classmethod
    def execute(cls, images: Any, image: Any, window: Window, strength: float = 0.8) -> io.NodeOutput:
        from comfy.model_management import InterruptProcessingException

        with guarded(InterruptProcessingException):
            reference = oklab_statistics([_floats(image[0])])
            tail = measured_frames(len(images), window.request.overlap_frames)
            before = oklab_statistics(_floats(images[index]) for index in tail)
            corrected = images
            if strength > 0:
                correction = correct(before, reference, strength=strength)
                corrected = _apply(images, correction, ramp(len(images), window.request.overlap_frames))
            after = oklab_statistics(_floats(corrected[index]) for index in tail)
            window.notes["colour_lock"] = {
                "strength": strength,
                "drift_before": round(drift(before, reference), 5),
                "drift_after": round(drift(after, reference), 5),
                "delta": [round(float(value), 5) for value in before[0] - reference[0]],
            }
            return io.NodeOutput(corrected)


def _apply(images: Any, correction: Correction, shares: NDArray[np.float64]) -> Any:
    import torch
    from comfy.model_management import get_torch_device, throw_exception_if_processing_interrupted

    device = get_torch_device()

    def tensor(values: NDArray[np.float64]) -> Any:
        return torch.tensor(values, device=device, dtype=torch.float32)

    centre, gain, shift, share = map(tensor, (correction.centre, correction.gain, correction.shift, shares))
    corrected = images[..., :3].clone()
    first = int(np.count_nonzero(shares == 0.0))  # those before are kept bit for bit
    for start in interruptible(range(first, len(images), FRAMES_AT_ONCE), throw_exception_if_processing_interrupted):
        some = slice(start, start + FRAMES_AT_ONCE)
        lab = to_oklab(images[some, ..., :3].to(device=device, dtype=torch.float32))
        lab += share[some, None, None, None] * ((gain - 1.0) * (lab - centre) + shift)
        corrected[some] = to_srgb(lab).to(device=corrected.device, dtype=corrected.dtype)
    return corrected


def _floats(image: Any) -> NDArray[np.float32]:
    floats: NDArray[np.float32] = image.detach().float().cpu().numpy()
    return floats
