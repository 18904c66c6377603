"""How far the lips stand apart in decoded frames, by following two small patches of skin and lip.

It knows nothing of what drew the frames, and needs no light skin and no dark mouth: a patch of the lower lip (its edge
towards the chin) and one of the upper lip, as they are in a frame whose mouth is shut, are looked for in every frame
by the least squared difference (correlation alone takes the edge of the dark inside for that of a lip). How the one
moves down against the other is the opening; what the head does moves both and drops out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

HALF_WIDTH = 18
"""The search runs at so many pixels for half a mouth: a tenth of one there is 0.3 % of the mouth's width."""
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)

Plane = NDArray[np.float32]
Place = tuple[tuple[float, float], float, tuple[float, float], float]
"""In half widths of the mouth: rows from and to, columns to each side, how far it is looked for up and down, aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MouthPlace:
    """Where the shut mouth is, in pixels of the frame: middle of the lip line, half the mouth's width."""

    x: float
    y: float
    half_width: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LipTrack:
    """`opening` in widths of the mouth, one a frame; `surety` the correlation at which the lower lip was found."""

    opening: NDArray[np.float64]
    surety: NDArray[np.float64]


_LOWER = ((0.15, 0.85), 0.45, (-0.5, 1.3), 0.35)
_UPPER = ((-0.75, -0.1), 0.45, (-0.6, 0.5), 0.35)


def follow_lips(frames: Iterable[NDArray[np.uint8]], *, shut: NDArray[np.uint8], mouth: MouthPlace) -> LipTrack:
    """Return the opening of each frame (H, W, 3, RGB) against that of `shut`, in which `mouth` lies."""
    scale = HALF_WIDTH / mouth.half_width
    still = _crop(shut, mouth, scale)
    templates = _cut(still, _LOWER), _cut(still, _UPPER)
    moved: list[float] = []
    sure: list[float] = []
    for frame in frames:
        crop = _crop(frame, mouth, scale)
        lower, found = _find(crop, templates[0], _LOWER)
        upper, _ = _find(crop, templates[1], _UPPER)
        moved.append((lower - upper) / (2 * HALF_WIDTH))
        sure.append(found)
    return LipTrack(opening=np.array(moved), surety=np.array(sure))


def _crop(frame: NDArray[np.uint8], mouth: MouthPlace, scale: float) -> Plane:
    """Cut the luma around the mouth, 4.8 half widths high and 2.4 wide, scaled; the lip line is in its middle."""
    reach_x, reach_y = 1.2 * mouth.half_width, 2.4 * mouth.half_width
    box = (mouth.x - reach_x, mouth.y - reach_y, mouth.x + reach_x, mouth.y + reach_y)
    size = (round(2 * reach_x * scale), round(2 * reach_y * scale))
    small = Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC, box=_inside(box, frame))
    return np.asarray(np.asarray(small, np.float32) @ _LUMA, np.float32)


def _inside(box: tuple[float, float, float, float], frame: NDArray[np.uint8]) -> tuple[float, float, float, float]:
    height, width = frame.shape[:2]
    return max(0.0, box[0]), max(0.0, box[1]), min(float(width), box[2]), min(float(height), box[3])


def _edges(crop: Plane, place: Place) -> tuple[int, int, int, int]:
    (top, bottom), side, _, _ = place
    middle_y, middle_x = crop.shape[0] / 2, crop.shape[1] / 2
    return (
        round(middle_y + top * HALF_WIDTH), round(middle_y + bottom * HALF_WIDTH),
        round(middle_x - side * HALF_WIDTH), round(middle_x + side * HALF_WIDTH),
    )  # fmt: skip


def _cut(crop: Plane, place: Place) -> Plane:
    top, bottom, left, right = _edges(crop, place)
    return crop[top:bottom, left:right]


def _find(crop: Plane, template: Plane, place: Place) -> tuple[float, float]:
    """Return how many pixels lower the template is found, to a part of a pixel, and the correlation there."""
    top, _, left, _ = _edges(crop, place)
    _, _, (up, down), aside = place
    rows, columns = template.shape
    first = max(0, top + round(up * HALF_WIDTH))
    last = min(crop.shape[0] - rows, top + round(down * HALF_WIDTH))
    before, after = max(0, left - round(aside * HALF_WIDTH)), left + round(aside * HALF_WIDTH)
    area = crop[first : last + rows, before : after + columns]
    seen = np.lib.stride_tricks.sliding_window_view(area, template.shape)
    flat = seen.reshape(seen.shape[0] * seen.shape[1], -1)
    wanted = template.ravel()
    scores = -np.square(flat - wanted).mean(axis=1)
    by_row = scores.reshape(seen.shape[:2]).max(axis=1)
    best = int(by_row.argmax())
    likeness = float(np.corrcoef(flat[int(scores.argmax())], wanted)[0, 1])
    return first + best + _between(by_row, best) - top, likeness


def _between(scores: NDArray[np.float32], best: int) -> float:
    """Return where the peak of a parabola through the best value and its neighbours lies, -0.5 to 0.5."""
    if not 0 < best < len(scores) - 1:
        return 0.0
    left, middle, right = (float(scores[best + step]) for step in (-1, 0, 1))
    bend = left - 2 * middle + right
    return 0.0 if bend >= 0 else 0.5 * (left - right) / bend
