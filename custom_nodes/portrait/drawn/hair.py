"""Hair: guide curves → locks → strands, and short hair all over a place; each on a layer of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..ease import smooth
from .curve import Plane, Point, open_curve
from .fibre import Dome, Dye, fibre_colours
from .layer import Layer
from .light import Light

STEPS = 46


@dataclass(frozen=True, slots=True, kw_only=True)
class Curtain:
    """Locks between guide curves (root to tip), drawn from the first guide to the last."""

    guides: Sequence[Sequence[Point]]
    locks: int
    strands: int = 34
    width: tuple[float, ...] = (8, 16, 18, 14, 9, 2)
    wave: float = 0.0
    waves: float = 1.5
    stray: float = 4.0
    shade: float = 1.0
    seed: int = 1
    shuffle: float = 0.0


def comb(layer: Layer, curtain: Curtain, dye: Dye, light: Light, dome: Dome | None = None) -> None:
    """Draw a curtain of locks on the layer."""
    dome = dome or Dome()
    moves = np.random.default_rng(curtain.seed)
    guides = np.array([_resampled(g) for g in curtain.guides])
    order = np.linspace(0.0, 1.0, curtain.locks)
    if curtain.shuffle:
        order = order[np.argsort(order + moves.normal(0, curtain.shuffle, curtain.locks))]
    for at in order:
        place = float(np.clip(at + moves.normal(0, 0.25 / curtain.locks), 0, 1)) * (len(guides) - 1)
        low = min(int(place), len(guides) - 2)
        path = guides[low] + (guides[low + 1] - guides[low]) * (place - low)
        _lock(layer, path, curtain, dye, light, dome, moves)


def _lock(
    layer: Layer, path: Plane, curtain: Curtain, dye: Dye, light: Light, dome: Dome, moves: np.random.Generator
) -> None:
    t = np.linspace(0.0, 1.0, STEPS)
    across = _across(path)
    swing = curtain.wave * smooth((t - 0.22) / 0.5) * np.sin(2 * np.pi * (curtain.waves * t + moves.normal(0, 0.05)))
    swing = swing + moves.normal(0, 0.5) * curtain.stray * t * 2
    path = path + across * swing[:, None]
    ends = moves.uniform(0.86, 1.0)
    path = _read(path, np.linspace(0, (STEPS - 1) * ends, STEPS))
    across = _across(path)
    half = np.interp(t, np.linspace(0, 1, len(curtain.width)), curtain.width) * moves.uniform(0.8, 1.2)
    tint = 1.0 + moves.normal(0, dye.vary * 0.6)
    body = slice(0, int(0.72 * STEPS))
    rim = across[body] * half[body, None] * 0.8
    edge = np.concatenate([path[body] + rim, (path[body] - rim)[::-1]])
    under = tuple(float(c) for c in (0.78 * np.asarray(dye.dark) + 0.22 * np.asarray(dye.light)) * tint * curtain.shade)
    layer.body(edge, (under[0], under[1], under[2]))
    u = np.clip(moves.normal(0, 0.55, curtain.strands), -1.25, 1.25)
    u = u[np.argsort(-np.abs(u))]
    wander = moves.normal(0, 1, (curtain.strands, 3)) * curtain.stray * 0.5
    bend = np.stack([t**1.3, np.sin(np.pi * t), np.sin(2.2 * np.pi * t)])
    side = u[:, None] * half[None, :] + wander @ bend
    lines = _trimmed(path[None] + side[..., None] * across[None], 1.0 - 0.30 * moves.random(curtain.strands) ** 2.2)
    colours = fibre_colours(lines, u, dye, light, dome, moves) * tint * curtain.shade
    widths = np.where(moves.random(curtain.strands) < 0.55, 1, 2)
    layer.strokes(np.asarray(lines), np.asarray(colours), widths)


def fuzz(
    layer: Layer, where: Plane, count: int, long: tuple[float, float], dye: Dye, light: Light, *,
    flow: Callable[[Plane, Plane], Plane], curl: float = 1.0, seed: int = 1, dome: Dome | None = None,
) -> None:  # fmt: skip
    """Draw short hairs all over a cover (H, W) of the layer: a beard, cropped curls.

    `flow`: which way hair grows at x, y, in radians (0 to the right, downwards positive). `long`: least and most units.
    """
    moves = np.random.default_rng(seed)
    rows, columns = np.nonzero(moves.random(where.shape) < where)
    chosen = moves.permutation(len(rows))[:count]
    x = (columns[chosen] + layer.window.left).astype(np.float32)
    y = (rows[chosen] + layer.window.top).astype(np.float32)
    steps = 7
    t = np.linspace(0.0, 1.0, steps)
    angle = flow(x, y) + moves.normal(0, 0.45, len(x))
    turn = curl * moves.normal(0, 1.0, len(x))[:, None] * t[None, :] * 2.4
    way = angle[:, None] + turn
    length = moves.uniform(*long, len(x))[:, None] / steps
    lines = np.stack(
        [x[:, None] + np.cumsum(np.cos(way) * length, axis=1), y[:, None] + np.cumsum(np.sin(way) * length, axis=1)],
        axis=2,
    )
    tints = np.where(moves.random(len(x)) < 0.5, 0.90, 1.06)[:, None, None]
    colours = fibre_colours(lines, moves.uniform(-1.0, 1.0, len(x)), dye, light, dome or Dome(), moves) * tints
    layer.strokes(np.asarray(lines), np.asarray(colours), np.ones(len(x), dtype=int))


def flyaways(layer: Layer, curtain: Curtain, dye: Dye, light: Light, count: int) -> None:
    """Draw single thin hairs that leave the curtain's shape, most of them at its first guide, the outline."""
    moves = np.random.default_rng(curtain.seed + 99)
    guides = np.array([_resampled(g) for g in curtain.guides])
    t = np.linspace(0.0, 1.0, STEPS)
    lines = []
    for _ in range(count):
        place = float(moves.random()) ** 2.5 * (len(guides) - 1)
        low = min(int(place), len(guides) - 2)
        path = guides[low] + (guides[low + 1] - guides[low]) * (place - low)
        start = float(moves.uniform(0.0, 0.55))
        path = _read(path, np.linspace(start, min(1.0, start + moves.uniform(0.2, 0.5)), STEPS) * (STEPS - 1))
        away = moves.normal(0, 1.0) * 9 * t**1.5 + moves.normal(0, 3)
        lines.append(path + _across(path) * away[:, None])
    colours = fibre_colours(np.array(lines), np.zeros(count), dye, light, Dome(), moves)
    layer.strokes(np.array(lines), colours, np.ones(count, dtype=int))


def _across(path: Plane) -> Plane:
    along = np.gradient(path, axis=0)
    along = along / np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    return np.stack([-along[:, 1], along[:, 0]], axis=1)


def _trimmed(lines: Plane, long: Plane) -> Plane:
    """Cut each line (N, M, 2) to its share of length, keeping M points: hair ends at uneven heights."""
    at = np.linspace(0.0, 1.0, lines.shape[1])[None, :] * long[:, None] * (lines.shape[1] - 1)
    low = np.minimum(at.astype(int), lines.shape[1] - 2)
    rows = np.arange(len(lines))[:, None]
    part = (at - low)[..., None]
    return np.asarray(lines[rows, low] * (1 - part) + lines[rows, low + 1] * part)


def _read(values: Plane, at: Plane) -> Plane:
    index = np.arange(len(values))
    return np.stack([np.interp(at, index, values[:, i]) for i in range(values.shape[1])], axis=1)


def _resampled(points: Sequence[Point]) -> Any:
    line = np.array(open_curve(points))
    far = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.linspace(0.0, far[-1], STEPS)
    return np.stack([np.interp(at, far, line[:, i]) for i in (0, 1)], axis=1)
