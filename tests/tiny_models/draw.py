"""Random weights of given shapes: small ones whole, large ones as overlapping views of a small buffer."""

from __future__ import annotations

import math

import torch

HALF = torch.float16
POOL = 1 << 18


class Draw:
    """Draws tensors in a fixed order from one seed, all in fp16, and collects them by name."""

    def __init__(self, seed: int) -> None:
        self.state: dict[str, torch.Tensor] = {}
        self._chance = torch.Generator().manual_seed(seed)

    def normal(self, name: str, *shape: int, deviation: float) -> None:
        """Add a normal tensor."""
        self.state[name] = (torch.randn(shape, generator=self._chance) * deviation).to(HALF)

    def weight(self, name: str, *shape: int, gain: float = 1.0) -> None:
        """Add a weight that keeps its input's scale: deviation gain / sqrt(inputs)."""
        self.normal(name, *shape, deviation=gain / math.sqrt(math.prod(shape[1:])))

    def fill(self, name: str, *shape: int, value: float) -> None:
        """Add a constant tensor."""
        self.state[name] = torch.full(shape, value, dtype=HALF)

    def layer(self, name: str, outputs: int, inputs: int, *kernel: int, gain: float = 1.0) -> None:
        """Add weight and bias of a linear layer, or of a convolution with this kernel."""
        self.weight(f"{name}.weight", outputs, inputs, *kernel, gain=gain)
        self.normal(f"{name}.bias", outputs, deviation=0.02)

    def norm(self, name: str, width: int) -> None:
        """Add a layer norm that changes nothing."""
        self.fill(f"{name}.weight", width, value=1.0)
        self.fill(f"{name}.bias", width, value=0.0)


class SharedDraw(Draw):
    """The same with tensors that overlap in memory, for networks whose size the loader fixes.

    torch.save writes a storage once, however many tensors look into it: 90 million weights become a file of 4 MB.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._pools: dict[float, torch.Tensor] = {}

    def normal(self, name: str, *shape: int, deviation: float) -> None:
        key = round(deviation, 6)
        if key not in self._pools:
            self._pools[key] = (torch.randn(POOL, generator=self._chance) * deviation).to(HALF)
        row = math.prod(shape[1:])
        step = max(1, min(17, (POOL - row) // shape[0] - 1))  # rows overlap, but no two are equal
        span = row + step * (shape[0] - 1)
        offset = int(torch.randint(0, POOL - span, (1,), generator=self._chance))
        strides = [math.prod(shape[axis + 1 :]) for axis in range(1, len(shape))]
        self.state[name] = torch.as_strided(self._pools[key], shape, [step, *strides], offset)

    def fill(self, name: str, *shape: int, value: float) -> None:
        self.state[name] = torch.full((1,), value, dtype=HALF).as_strided(shape, [0] * len(shape))
