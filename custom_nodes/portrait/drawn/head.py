"""The relief of a head: skull and jaw, and on them brow ridge, sockets, nose, cheeks, lips and chin."""

from __future__ import annotations

import numpy as np

from ..ease import smooth
from .curve import Plane, Point, closed_curve, open_curve, table
from .face import Face
from .sheet import Sheet, soft


def head_relief(sheet: Sheet, face: Face) -> Plane:
    """Height in units (H, W) of the head on this sheet, without neck and ears; 0 and less outside of it."""
    y = sheet.y[:, 0]
    left = table([(row[0], row[1]) for row in face.outline], y)[:, None]
    right = table([(row[0], row[2]) for row in face.outline], y)[:, None]
    out = table(face.profile, y)[:, None]
    across = sheet.x - face.middle
    share = np.abs(across) / np.maximum(np.where(across < 0, left, right), 1.0)
    # A cross-section between a circle and a rounded box: cheeks turn away late, temples and jaw quickly.
    round_off = np.sqrt(np.clip(1.0 - np.clip(share, 0, 0.998) ** 2.35, 0.0, 1.0))
    height = np.asarray(out * (round_off**0.92), dtype=np.float32)
    for centre, radii, amount, turn in _bumps(face):
        height += np.float32(amount) * sheet.glow(centre, radii, turn)
    height += _nose(sheet, face)
    height += _lips(sheet, face)
    for path, deep, wide in face.creases:
        height -= np.float32(deep) * sheet.line(path, (0.3 * wide, wide, wide, 0.3 * wide), 0.5 * wide)
    return np.asarray(height, dtype=np.float32)


def _bumps(face: Face) -> list[tuple[Point, Point, float, float]]:
    """Centre, radii, height and turn of every soft form; both sides of what comes in pairs."""
    middle, mouth = face.middle, face.mouth
    forms: list[tuple[Point, Point, float, float]] = [
        ((middle, 348), (34, 26), 4, 0),
        ((middle, 260), (90, 50), 5, 0),
        ((mouth[0], mouth[1] - 4), (84, 46), 12, 0),
        ((mouth[0], mouth[1] - 34), (6, 15), -3.0, 0),
        ((mouth[0], mouth[1] + 43), (44, 11), -7, 0),
        ((mouth[0], face.chin - 44), (44, 30), 12 + face.jaw, 0),
    ]
    for side, eye in enumerate(face.eyes):
        way = 1 if side else -1
        x, y = eye
        forms += [
            ((x + 2 * way, y - 2), (56, 27), -21, 0),
            ((x - 44 * way, y - 10), (20, 24), -13, 0),
            ((x, y), (36, 20), 8, 0),
            ((x + 10 * way, y - 56), (70, 17), 9 + 2 * face.age, 0.10 * way),
            ((x + 26 * way, y + 74), (62, 44), face.cheek, 0.35 * way),
            ((middle + 196 * way, y - 90), (34, 60), -9, 0),
            ((mouth[0] + 92 * way, mouth[1] + 4), (26, 36), -5, 0),
            ((mouth[0] + 80 * way, mouth[1] - 7), (9, 10), -3, 0),
            ((mouth[0] + 9 * way, mouth[1] - 36), (5, 14), 1.6, 0),
            ((middle + 112 * way, 640), (46, 50), 3 + face.jaw, 0),
        ]
    return forms


def _nose(sheet: Sheet, face: Face) -> Plane:
    x, tip = face.nose_tip
    top = face.eyes[0][1] - 34
    t = np.clip((sheet.y - top) / (tip - top), 0.0, 1.2)
    ridge_x = face.middle + (x - face.middle) * t
    wide = face.bridge * (0.95 - 0.25 * np.sin(np.pi * np.clip(t, 0, 1)) + 0.55 * t * t)
    along = face.nose_out * (0.14 + 0.86 * t**1.5) * smooth(t / 0.25)
    # The tip hangs lowest in the middle; beside it the nostrils rise.
    edge = tip - 3 + 9 * np.exp(-(((sheet.x - x) / 17) ** 2) / 2) - 7
    fall = 1.0 - smooth((sheet.y - edge) / 34)
    bridge = along * fall * np.exp(-(np.abs((sheet.x - ridge_x) / wide) ** 2.3) / 2)
    base = 11 * smooth(t / 0.5) * fall * np.exp(-(((sheet.x - ridge_x) / (1.9 * wide)) ** 2) / 2)
    ball = 15 * sheet.glow((x, tip - 2), (17, 16))
    wings = sum(
        22 * sheet.glow((x + way * 0.74 * face.nose_width, tip + 6), (0.33 * face.nose_width, 13)) for way in (-1, 1)
    )
    creases = sum(-6 * sheet.glow((x + way * 1.16 * face.nose_width, tip + 4), (5, 15), -0.3 * way) for way in (-1, 1))
    under = -4 * sheet.glow((x, tip + 32), (face.nose_width, 8))
    return np.asarray(bridge + base + ball + wings + creases + under, dtype=np.float32)


def _lips(sheet: Sheet, face: Face) -> Plane:
    line = face.mouth_points(face.lips.line)
    upper, lower = lip_outlines(face)
    puff = 7.0 * soft(sheet.mask(upper, 0, curved=False), 5) + 11.0 * soft(sheet.mask(lower, 0, curved=False), 7)
    groove = sheet.line(line, (3, 6, 6, 6, 3), 2.2)
    return np.asarray(puff - 6.5 * groove, dtype=np.float32)


def lip_outlines(face: Face) -> tuple[list[Point], list[Point]]:
    """Return the outlines of upper and lower lip as polygons; they meet in one line."""
    line = face.mouth_points(face.lips.line)
    meet = open_curve(line)
    above = open_curve([line[0], *face.mouth_points(face.lips.top), line[-1]])
    below = open_curve([line[0], *face.mouth_points(face.lips.bottom), line[-1]])
    return [*above, *meet[::-1]], [*meet, *below[::-1]]


def head_mask(sheet: Sheet, face: Face) -> Plane:
    """Coverage of the face's outline."""
    return sheet.mask(closed_curve(face.outline_points()), 1.1, curved=False)


def neck_relief(sheet: Sheet, face: Face, half_width: float) -> Plane:
    """Height of the neck, far behind the chin, its two long muscles and the notch between them."""
    flare = _flare(sheet, half_width)
    share = np.clip(np.abs(sheet.x - face.middle) / flare, 0, 0.998)
    height = -40 + 108 * np.sqrt(1.0 - share**2.4)
    cord = np.zeros(sheet.shape, dtype=np.float32)
    for way in (-1, 1):
        points = [(face.middle + way * k, y) for k, y in ((half_width - 6, 700), (62, 790), (34, 862), (20, 912))]
        cord += sheet.line(points, (26, 22, 16, 10), 8)
    notch = sheet.glow((face.middle, 916), (17, 17))
    throat = sheet.glow((face.middle, 800), (24, 50))
    bones = np.zeros(sheet.shape, dtype=np.float32)
    for way in (-1, 1):
        points = [(face.middle + way * k, y) for k, y in ((26, 912), (90, 906), (190, 884), (300, 866))]
        bones += sheet.line(points, (22, 18, 18, 16), 6)
    inside = np.clip((1.0 - share) * 12, 0, 1)
    return np.asarray(height + (6 * cord + 6 * throat + 11 * bones - 12 * notch) * inside, dtype=np.float32)


def neck_mask(sheet: Sheet, face: Face, half_width: float) -> Plane:
    """Coverage of neck and shoulders' slope, from behind the jaw down."""
    inside = np.clip(_flare(sheet, half_width) - np.abs(sheet.x - face.middle) - 1.0, 0.0, 1.0)
    return soft(inside * (sheet.y > 600), 0.9)


def _flare(sheet: Sheet, half_width: float) -> Plane:
    """Half the width of neck and shoulders at each height."""
    points = [(640, half_width), (770, half_width), (840, half_width + 22), (900, half_width + 120), (1000, 420)]
    return table([(float(y), float(w)) for y, w in points], sheet.y[:, 0])[:, None]
