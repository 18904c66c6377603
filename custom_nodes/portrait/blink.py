"""Blinks: the skin above the eye is stretched down over it, as a lid does, at seeded moments of the idle loop."""

from __future__ import annotations

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from .eye import Eye

# How far the lid is down in the five frames of a blink: fast down, slower up (200 ms at 25 fps).
BLINK_LEVELS = (3, 6, 6, 4, 2)
LEVELS = 6
FIRST_FRAME, LEAST_GAP_FRAMES, MOST_GAP_FRAMES = 30, 55, 110

Pixels = NDArray[np.uint8]


def blink_levels(loop_frames: int, *, seed: int = 7) -> tuple[int, ...]:
    """Lid level 0..LEVELS of every frame of the loop; no blink touches the loop's first or last frames.

    Blinks come every 2.2 to 4.4 s at 25 fps, at moments given by the seed: the same in every run and on every machine.
    """
    levels = [0] * loop_frames
    moments = random.Random(seed)
    at = FIRST_FRAME + moments.randrange(12)
    while at + len(BLINK_LEVELS) + 8 <= loop_frames:
        levels[at : at + len(BLINK_LEVELS)] = BLINK_LEVELS
        at += moments.randrange(LEAST_GAP_FRAMES, MOST_GAP_FRAMES)
    return tuple(levels)


class EyePatches:
    """Prepared patches of the eyes of one picture: `patches(level)` gives (rows, columns, uint8 RGB) for each eye."""

    def __init__(self, image_rgb: Pixels, eyes: tuple[Eye, ...]) -> None:
        self._patches: dict[int, tuple[tuple[slice, slice, Pixels], ...]] = {}
        for level in sorted(set(BLINK_LEVELS)):
            self._patches[level] = tuple(_close(image_rgb, eye, level / LEVELS) for eye in eyes)

    def patches(self, level: int) -> tuple[tuple[slice, slice, Pixels], ...]:
        """Patches of lid level 1..LEVELS; an empty tuple for 0 and for a picture without eyes."""
        return self._patches.get(level, ())


def _close(image_rgb: Pixels, eye: Eye, closed: float) -> tuple[slice, slice, Pixels]:
    """Pull the upper lid's edge down by `closed` 0..1 of the eye's height; the brow stays where it is.

    Returns the rows and columns of the picture, and the uint8 RGB pixels that belong there.
    """
    height, width = image_rgb.shape[:2]
    # A little beyond the measured opening: lashes and the lid's own shadow move with it.
    a, b = eye.half_width * 1.15, eye.half_height * 1.1
    # The skin between this height and the lid is what is stretched: it must end under the brow.
    fold = 1.0 * b
    columns = slice(max(0, int(eye.x - 1.1 * a)), min(width, int(eye.x + 1.1 * a) + 2))
    rows = slice(max(0, int(eye.y - b - fold - 2)), min(height, int(eye.y + 1.8 * b) + 3))
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    arc = np.sqrt(np.clip(1.0 - ((x - eye.x) / a) ** 2, 0.0, 1.0))
    # The lids meet low: the upper one goes down all the way, past the lower edge of the white.
    upper, lower = eye.y - b * arc, eye.y + 1.05 * b * arc
    lid = upper + (lower - upper) * closed
    top = upper - fold * arc
    # What is stretched ends a little above the lid's edge, so that no lash and no white is drawn out.
    edge = upper - 0.3 * b * arc
    share = (y - top) / np.maximum(lid - top, 1e-3)
    source_y = np.where((y > top) & (y < lid), top + share * (edge - top), y).astype(np.float32)
    source_x = np.ascontiguousarray(np.broadcast_to(x, source_y.shape))
    patch = cv2.remap(image_rgb, source_x, source_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(
        np.float32
    )
    # Lashes: a soft dark line along the lid's edge, in the eye's own darkest colour.
    inner = image_rgb[int(eye.y - b) : int(eye.y + b) + 1, int(eye.x - a) : int(eye.x + a) + 1].reshape(-1, 3)
    dark = np.percentile(inner, 6, axis=0).astype(np.float32)
    thick = max(0.8, 0.2 * b)
    line = 0.8 * np.exp(-(((y - lid + 0.4 * thick) / thick) ** 2)) * np.clip(arc * 2.2 - 0.35, 0, 1)
    patch += (dark - patch) * line[..., None].astype(np.float32)
    return rows, columns, np.asarray(np.clip(patch + 0.5, 0, 255), dtype=np.uint8)
