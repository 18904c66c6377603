"""Flat shapes in strong colours, as a poster has them."""

from __future__ import annotations

import numpy as np

from .curve import Plane, Point
from .sheet import Sheet


def poster(sheet: Sheet) -> None:
    """Paint a sun, hills, leaves and dots over the whole sheet."""
    sheet.pixels[:] = np.array((240, 226, 206), dtype=np.float32)

    def disc(x: float, y: float, r: float, colour: tuple[float, float, float], strength: float = 1.0) -> None:
        far: Plane = np.hypot(sheet.x - x, sheet.y - y)
        sheet.lay(colour, np.asarray(np.clip(r - far + 0.5, 0, 1) * strength, dtype=np.float32))

    disc(640, 330, 380, (232, 116, 92))
    disc(640, 330, 290, (238, 138, 108))
    disc(60, 1010, 330, (42, 112, 116))
    disc(-40, 1090, 330, (30, 86, 94))
    disc(1010, 930, 240, (246, 190, 96))
    disc(1380, 500, 260, (42, 112, 116))
    disc(-380, 400, 220, (246, 190, 96))
    for i in range(7):
        for j in range(5):
            disc(66 + 34 * j, 96 + 34 * i, 5.5, (42, 112, 116), 0.85)
    leaf: list[Point] = [(70, 820), (110, 700), (190, 610), (196, 700), (150, 790), (96, 850)]
    sheet.lay((30, 86, 94), sheet.mask(leaf, 0.6))
    sheet.lay((240, 226, 206), sheet.line([(76, 840), (130, 730), (186, 630)], (4, 3, 1), 0.6))
    leaf = [(150, 900), (214, 800), (300, 760), (280, 840), (220, 900), (160, 930)]
    sheet.lay((232, 116, 92), sheet.mask(leaf, 0.6))
    sheet.lay((240, 226, 206), sheet.line([(156, 918), (220, 840), (290, 774)], (4, 3, 1), 0.6))
