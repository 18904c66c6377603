"""Eyes: ball, iris with depth, lids with their shadow and crease, lashes; and brows, hair by hair."""

from __future__ import annotations

import random
from dataclasses import dataclass

import numpy as np

from ..ease import smooth
from .curve import Plane, Point, open_curve
from .face import Face
from .light import Light
from .sheet import Colour, Sheet, mixed, soft, toned
from .skin import Skin


@dataclass(frozen=True, slots=True, kw_only=True)
class Iris:
    """Colours of an iris from its rim inwards, and its radius in units."""

    rim: Colour
    outer: Colour
    inner: Colour
    radius: float = 22.5
    lash: Colour = (30, 20, 18)
    lashes: float = 1.0
    liner: float = 1.0
    white: Colour = (232, 226, 222)


def paint_eyes(sheet: Sheet, face: Face, skin: Skin, iris: Iris, light: Light) -> None:
    """Paint both eyes."""
    for side in (0, 1):
        x, y = face.eyes[side]
        window = sheet.window(x - 80, y - 70, x + 80, y + 60)
        _ball(window, face, skin, iris, light, side)
        _lids(window, face, skin, iris, side)
        _lashes(window, face, iris, side)


def opening(face: Face, side: int) -> tuple[list[Point], list[Point]]:
    """Return the edges of the upper and of the lower lid, inner corner to outer."""
    shape = face.eye
    upper = open_curve(face.eye_points(side, (shape.inner, *shape.upper, shape.outer)))
    lower = open_curve(face.eye_points(side, (shape.outer, *shape.lower, shape.inner)))[::-1]
    return upper, lower


def _ball(window: Sheet, face: Face, skin: Skin, iris: Iris, light: Light, side: int) -> None:
    upper, lower = opening(face, side)
    inside = window.mask([*upper, *lower[::-1]], 0.9, curved=False)
    x, y = face.eyes[side]
    way = 1 if side else -1
    # The ball is round: its white darkens to the corners and away from the key light, and is never quite white.
    turn = np.clip(((window.x - x) / 52) ** 2 + ((window.y - y) / 40) ** 2, 0, 1)
    away = -light.key[0] * (window.x - x) / 52
    white = np.asarray(iris.white, dtype=np.float32) * (1.0 - 0.24 * turn - 0.12 * away)[..., None]
    corner = window.glow((x - 44 * way, y + 6), (15, 12)) + 0.5 * window.glow((x + 46 * way, y + 3), (12, 12))
    white += (np.array((206, 140, 128), dtype=np.float32) - white) * np.clip(0.55 * corner, 0, 1)[..., None]
    window.lay(white, inside)
    centre = (x + 1.0 - 2 * side, y - 4)
    _iris(window, centre, iris, inside, light)
    shadow = np.clip(soft(1.0 - window.mask([*upper, *_below(lower)], 0, curved=False), 6.5) * 1.5, 0, 1)
    window.lay((58, 40, 38), inside * shadow * 0.62)
    _catch_lights(window, centre, iris, inside, light)
    # The wet edge of the lower lid, and the pink of the inner corner.
    wet = [(px, py - 0.5) for px, py in lower[6:-4:6]]
    window.lay((250, 226, 216), inside * window.line(wet, (1, 2.2, 1), 0.7) * 0.55)
    inner = face.eye.inner
    caruncle = face.eye_points(side, (inner, (inner[0] + 9, inner[1] - 5), (inner[0] + 11, inner[1] + 4)))
    window.lay(mixed(skin.blood, (228, 150, 140), 0.45),
               window.mask(caruncle, 1.6) * 0.75)  # fmt: skip


def _below(lower: list[Point]) -> list[Point]:
    return [(x, y + 40) for x, y in lower[::-1]]


def _iris(window: Sheet, centre: Point, iris: Iris, inside: Plane, light: Light) -> None:
    dx, dy = window.x - centre[0], window.y - centre[1]
    far = np.hypot(dx, dy) / iris.radius
    angle = np.arctan2(dy, dx)
    # Fibres: noise that hardly changes along the radius.
    waves = random.Random(7)
    fibres = np.zeros(window.shape, dtype=np.float32)
    for count in (9, 17, 29, 43, 61):
        fibres += np.sin(count * angle + waves.uniform(0, 6.3) + waves.uniform(-1.5, 1.5) * far) / 2.2
    t = smooth((far - 0.30) / 0.60)
    tone = np.asarray(iris.inner, dtype=np.float32) + t[..., None] * (
        np.asarray(iris.outer, dtype=np.float32) - np.asarray(iris.inner, dtype=np.float32)
    )
    tone = tone * (1.0 + 0.13 * fibres * np.clip(far * 1.6 - 0.5, 0, 1))[..., None]
    rim = smooth((far - 0.76) / 0.24)
    tone += (np.asarray(iris.rim, dtype=np.float32) - tone) * (0.85 * rim)[..., None]
    # Light that falls in lights the far side of the bowl.
    glow = window.glow((centre[0] - 10 * light.key[0], centre[1] + 9), (9, 7)) * (1 - rim)
    tone += (np.asarray(iris.inner, dtype=np.float32) * 1.35 + 22 - tone) * (0.6 * glow)[..., None]
    window.lay(np.asarray(np.clip(tone, 0, 255), dtype=np.float32), inside * np.clip((1.03 - far) * 10, 0, 1))
    window.lay((14, 10, 10), inside * np.clip((0.42 - far) * 12 + 0.5, 0, 1))


def _catch_lights(window: Sheet, centre: Point, iris: Iris, inside: Plane, light: Light) -> None:
    way = 1 if light.key[0] > 0 else -1
    x, y = centre[0] + way * 0.34 * iris.radius, centre[1] - 0.36 * iris.radius
    box = [(x - 5.0, y - 3.6), (x + 3.8, y - 5.2), (x + 4.6, y + 3.2), (x - 4.0, y + 4.4)]
    window.lay((255, 253, 250), inside * window.mask(box, 0.9, curved=False) * 0.96)
    window.lay((220, 232, 244), inside * window.glow((centre[0] - 8 * way, centre[1] + 9), (2.6, 2.2)) * 0.5)


def _lids(window: Sheet, face: Face, skin: Skin, iris: Iris, side: int) -> None:
    shape = face.eye
    lift = 17 - 4 * face.age
    crease = face.eye_points(side, (
        (shape.inner[0] + 6, shape.inner[1] - 14),
        *[(a, b - lift * (0.75 + 0.25 * (1 - abs(a) / 50))) for a, b in shape.upper],
        (shape.outer[0] + 4, shape.outer[1] - 12),
    ))  # fmt: skip
    window.lay(skin.shade, window.line(crease, (2, 6, 9, 9, 5), 3.2) * 0.50)
    dark = toned(skin.shade, 0.5)
    window.lay(dark, window.line(crease, (0.8, 1.8, 2.6, 2.4, 1), 1.1) * 0.42)
    lid = face.eye_points(side, tuple((a, b - 9) for a, b in shape.upper[:3]))
    window.lay(toned(skin.base, 1.10, 8), window.line(lid, (3, 8, 3), 3.0) * 0.42)
    _, lower = opening(face, side)
    under = [(x, y + 3) for x, y in lower[4:-2:8]]
    window.lay(skin.shade, window.line(under, (1.5, 3.4, 2), 1.6) * 0.42)
    bag = face.eye_points(side, ((-38, 24), (-14, 33), (12, 33), (34, 25)))
    window.lay(skin.shade, window.line(bag, (3, 7, 7, 2), 4) * (0.24 + 0.25 * face.age))


def _lashes(window: Sheet, face: Face, iris: Iris, side: int) -> None:
    upper, lower = opening(face, side)
    window.lay(iris.lash, window.line([*upper[::8], upper[-1]], (1.0, 2.2, 3.4, 4.6, 2.6), 0.8) * 0.92 * iris.liner)
    moves = random.Random(31 + side)
    way = 1 if side else -1
    cover = np.zeros(window.shape, dtype=np.float32)
    for i in range(int(34 * iris.lashes)):
        share = 0.10 + 0.90 * (i + moves.uniform(-0.6, 0.6)) / 34 / max(iris.lashes, 0.5)
        x, y = upper[min(len(upper) - 1, int(max(0.0, share) * len(upper)))]
        long = (3 + 10 * share**1.6) * moves.uniform(0.8, 1.1) * (0.6 + 0.4 * iris.lashes)
        lean = way * (-0.35 + 1.25 * share)
        hair = [(x, y), (x + 0.45 * long * lean, y - 0.42 * long), (x + long * lean, y - 0.72 * long)]
        cover = np.maximum(cover, window.line(hair, (1.2, 0.8, 0.2), 0.6))
    window.lay(iris.lash, cover * 0.66)
    cover = np.zeros(window.shape, dtype=np.float32)
    for i in range(int(16 * iris.lashes)):
        share = 0.25 + 0.72 * (i + moves.uniform(-0.3, 0.3)) / 16
        x, y = lower[min(len(lower) - 1, int(share * len(lower)))]
        long = moves.uniform(4.0, 6.5)
        hair = [(x, y + 1), (x + way * long * (share - 0.35), y + 1 + 0.8 * long)]
        cover = np.maximum(cover, window.line(hair, (0.8, 0.3), 0.5))
    window.lay(iris.lash, cover * 0.13)


def paint_brows(sheet: Sheet, face: Face, colour: Colour, *, full: float = 1.0, seed: int = 11) -> None:
    """Paint both brows: a soft base, then hairs that rise at the inner end and lie down to the outer."""
    for side in (0, 1):
        x, y = face.eyes[side]
        window = sheet.window(x - 90, y - 110, x + 90, y - 10)
        middle, spread = brow_lines(face, side, full)
        line = open_curve(middle)
        window.lay(colour, window.line(middle, tuple(2 * s for s in spread), 4.0) * 0.60)
        moves = random.Random(seed + side)
        way = 1 if side else -1
        tones = [np.zeros(window.shape, dtype=np.float32) for _ in range(2)]
        for i in range(int(230 * full)):
            share = moves.random() ** 0.9
            px, py = line[min(len(line) - 1, int(share * len(line)))]
            half = float(np.interp(share, np.linspace(0, 1, len(spread)), spread))
            off = moves.uniform(-1, 1)
            rise = (1.15 - 1.5 * share) - 0.45 * off
            long = moves.uniform(14, 22) * (1 - 0.35 * share)
            root = (px - 5 * way, py + off * half)
            tip = (root[0] + way * long * (0.35 + 0.75 * share), root[1] - long * 0.55 * rise + 5 * share)
            bend = ((root[0] + tip[0]) / 2, (root[1] + tip[1]) / 2 - 1.2)
            tone = tones[i % 2]
            np.maximum(tone, window.line([root, bend, tip], (1.0, 0.8, 0.3), 0.6), out=tone)
        window.lay(colour, tones[0] * 0.44)
        window.lay(toned(colour, 0.62), tones[1] * 0.36)


def brow_lines(face: Face, side: int, full: float) -> tuple[list[Point], tuple[float, ...]]:
    """Return a brow's middle line, inner end to outer, and half its thickness along it."""
    lift = face.brow_lift[side]
    heights = (-46 - 0.4 * lift, -57 - lift, -63 - lift, -54 - lift, -40 - 0.6 * lift)
    places = zip((-50, -18, 20, 48, 66), heights, strict=True)
    points = face.eye_points(side, tuple((x, y - face.brow_up) for x, y in places))
    return points, tuple(full * s for s in (6.5, 8.0, 7.0, 4.4, 1.0))
