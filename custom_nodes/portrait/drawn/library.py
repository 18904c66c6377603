"""A library by lamplight, out of focus: shelves full of books, warm on the lamp's side."""

from __future__ import annotations

import numpy as np

from .backdrop import Lamp, Slab, bokeh, things, wall
from .curve import Point
from .sheet import Sheet, toned

SPINES = ((118, 42, 34), (44, 66, 74), (140, 104, 58), (60, 44, 60), (86, 92, 66), (52, 34, 28), (150, 128, 96))
# Where books stand, far enough for any shape of picture; the board is under their feet.
SHELVES = (-170, 120, 410, 700, 990, 1280, 1570)
LEFT, RIGHT = -900.0, 1900.0
LAMP_X = 880


def library(sheet: Sheet) -> None:
    """Paint it over the whole sheet."""
    wall(sheet, (62, 40, 28), (30, 20, 16), [
        ((860, 300), (280, 300), (168, 108, 58), 0.65),
        ((100, 500), (260, 420), (26, 22, 26), 0.6),
    ])  # fmt: skip
    near, far = sheet.left - 80, sheet.left + sheet.shape[1] + 80
    things(sheet, [slab for slab in _slabs() if slab.outline[0][0] < far and slab.outline[1][0] > near])
    bokeh(sheet, [
        Lamp(at=(908, 250), radius=62, colour=(255, 170, 70), strength=0.62),
        Lamp(at=(826, 150), radius=34, colour=(255, 180, 90), strength=0.36),
        Lamp(at=(962, 420), radius=40, colour=(255, 150, 60), strength=0.34),
        Lamp(at=(86, 180), radius=36, colour=(255, 160, 80), strength=0.16),
    ])  # fmt: skip


def _slabs() -> list[Slab]:
    moves = np.random.default_rng(8)
    slabs = []
    for row, foot in enumerate(SHELVES):
        slabs.append(Slab(outline=_upright(LEFT, RIGHT, foot, foot + 26), colour=(74, 46, 28), blur=8))
        x = LEFT + 40 * row
        while x < RIGHT:
            wide, tall = float(moves.uniform(26, 52)), float(moves.uniform(150, 226))
            warm = 0.40 + 0.75 * float(np.exp(-(((x - LAMP_X) / 420) ** 2)))
            tone = toned(SPINES[int(moves.integers(len(SPINES)))], warm)
            if moves.random() < 0.88:
                book = _upright(x, x + wide - 3, foot - tall, foot)
                slabs.append(Slab(outline=book, colour=tone, blur=10, strength=0.85))
            x += wide
    return slabs


def _upright(left: float, right: float, top: float, bottom: float) -> list[Point]:
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
