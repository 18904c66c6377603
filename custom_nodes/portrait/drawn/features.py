"""Nostrils, the line of the lips and ears: the small dark and light touches on the relief."""

from __future__ import annotations

import numpy as np

from .curve import Point, mirrored, open_curve
from .face import Face
from .head import lip_outlines
from .light import Light, hollows, linear, lit_skin
from .sheet import Sheet, grain, soft, toned
from .skin import Skin


def paint_nose(sheet: Sheet, face: Face, skin: Skin) -> None:
    """Paint nostrils and the crease of the wings."""
    x, y = face.nose_tip
    w = face.nose_width
    window = sheet.window(x - 90, y - 60, x + 90, y + 50)
    deep = toned(skin.shade, 0.34)
    for way in (-1, 1):
        hole: list[Point] = [(0.18, 19), (0.32, 13), (0.56, 11), (0.74, 15), (0.66, 20), (0.42, 21)]
        window.lay(deep, window.mask([(x + way * w * a, y + b) for a, b in hole], 1.8) * 0.72)
        wing: list[Point] = [(0.98, -4), (1.08, 6), (1.02, 15), (0.84, 20)]
        window.lay(toned(skin.shade, 0.7), window.line([(x + way * w * a, y + b) for a, b in wing],
                   (0.5, 2.0, 3.0, 1.5), 2.4) * 0.34)  # fmt: skip


def paint_lips(sheet: Sheet, face: Face, skin: Skin) -> None:
    """Paint where the lips meet: one clean dark line that ends in soft corners, and fine creases across the lips."""
    x, y = face.mouth
    window = sheet.window(x - 110, y - 50, x + 110, y + 70)
    line = face.mouth_points(face.lips.line)
    upper, lower = lip_outlines(face)
    both = soft(np.maximum(window.mask(upper, 0, curved=False), window.mask(lower, 0, curved=False)), 2.0)
    # Creases run across the lips: noise drawn out from top to bottom.
    fine = grain((1, window.shape[1] + 8), 1.2, 17)[:, : window.shape[1]]
    crease = np.repeat(fine, window.shape[0], axis=0)
    window.lay(toned(skin.lip_upper, 0.62), both * np.clip(crease, 0, 2) * 0.045)
    window.lay(toned(skin.lip_upper, 0.45), window.line(line, (1, 5.0, 6, 5.0, 1), 2.4) * 0.45)
    window.lay(toned(skin.lip_upper, 0.34), window.line(line, (0.7, 2.2, 2.6, 2.2, 0.7), 0.9) * 0.72)
    for px, py in (line[0], line[-1]):
        window.lay(toned(skin.shade, 0.55), window.glow((px, py), (6, 4.5)) * 0.34)
    ridge = open_curve(face.mouth_points(face.lips.top))
    edge = [(px, py - 2.2) for px, py in ridge[::10]]
    window.lay(toned(skin.base, 1.14, 6), window.line(edge, (0.5, 3, 3, 0.5), 1.7) * 0.30)


def paint_ear(sheet: Sheet, face: Face, skin: Skin, light: Light, side: int, *, out: float = 26) -> None:
    """Paint an ear beside the head, before the head is painted over its root."""
    root: list[Point] = [
        *[(196, 372), (214, 352), (226 + 0.4 * out, 360), (214 + out, 388), (210 + out, 424), (202 + 0.6 * out, 462)],
        *[(204 + 0.2 * out, 492), (194, 508), (184, 494)],
    ]
    outline = [(face.middle + x, y + 14) for x, y in root]
    outline = outline if side else mirrored(outline, face.middle)
    xs, ys = [p[0] for p in outline], [p[1] for p in outline]
    window = sheet.window(min(xs) - 20, min(ys) - 20, max(xs) + 20, max(ys) + 20)
    cover = window.mask(outline, 1.2)
    shell: list[Point] = [(204, 388), (216 + 0.4 * out, 384), (212 + 0.55 * out, 420), (200, 460)]
    inner = [(face.middle + x, y + 14) for x, y in shell]
    inner = inner if side else mirrored(inner, face.middle)
    relief = 26 * soft(cover, 7) - 13 * soft(window.mask(inner, 0), 4) + 5 * soft(window.mask(inner, 0), 12)
    tone = np.asarray(skin.base, dtype=np.float32) * 0.70 + np.asarray(skin.blood, dtype=np.float32) * 0.30
    albedo = np.broadcast_to(linear(tone), (*window.shape, 3))
    hollow = np.clip(hollows(np.asarray(relief), 10, 9) + 0.25, 0, 1)
    still = np.zeros(window.shape, dtype=np.float32)
    painted = lit_skin(np.asarray(relief, dtype=np.float32), np.asarray(albedo), light, shadow=still, hollow=hollow,
                       shine=still + 0.4, depth=1.2)  # fmt: skip
    window.lay(painted, cover)
