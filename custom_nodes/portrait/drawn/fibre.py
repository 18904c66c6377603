"""How hair answers light: along its length, as fibres do."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curve import Plane, Point
from .light import Light, linear, seen
from .sheet import Colour


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
