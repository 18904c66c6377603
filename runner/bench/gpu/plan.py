"""What is to be measured: a grid of rows, in the order that costs the fewest starts of ComfyUI. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from custom_nodes.bench.sizes import SIZES, WEIGHTS, ModelSize
from runner.errors import BadInput

from .arithmetic import WindowShape

ATTENTION = {
    "sdpa": ("--use-pytorch-cross-attention",),
    "flash": ("--use-flash-attention",),
    "sage": ("--use-sage-attention",),
}
"""Kinds of attention, and ComfyUI's flag for each. It takes one per process."""
PACKAGES = {"flash": "flash-attn", "sage": "sageattention"}
"""Without its package ComfyUI would end at once."""
FRAMES = {"full": (81, 9), "tiny": (29, 5)}
PICTURES = {"full": ("832x480", "640x640", "640x368", "512x288", "480x272"), "tiny": ("64x64", "96x64")}
STEPS = {"full": (1, 2, 4, 6), "tiny": (1, 2)}
SIDE_STEP = 16
LARGEST_SIDE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rows of one ComfyUI process: the same weights and kind of attention."""

    weights: str
    attention: str

    @property
    def flags(self) -> tuple[str, ...]:
        """What ComfyUI is started with to use this attention."""
        return ATTENTION[self.attention]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """`rounds`: windows measured a row, after one that warms up. `cpu`: never a GPU."""

    size: str
    pictures: tuple[tuple[int, int], ...]
    steps: tuple[int, ...]
    weights: tuple[str, ...]
    attention: tuple[str, ...]
    rounds: int
    cpu: bool

    @property
    def model(self) -> ModelSize:
        """The networks' size."""
        return SIZES[self.size]

    def groups(self) -> Iterator[Group]:
        """Yield what needs a ComfyUI of its own."""
        for weights in self.weights:
            for attention in self.attention:
                yield Group(weights=weights, attention=attention)

    def shape(self, picture: tuple[int, int]) -> WindowShape:
        """Return the window of a picture."""
        frames, overlap = FRAMES[self.size]
        return WindowShape(width=picture[0], height=picture[1], frames=frames, overlap_frames=overlap)


def make_plan(
    *,
    size: str,
    pictures: Sequence[str],
    steps: Sequence[int],
    weights: Sequence[str],
    attention: Sequence[str],
    rounds: int,
    cpu: bool,
) -> Plan:
    """Check what was asked for; nothing given is this size's own grid. Raises: BadInput `bench.gpu`."""
    if size not in SIZES:
        raise _bad(f"there is no size {size}; take {' or '.join(SIZES)}")
    if cpu and size == "full":
        raise _bad("14 billion weights on a CPU take hours a window; add --size tiny, which tries the path")
    for name, known in (*((one, WEIGHTS) for one in weights), *((one, tuple(ATTENTION)) for one in attention)):
        if name not in known:
            raise _bad(f"{name} is not among {', '.join(known)}; take one of those")
    if any(not 1 <= one <= 100 for one in steps):
        raise _bad(f"{min(steps)} to {max(steps)} steps; take 1 to 100")
    return Plan(
        size=size,
        pictures=tuple(_picture(one) for one in pictures or PICTURES[size]),
        steps=tuple(sorted(set(steps or STEPS[size]))),
        weights=tuple(weights or ("fp8", "bf16")),
        attention=tuple(attention),
        rounds=rounds,
        cpu=cpu,
    )


def _picture(text: str) -> tuple[int, int]:
    told = re.fullmatch(r"(\d+)x(\d+)", text)
    if told is None:
        raise _bad(f"{text} is no size of a picture; write WIDTHxHEIGHT, as 832x480")
    width, height = int(told[1]), int(told[2])
    if any(side % SIDE_STEP or not SIDE_STEP <= side <= LARGEST_SIDE for side in (width, height)):
        raise _bad(f"{text}: width and height are multiples of {SIDE_STEP}, up to {LARGEST_SIDE}; take 832x480")
    return width, height


def _bad(sentence: str) -> BadInput:
    return BadInput(sentence, code="bench.gpu")
