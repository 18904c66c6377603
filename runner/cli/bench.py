"""`bench`: measures, prints a table, and writes the figures as JSON."""

from __future__ import annotations

import json
import sys
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from runner.cli.bench_gpu import (
    Attention,
    Device,
    DeviceOption,
    GpuWanted,
    Pictures,
    Size,
    SizeOption,
    Steps,
    Weights,
    for_the_table,
    measure_gpu,
    write,
)
from runner.cli.options import Json, Sets
from runner.errors import BadInput

ROUNDS = {"talker": 10, "package": 30, "live": 10, "engine": 40, "job": 600, "soak": 10_000, "gpu": 2}
"""How much each does where it is not told: seconds, rounds, rounds, windows, seconds, windows, windows a row."""
COMFYUI_WINDOWS = 500


class SoakEngine(str, Enum):
    """What a soak renders with."""

    simulated = "simulated"
    comfyui = "comfyui"


def bench(
    what: Annotated[
        str, typer.Argument(help="talker, job (seconds), package, live (rounds), engine, soak, gpu (windows).")
    ],
    rounds: Annotated[int | None, typer.Option(min=1, help="How much; each bench has its own default.")] = None,
    engine: Annotated[SoakEngine, typer.Option(help="soak: whose memory is watched.")] = SoakEngine.simulated,
    real_time: Annotated[bool, typer.Option(help="soak, simulated: by the machine's clock, not virtual time.")] = False,
    sets: Sets = None,
    size: SizeOption = Size.full,
    device: DeviceOption = Device.gpu,
    picture: Pictures = None,
    steps: Steps = None,
    weights: Weights = None,
    attention: Attention = None,
    output: Annotated[Path | None, typer.Option("-o", help="Also write the JSON to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Measure on this machine: medians and p95, with machine and versions."""
    from runner.bench.table import render_table

    if what not in ROUNDS:
        raise BadInput(f"There is no bench {what!r}; take one of {', '.join(ROUNDS)}.")
    if what != "soak" and (engine != SoakEngine.simulated or real_time):
        raise BadInput(f"bench {what} takes neither --engine nor --real-time; leave them to bench soak.")
    if what != "engine" and sets:
        raise BadInput(f"bench {what} takes no --set; leave it to bench engine.")
    if what == "soak" and engine == SoakEngine.comfyui and real_time:
        raise BadInput("ComfyUI renders its windows back to back; leave out --real-time.")
    gpu = GpuWanted(size=size, device=device, picture=picture, steps=steps, weights=weights, attention=attention)
    if what != "gpu" and gpu != GpuWanted():
        raise BadInput(f"bench {what} takes none of the options of bench gpu; leave them out.")
    if what == "gpu":
        figures = measure_gpu(gpu, rounds=rounds or ROUNDS[what], output=output)
    elif what == "soak":
        figures = _soak(rounds, engine, real_time=real_time)
    else:
        figures = _measure(what, rounds or ROUNDS[what], sets or [])
    text = json.dumps(figures, indent=2)
    if output is not None:
        try:
            write(output, text)
        except BadInput:
            print(text)  # minutes of measuring are not lost with it
            raise
    print(text if as_json else render_table(for_the_table(figures)))


def _measure(what: str, rounds: int, sets: list[str]) -> dict[str, Any]:
    # Each imports what it measures: `bench package` needs neither a browser nor OpenCV.
    if what == "talker":
        from runner.bench.talker import bench_talker

        return bench_talker(seconds=float(rounds))
    if what == "package":
        from runner.bench.package import bench_package

        return bench_package(rounds)
    if what == "engine":
        from runner.bench.engine import bench_engine

        return bench_engine(rounds, sets=sets)
    if what == "job":
        from runner.bench.job import bench_job

        return bench_job(rounds)
    from runner.bench.live import bench_live

    return bench_live(rounds, say=lambda line: print(line, file=sys.stderr, flush=True))


def _soak(rounds: int | None, engine: SoakEngine, *, real_time: bool) -> dict[str, Any]:
    if engine == SoakEngine.comfyui:
        from runner.bench.soak_comfyui import bench_soak_comfyui

        return bench_soak_comfyui(rounds or COMFYUI_WINDOWS)
    from runner.bench.soak import bench_soak

    return bench_soak(rounds or ROUNDS["soak"], real_time=real_time)
