"""Cloth: pieces with folds, weave, seams and the shadow that one piece throws on the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .curve import Plane, Point, closed_curve
from .light import Light, hollows, linear, lit_cloth
from .sheet import Colour, Sheet, grain, part, soft, toned


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """A ridge (or with a negative height a valley) of cloth along a curve."""

    path: Sequence[Point]
    height: float = 8
    width: float = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of cloth: its outline, colour, folds and weave."""

    outline: Sequence[Point]
    colour: Colour
    folds: Sequence[Fold] = field(default_factory=tuple)
    round: float = 30
    puff: float = 26
    weave: float = 0.035
    weave_size: float = 1.1
    ribs: float = 0.0
    curved: bool = True
    hole: Sequence[Point] = field(default_factory=tuple)
    hole_round: float = 8
    sheen: float = 0.10
    shadow: float = 0.45
    shadow_shift: Point = (7, 9)
    edge_seam: float = 0.0


def paint_cloth(sheet: Sheet, piece: Piece, light: Light, *, seed: int = 1, shade: Plane | None = None) -> Plane:
    """Paint a piece, throwing a soft shadow on what lies below; return its cover (H, W) on the sheet."""
    outline = closed_curve(piece.outline) if piece.curved else list(piece.outline)
    xs, ys = [p[0] for p in outline], [p[1] for p in outline]
    window = sheet.window(min(xs) - 50, min(ys) - 50, max(xs) + 50, max(ys) + 50)
    cover = window.mask(outline, 0.9, curved=False)
    if piece.hole:
        cover = cover * (1.0 - window.mask(piece.hole, 0.9))
    if piece.shadow:
        moved = [(x + piece.shadow_shift[0], y + piece.shadow_shift[1]) for x, y in outline]
        dark = soft(window.mask(moved, 0, curved=False), 9) * piece.shadow
        window.lay((14, 12, 18), dark * (1.0 - window.mask(piece.hole, 1)) if piece.hole else dark)
    relief = piece.puff * soft(cover, piece.round)
    if piece.hole:
        relief = relief + piece.hole_round * soft(cover, 7)
    for fold in piece.folds:
        w = fold.width
        relief += fold.height * window.line(fold.path, (0.2 * w, w, 0.9 * w, 0.3 * w), 0.45 * w)
    relief += 0.5 * grain(window.shape, 26, seed) + 0.18 * grain(window.shape, 9, seed + 1)
    if piece.ribs:
        relief += 1.4 * np.sin(window.x * (2 * np.pi / piece.ribs))
    weave = 1.0 + piece.weave * grain(window.shape, piece.weave_size, seed + 2)
    albedo = np.asarray(linear(piece.colour) * weave[..., None], dtype=np.float32)
    hollow = np.clip(0.9 * hollows(np.asarray(relief), 12, 12), 0, 1)
    still = np.zeros(window.shape, dtype=np.float32) if shade is None else part(shade, sheet, window)
    painted = lit_cloth(np.asarray(relief, dtype=np.float32), albedo, light, shadow=still, hollow=hollow,
                        sheen=piece.sheen)  # fmt: skip
    window.lay(painted, cover)
    if piece.edge_seam:
        inner = np.clip(soft(cover, 2.0) * 2 - 1, 0, 1)
        window.lay(toned(piece.colour, 0.45), np.clip(cover - inner, 0, 1) * piece.edge_seam)
    return cover


def paint_button(sheet: Sheet, at: Point, radius: float, colour: Colour) -> None:
    """Paint a button with a rim, holes, and its shadow to the lower right."""
    x, y = at
    window = sheet.window(x - 2 * radius, y - 2 * radius, x + 2.5 * radius, y + 2.5 * radius)
    far = np.hypot(window.x - x, window.y - y)
    moved = np.hypot(window.x - x - 0.25 * radius, window.y - y - 0.35 * radius)
    window.lay((10, 10, 14), np.asarray(np.clip(1.25 - moved / radius, 0, 1), dtype=np.float32) * 0.6)
    window.lay(colour, np.asarray(np.clip(radius - far + 0.5, 0, 1), dtype=np.float32))
    rim = np.exp(-(((far - 0.78 * radius) / (0.12 * radius)) ** 2)) * np.clip(
        (x - window.x + y - window.y) / radius, -1, 1
    )
    window.lay(toned(colour, 1.5, 40), np.asarray(np.clip(rim, 0, 1), dtype=np.float32) * 0.6)
    window.lay(toned(colour, 0.4), np.asarray(np.clip(-rim, 0, 1), dtype=np.float32) * 0.6)
    for dx, dy in ((-1, -1), (1, -1), (-1, 1), (1, 1)):
        hole = window.glow((x + 0.24 * radius * dx, y + 0.24 * radius * dy), (0.09 * radius, 0.09 * radius))
        window.lay(toned(colour, 0.3), hole)
