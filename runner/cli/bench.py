"""`bench`: measures, prints a table, and writes the figures as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from runner.cli.options import Json
from runner.errors import BadInput


def _talker(rounds: int) -> dict[str, Any]:
    from runner.bench.talker import bench_talker

    return bench_talker(seconds=float(rounds))


def _package(rounds: int) -> dict[str, Any]:
    from runner.bench.package import bench_package

    return bench_package(rounds)


def _live(rounds: int) -> dict[str, Any]:
    from runner.bench.live import bench_live

    return bench_live(rounds)


def _soak(rounds: int) -> dict[str, Any]:
    from runner.bench.soak import bench_soak

    return bench_soak(rounds)


BENCHES: dict[str, tuple[Callable[[int], dict[str, Any]], int]] = {
    "talker": (_talker, 10),
    "package": (_package, 30),
    "live": (_live, 10),
    "soak": (_soak, 10_000),
}


def bench(
    what: Annotated[str, typer.Argument(help="talker (seconds), package, live (rounds) or soak (windows).")],
    rounds: Annotated[int | None, typer.Option(min=1, help="How much; each bench has its own default.")] = None,
    output: Annotated[Path | None, typer.Option("-o", help="Also write the JSON to this file.")] = None,
    as_json: Json = False,
) -> None:
    """Measure on this machine: medians and p95, with machine and versions."""
    if what not in BENCHES:
        raise BadInput(f"There is no bench {what!r}; there are {', '.join(BENCHES)}.")
    work, default = BENCHES[what]
    figures = work(rounds or default)
    text = json.dumps(figures, indent=2)
    if output is not None:
        output.write_text(text + "\n", encoding="utf-8")
    print(text if as_json else "\n".join(_rows(figures)))


def _rows(figures: dict[str, Any], prefix: str = "") -> list[str]:
    rows = []
    for name, value in figures.items():
        if isinstance(value, dict):
            rows += _rows(value, f"{prefix}{name}.")
        else:
            shown = f"{value:.3f}" if isinstance(value, float) else str(value)
            rows.append(f"{prefix + name:<44} {shown}")
    return rows
