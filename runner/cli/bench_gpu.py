"""`bench gpu`: InfiniteTalk at full size with random weights, against the limit of the card."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from runner.errors import BadInput
from runner.settings import load_settings


class Size(str, Enum):
    """How large the models are."""

    full = "full"
    tiny = "tiny"


class Device(str, Enum):
    """Where they run."""

    gpu = "gpu"
    cpu = "cpu"


SizeOption = Annotated[Size, typer.Option(help="gpu: the 14B model, or a tiny one to try the path.")]
DeviceOption = Annotated[Device, typer.Option(help="gpu: where it runs; cpu only with --size tiny.")]
Pictures = Annotated[list[str] | None, typer.Option("--picture", help="gpu: WIDTHxHEIGHT; may be given again.")]
Steps = Annotated[list[int] | None, typer.Option("--steps", help="gpu: the sampler's steps; may be given again.")]
Weights = Annotated[list[str] | None, typer.Option(help="gpu: fp8, fp8_weights, bf16, fp16; may be given again.")]
Attention = Annotated[list[str] | None, typer.Option(help="gpu: sdpa, flash, sage; may be given again.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class GpuWanted:
    """The options of `bench gpu`; None is the default that its size has."""

    size: Size = Size.full
    device: Device = Device.gpu
    picture: list[str] | None = None
    steps: list[int] | None = None
    weights: list[str] | None = None
    attention: list[str] | None = None


def measure_gpu(wanted: GpuWanted, *, rounds: int, output: Path | None) -> dict[str, Any]:
    """Measure and return the figures. After every row they are in `output`, too. Raises: BadInput, EngineError."""
    from runner.bench.gpu.measure import bench_gpu
    from runner.bench.gpu.plan import make_plan

    plan = make_plan(
        size=wanted.size.value,
        pictures=wanted.picture or (),
        steps=wanted.steps or (),
        weights=wanted.weights or (),
        attention=wanted.attention or ("sdpa",),
        rounds=rounds,
        cpu=wanted.device == Device.cpu,
    )

    def keep(figures: dict[str, Any]) -> None:
        if output is not None:
            write(output, json.dumps(figures, indent=2))

    return asyncio.run(
        bench_gpu(plan, load_settings(), say=lambda line: print(line, file=sys.stderr, flush=True), keep=keep)
    )


def for_the_table(figures: dict[str, Any]) -> dict[str, Any]:
    """Leave out what only the JSON holds: every node's seconds."""
    return {name: value for name, value in figures.items() if name != "nodes"}


def write(output: Path, text: str) -> None:
    """Write the figures. Raises: BadInput `output.file`."""
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as exc:
        raise BadInput(f"{output} cannot be written: {exc.strerror}; name another file", code="output.file") from exc
