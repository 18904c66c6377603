"""What cards can do at most: dense matrix products with 32-bit sums, 10^12 operations a second. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .arithmetic import Operations


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """`half`: fp16 and bf16; `fp8`: 0 where the card does not multiply fp8. `source` is told with every limit."""

    half: float
    fp8: float
    source: str

    def limit_s(self, operations: Operations, *, fp8_layers: bool) -> float:
        """Return the seconds below which no program can be on this card: every unit busy, nothing waited for.

        Attention and what is not quantised are counted in 16 bits, which sage attention goes below.
        """
        layers = self.fp8 if fp8_layers and self.fp8 else self.half
        return (operations.layers / layers + (operations.rest + operations.attention) / self.half) / 1e12


_CARDS = (
    # NVIDIA's data sheets: Hopper (H100 2024-03, H200 2024-11), Ampere A100 (2021-06), L40S and L4 (2023-08), Ada
    # architecture paper 2.02 (RTX 4090, RTX 6000 Ada), RTX Blackwell architecture paper 1.1 (RTX 5090), Ampere GA102
    # paper 2.1 (RTX 3090, RTX A6000). Data sheets with sparsity were halved. Longer names before those they contain.
    ("H100 PCIe", 756.0, 1513.0),
    ("H100 NVL", 835.0, 1670.0),
    ("H200 NVL", 835.0, 1670.0),
    ("H100", 989.4, 1978.9),
    ("H200", 989.4, 1978.9),
    ("A100", 312.0, 0.0),
    ("L40S", 362.0, 733.0),
    ("RTX 6000 Ada", 364.2, 728.5),
    ("RTX A6000", 154.8, 0.0),
    ("RTX 5090", 209.5, 419.0),
    ("RTX 4090", 165.2, 330.3),
    ("RTX 3090", 71.0, 0.0),
    ("L4", 121.0, 242.0),
)


def peak_of(name: str, measured: Mapping[str, float]) -> Peak:
    """Return a card's peak by its name; of an unknown one what the probe measured, which is below its true peak."""
    for known, half, fp8 in _CARDS:
        if known in name:
            return Peak(half=half, fp8=fp8, source=f"data sheet of {known}")
    return Peak(half=measured["bf16"], fp8=measured.get("fp8", 0.0), source="measured: square matrix products")
