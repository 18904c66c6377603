"""A gallery's figures as JSON and as a Markdown table: one row a face, its texts together."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from runner.gallery.figures import LipFigures
from runner.gallery.gallery import Clip

HEAD = (
    "| face | correlation | lag, frames | closed on p, b, m | widest | quickest | open in silence | "
    "largest step in silence | step above the mouth | surety |\n|---|---|---|---|---|---|---|---|---|---|"
)

LEGEND = (
    "Lips that follow: a lag of 0 or 1, and every p, b and m closed. A row whose surety is below 0.7 is to be doubted: "
    "the lips were not found again. All columns: docs/gallery.md."
)


def write_report(clips: Sequence[Clip], folder: Path) -> None:
    """Write gallery.json and gallery.md into `folder`."""
    told = [{**asdict(clip), "figures": asdict(clip.figures) if clip.figures else None} for clip in clips]
    (folder / "gallery.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    (folder / "gallery.md").write_text(table(clips) + "\n", encoding="utf-8")


def table(clips: Sequence[Clip]) -> str:
    """Return the table and how to read it; a face that was refused has its reason in its row."""
    rows = [HEAD]
    for name in dict.fromkeys(clip.face for clip in clips):
        figures = [clip.figures for clip in clips if clip.face == name and clip.figures]
        why = next((clip.refused for clip in clips if clip.face == name and clip.refused), "")
        rows.append(_row(name, figures) if figures else f"| {name} | refused: {why} |" + " |" * 8)
    return "\n".join([*rows, "", LEGEND])


def _row(name: str, figures: Sequence[LipFigures]) -> str:
    closures = sum(one.closures for one in figures)
    quiet = [one.rest_opening for one in figures if one.rest_opening is not None]
    steps = [one.rest_step for one in figures if one.rest_step is not None]
    cells = [
        name,
        f"{statistics.mean(one.correlation for one in figures):.2f}",
        _span([one.lag_frames for one in figures]),
        f"{sum(one.closed for one in figures)} of {closures}",
        f"{max(one.widest for one in figures):.2f}",
        f"{max(one.quickest for one in figures):.2f}",
        f"{max(quiet, key=abs):.3f}" if quiet else "-",
        f"{max(steps):.3f}" if steps else "-",
        f"{statistics.mean(one.still_above for one in figures):.2f}",
        f"{min(one.surety for one in figures):.2f}",
    ]
    return f"| {' | '.join(cells)} |"


def _span(values: Sequence[int]) -> str:
    low, high = min(values), max(values)
    return str(low) if low == high else f"{low} to {high}"
