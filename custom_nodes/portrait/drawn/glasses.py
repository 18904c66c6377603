"""Glasses: frame, bridge and arms, the glint of the lenses and the shadow on the cheeks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curve import Point, closed_curve, mirrored
from .face import Face
from .light import Light
from .sheet import Colour, Sheet, soft, toned


@dataclass(frozen=True, slots=True, kw_only=True)
class Glasses:
    """A frame: its colour, and one lens's outline in units from the eye's middle, outwards positive."""

    colour: Colour
    lens: tuple[Point, ...] = ((-62, -22), (-30, -45), (22, -47), (68, -30), (70, 6), (44, 50), (-4, 58), (-46, 38))
    thick: float = 7.0
    ear: Point = (212, 392)


def paint_glasses(sheet: Sheet, face: Face, glasses: Glasses, light: Light) -> None:
    """Paint them over eyes and brows."""
    window = sheet.window(260, 300, 740, 520)
    away = (-9 * light.key[0] / 0.6, 11)
    rims = np.zeros(window.shape, dtype=np.float32)
    lenses = []
    for side in (0, 1):
        outline = face.eye_points(side, glasses.lens)
        ring = closed_curve(outline)
        rims = np.maximum(rims, window.line([*ring[::7], ring[0]], (glasses.thick, glasses.thick), 0.8))
        lenses.append(outline)
    inner = (face.eyes[0][0] + 60, face.eyes[0][1] - 16), (face.eyes[1][0] - 60, face.eyes[1][1] - 16)
    middle = (face.middle, face.eyes[0][1] - 26)
    bridge = window.line([inner[0], middle, inner[1]], (8, 7, 8), 0.8)
    arms = np.zeros(window.shape, dtype=np.float32)
    for side in (0, 1):
        x, y = face.eyes[side]
        way = 1 if side else -1
        hinge = (x + 68 * way, y - 22)
        ear = (face.middle + glasses.ear[0] * way, glasses.ear[1])
        arms = np.maximum(arms, window.line([hinge, ear], (10, 7), 0.8))
    frame = np.maximum(np.maximum(rims, bridge), arms)
    moved = np.roll(frame, (int(away[1]), int(away[0])), (0, 1))
    window.lay((18, 8, 6), soft(moved, 4.5) * 0.42 * (1 - frame))
    for outline in lenses:
        _glint(window, outline, light)
    tone = (
        np.asarray(glasses.colour, dtype=np.float32) * (0.75 + 0.25 * np.clip((420 - window.y) / 60, -1, 1))[..., None]
    )
    window.lay(np.broadcast_to(tone, (*window.shape, 3)), frame)
    lit = np.clip(frame - np.roll(frame, (2, int(-2 * np.sign(light.key[0]))), (0, 1)), 0, 1)
    window.lay(toned(glasses.colour, 1.9, 60), soft(lit, 0.7) * 0.6)


def _glint(window: Sheet, outline: list[Point], light: Light) -> None:
    """A slanted reflection across a lens, faint enough for the eye behind it."""
    inside = window.mask(outline, 1.2)
    xs, ys = [p[0] for p in outline], [p[1] for p in outline]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    band: list[Point] = [(left + 8, bottom), (left + 44, bottom), (right - 34, top), (right - 76, top)]
    slanted = band if light.key[0] > 0 else mirrored(band, (left + right) / 2)
    window.lay((236, 242, 250), soft(window.mask(slanted, 0, curved=False), 4) * inside * 0.055)
    window.lay((236, 242, 250), inside * np.clip((top + 26 - window.y) / 26, 0, 1) * 0.07)
