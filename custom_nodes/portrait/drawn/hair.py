"""Hair: guide curves → locks → strands, lit along their length as fibres are, on a layer of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .curve import Plane, Point, open_curve, smooth
from .light import Light, linear, seen
from .sheet import SUBPIXEL_BITS, Colour, Sheet

STEPS = 46


@dataclass(frozen=True, slots=True, kw_only=True)
class Dye:
    """Colours of hair as the eye sees them: in the shade, in the light, and its gloss."""

    dark: Colour
    light: Colour
    gloss: Colour
    shine: float = 1.0
    vary: float = 0.16


@dataclass(frozen=True, slots=True, kw_only=True)
class Dome:
    """The ball that hair lies on: it says which way a strand faces."""

    centre: Point = (500, 400)
    radii: Point = (270, 370)
    out: float = 240


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


class Layer:
    """RGB with cover, premultiplied uint8 (H, W, 4), over a window of the sheet."""

    def __init__(self, window: Sheet) -> None:
        self.window = window
        self.pixels: NDArray[np.uint8] = np.zeros((*window.shape, 4), dtype=np.uint8)

    @property
    def cover(self) -> Plane:
        """Cover 0..1."""
        return np.asarray(self.pixels[..., 3].astype(np.float32) / 255.0, dtype=np.float32)

    def strokes(self, lines: Plane, colours: Plane, widths: NDArray[np.int_]) -> None:
        """Draw `lines` (N, M, 2) in units, with a colour a piece (N, M - 1, 3) and a width a line, 1 or 2 pixels."""
        fixed = np.round((lines - (self.window.left, self.window.top)) * (1 << SUBPIXEL_BITS)).astype(int).tolist()
        tones = np.concatenate([np.clip(colours, 0, 255), np.full((*colours.shape[:2], 1), 255.0)], axis=2).tolist()
        for line, tone, width in zip(fixed, tones, widths.tolist(), strict=True):
            for a, b, colour in zip(line[:-1], line[1:], tone, strict=True):
                cv2.line(self.pixels, a, b, colour, width, cv2.LINE_AA, SUBPIXEL_BITS)

    def body(self, outline: Plane, colour: Colour) -> None:
        """Fill a polygon (N, 2)."""
        fixed = np.round((outline - (self.window.left, self.window.top)) * (1 << SUBPIXEL_BITS)).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], (*colour, 255.0), lineType=cv2.LINE_AA, shift=SUBPIXEL_BITS)

    def lay(self, strength: float = 1.0, shade: Plane | None = None) -> None:
        """Lay the layer over its window; `shade` (H, W) multiplies its colours."""
        cover = self.cover[..., None] * strength
        colour = self.pixels[..., :3].astype(np.float32) * strength
        if shade is not None:
            colour = colour * shade[..., None]
        self.window.pixels[:] = self.window.pixels * (1.0 - cover) + colour


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


def fibre_colours(lines: Plane, u: Plane, dye: Dye, light: Light, dome: Dome, moves: np.random.Generator) -> Plane:
    """Colour of every piece of `lines` (N, M, 2) → (N, M - 1, 3): fibres gleam where they run across the light.

    `u`: each strand's place across its lock, -1..1. Source: Kajiya and Kay's model of fur.
    """
    x = (lines[..., 0] - dome.centre[0]) / dome.radii[0]
    y = (lines[..., 1] - dome.centre[1]) / dome.radii[1]
    z = dome.out * np.exp(-0.9 * (x * x + y * y) ** 1.5)
    place = np.concatenate([lines, z[..., None]], axis=2)
    along = np.diff(place, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=2, keepdims=True), 1e-6)
    normal = np.stack([x * 0.9, y * 0.7, z / dome.out + 0.25], axis=2)[:, 1:]
    sideways = np.stack([-along[..., 1], along[..., 0], np.zeros_like(along[..., 0])], axis=2)
    normal = normal + sideways * (0.55 * u)[:, None, None]
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
    key = np.asarray(light.key) / np.linalg.norm(light.key)
    half = key + np.array((0.0, 0.0, 1.0))
    half /= np.linalg.norm(half)
    facing = np.clip((normal @ key + 0.25) / 1.25, 0, 1)
    diffuse = np.sqrt(np.clip(1.0 - (along @ key) ** 2, 0, 1)) * facing
    gleam = np.sqrt(np.clip(1.0 - (along @ half) ** 2, 0, 1))
    facing_half = np.clip(normal @ half, 0, 1) ** 2
    edge = np.clip(normal @ (np.asarray(light.rim) / np.linalg.norm(light.rim)), 0, 1) ** 2
    vary = 1.0 + moves.normal(0, dye.vary, (len(lines), 1))
    deep = (1.0 - 0.35 * np.minimum(np.abs(u), 1.0) ** 2)[:, None]
    tone = (0.16 + 1.0 * diffuse * light.key_colour[0]) * vary * deep
    dark, bright, gloss = linear(dye.dark), linear(dye.light), linear(dye.gloss)
    colour = dark * 0.55 + tone[..., None] * bright * 0.62
    spark = dye.shine * (0.55 * gleam**18 + 0.75 * gleam**90) * facing_half * vary**2
    colour = colour + spark[..., None] * gloss * 0.42
    colour = colour + (edge * 0.5)[..., None] * (dark + bright) * np.asarray(light.rim_colour)
    return seen(np.asarray(colour, dtype=np.float32))


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
