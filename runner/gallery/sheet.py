"""Contact sheets: frames of a clip side by side, whole and near the mouth, as one WebP."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runner.gallery.lips import MouthPlace

COLUMNS = 8
CELL_PIXELS = 176
QUALITY = 72

Pixels = NDArray[np.uint8]


def clip_rows(frames: Sequence[Pixels], opening: NDArray[np.float64], mouth: MouthPlace) -> Pixels:
    """Return two rows of the same moments (H, W, 3): the picture, and below it the face from the eyes to the chin."""
    picks = pick_frames(opening, COLUMNS)
    height, width = frames[0].shape[:2]
    near = near_box(width, height, mouth)
    whole = (max(0, (width - height) // 2), 0, min(width, (width + height) // 2), height)
    rows = [np.concatenate([_cell(frames[at], box) for at in picks], axis=1) for box in (whole, near)]
    return np.concatenate(rows)


def near_box(width: int, height: int, mouth: MouthPlace, *, wide: float = 1.0) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of the square from eyes to chin, `wide` times as large, inside the picture."""
    side = min(wide * 6.4 * mouth.half_width, float(height), float(width))
    left = min(max(0.0, mouth.x - side / 2), width - side)
    top = min(max(0.0, mouth.y - 0.62 * side), height - side)
    return left, top, left + side, top + side


def overview_row(rows: Pixels) -> Pixels:
    """Return of `clip_rows` one row: the picture once, then the face near in the other moments."""
    return np.concatenate([rows[:CELL_PIXELS, :CELL_PIXELS], rows[CELL_PIXELS : 2 * CELL_PIXELS, CELL_PIXELS:]], axis=1)


def pick_frames(opening: NDArray[np.float64], wanted: int) -> list[int]:
    """Return so many frame numbers: of equal stretches of the clip in turn the widest and the narrowest moment."""
    edges = np.linspace(0, len(opening), wanted + 1).astype(int)
    picks = []
    for index, (first, last) in enumerate(pairwise(edges)):
        part = opening[first : max(last, first + 1)]
        picks.append(int(first + (part.argmin() if index % 2 else part.argmax())))
    return picks


def write_sheet(rows: Sequence[Pixels], target: Path, *, width: int = COLUMNS * CELL_PIXELS) -> None:
    """Write rows of one width below each other, scaled to `width` pixels."""
    whole = Image.fromarray(np.concatenate(rows))
    small = whole.resize((width, whole.height * width // whole.width), Image.Resampling.LANCZOS)
    small.save(target, format="WEBP", quality=QUALITY, method=6)


def _cell(frame: Pixels, box: tuple[float, float, float, float]) -> Pixels:
    cell = Image.fromarray(frame).resize((CELL_PIXELS, CELL_PIXELS), Image.Resampling.LANCZOS, box=box)
    return np.asarray(cell, np.uint8)
