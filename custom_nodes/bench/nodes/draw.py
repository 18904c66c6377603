"""Fills a network that was built on the meta device: every weight is drawn where it is to stay, in its own type.

So 14 billion weights take no main memory, no second copy, and about a second on a GPU.
"""

from __future__ import annotations

import json
import math
from typing import Any

GAIN = 0.5  # of each layer: sums over 40 layers stay far from the end of fp16
MODULATION = 0.02
FP8_DEVIATION, FP8_MOST = 64.0, 448.0  # e4m3 reaches 448, which is seven deviations
QUANTISED = ("self_attn.", "cross_attn.", "ffn.")
"""The linear layers of the blocks, where nearly all weights are, as in the published fp8 files."""


class Draw:
    """Draws tensors on `device` from one seed."""

    def __init__(self, device: Any, seed: int) -> None:
        import torch

        self._device = device
        self._chance = torch.Generator(device=device).manual_seed(seed)

    def like(self, name: str, meta: Any) -> Any:
        """Return a tensor of the shape and type of `meta`: norms change nothing, weights keep their input's scale."""
        import torch

        tensor = torch.empty(meta.shape, dtype=meta.dtype, device=self._device)
        if name.endswith("modulation"):
            return tensor.normal_(0.0, MODULATION, generator=self._chance)
        if meta.ndim < 2 or name.endswith(("gamma", "original0")):
            return tensor.fill_(1.0 if name.endswith(("weight", "gamma", "original0")) else 0.0)
        return tensor.normal_(0.0, _deviation(meta.shape), generator=self._chance)

    def fp8(self, name: str, meta: Any, *, multiply: bool) -> dict[str, Any]:
        """Return a linear layer's weight as ComfyUI's scaled fp8: the weight, its scale, and how it is to be used."""
        import torch

        drawn = torch.empty(meta.shape, dtype=torch.bfloat16, device=self._device)
        drawn.normal_(0.0, FP8_DEVIATION, generator=self._chance).clamp_(-FP8_MOST, FP8_MOST)
        told = {"format": "float8_e4m3fn", **({} if multiply else {"full_precision_matrix_mult": True})}
        layer = name.removesuffix(".weight")
        scale = _deviation(meta.shape) / FP8_DEVIATION
        return {
            name: drawn.to(torch.float8_e4m3fn),
            f"{layer}.weight_scale": torch.tensor(scale, dtype=torch.float32, device=self._device),
            f"{layer}.comfy_quant": torch.tensor(list(json.dumps(told).encode()), dtype=torch.uint8),
        }

    def state(self, network: Any, *, weights: str = "") -> dict[str, Any]:
        """Return weights for every parameter of `network`, which may lie on the meta device."""
        drawn: dict[str, Any] = {}
        for name, meta in network.state_dict().items():
            if weights.startswith("fp8") and quantised(name, meta):
                drawn.update(self.fp8(name, meta, multiply=weights == "fp8"))
            else:
                drawn[name] = self.like(name, meta)
        return drawn


def quantised(name: str, meta: Any) -> bool:
    """Tell whether a weight is one of those that fp8 files hold in fp8."""
    return (
        name.startswith("blocks.")
        and name.endswith(".weight")
        and meta.ndim == 2
        and any(part in name for part in QUANTISED)
    )


def _deviation(shape: Any) -> float:
    return GAIN / math.sqrt(math.prod(shape[1:]))
