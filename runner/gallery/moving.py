"""All faces of a gallery at once: each says the same text, side by side, as one looping picture for a page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hls.ticks import LIVE_FPS
from runner.gallery.lips import MouthPlace
from runner.gallery.sheet import near_box

COLUMNS, TILE_PIXELS = 5, 176
EVERY = 2
"""Of so many frames one is shown: half the size, and speech is still seen."""
WIDE = 1.5
"""A tile shows so much more than a sheet does near the mouth: hair and neck move, too."""
QUALITY = 62

Pixels = NDArray[np.uint8]


def face_tiles(frames: Sequence[Pixels], mouth: MouthPlace) -> list[Pixels]:
    """Return every EVERY-th frame (H, W, 3) around the face, as uint8 (TILE_PIXELS, TILE_PIXELS, 3)."""
    height, width = frames[0].shape[:2]
    box = near_box(width, height, mouth, wide=WIDE)
    size = (TILE_PIXELS, TILE_PIXELS)
    return [
        np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS, box=box), np.uint8)
        for frame in frames[::EVERY]
    ]


def write_moving(faces: Sequence[Sequence[Pixels]], target: Path) -> None:
    """Write the faces' tiles as an animated WebP; a face that ends before the others waits on its last one."""
    columns = min(COLUMNS, len(faces))
    rows = -(-len(faces) // columns)
    pictures = []
    for at in range(max(map(len, faces))):
        grid = np.zeros((rows * TILE_PIXELS, columns * TILE_PIXELS, 3), dtype=np.uint8)
        for number, tiles in enumerate(faces):
            y, x = (place * TILE_PIXELS for place in divmod(number, columns))
            grid[y : y + TILE_PIXELS, x : x + TILE_PIXELS] = tiles[min(at, len(tiles) - 1)]
        pictures.append(Image.fromarray(grid))
    frame_ms = EVERY * 1000 // LIVE_FPS
    pictures[0].save(
        target, save_all=True, append_images=pictures[1:], duration=frame_ms, loop=0, quality=QUALITY, method=4,
        minimize_size=True,
    )  # fmt: skip
