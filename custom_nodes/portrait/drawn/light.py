"""Light on a relief: normals, hollows, thrown shadows, and how skin and cloth answer a key light, a fill and a rim."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from ..ease import smooth
from .curve import Plane
from .sheet import Colour, soft

Vector = tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """Where light comes from (x right, y down, z to the viewer) and its colours, as linear light."""

    key: Vector = (-0.60, -0.46, 0.65)
    key_colour: Colour = (1.48, 1.34, 1.20)
    sky: Colour = (0.20, 0.23, 0.28)
    bounce: Colour = (0.26, 0.185, 0.155)
    rim: Vector = (0.92, -0.30, -0.20)
    rim_colour: Colour = (0.50, 0.56, 0.66)


@dataclass(frozen=True, slots=True, kw_only=True)
class Normals:
    """The unit normal's parts (H, W) each."""

    x: Plane
    y: Plane
    z: Plane

    def towards(self, way: Vector) -> Plane:
        """Cosine of the angle to a direction."""
        length = float(np.sqrt(sum(v * v for v in way)))
        return np.asarray((self.x * way[0] + self.y * way[1] + self.z * way[2]) / length, dtype=np.float32)


def normals(height: Plane, blur: float = 0.0) -> Normals:
    """Return the normals of a relief (H, W) in units, seen from the front."""
    gx = soft(cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=0.125), blur)
    gy = soft(cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=0.125), blur)
    length = np.sqrt(gx * gx + gy * gy + 1.0)
    return Normals(x=-gx / length, y=-gy / length, z=1.0 / length)


def hollows(height: Plane, reach: float, depth: float) -> Plane:
    """How much a point lies below its surroundings of `reach` units: 0 open .. 1 at `depth` units below."""
    return np.asarray(np.clip((soft(height, reach) - height) / depth, 0.0, 1.0), dtype=np.float32)


def thrown_shadow(height: Plane, light: Light, *, reach: float = 150.0, softness: float = 16.0) -> Plane:
    """Where the relief hides the key light from itself, 0 lit .. 1 dark (H, W); shadows soften as they grow long."""
    rows, columns = height.shape
    shrink = 3
    small = cv2.resize(height, (columns // shrink, rows // shrink), interpolation=cv2.INTER_AREA)
    dark = np.zeros_like(small)
    flat = float(np.hypot(light.key[0], light.key[1]))
    for far in np.geomspace(8.0, reach, 22):
        shift = np.array(
            [[1, 0, -light.key[0] / flat * far / shrink], [0, 1, -light.key[1] / flat * far / shrink]], dtype=np.float32
        )
        there = cv2.warpAffine(small, shift, (small.shape[1], small.shape[0]), borderMode=cv2.BORDER_REPLICATE)
        over = there - (small + far * light.key[2] / flat)
        dark = np.maximum(dark, np.clip(over / (softness * (0.35 + far / reach)), 0.0, 1.0))
    return np.asarray(cv2.resize(soft(dark, 1.6), (columns, rows), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def linear(colour: Any) -> Plane:
    """Colour 0..255 as the eye sees it → light 0..1."""
    return np.asarray(np.power(np.clip(np.asarray(colour, dtype=np.float32) / 255.0, 0.0, 1.0), 2.2), dtype=np.float32)


def seen(light: Plane) -> Plane:
    """Light → colour 0..255 as the eye sees it, highlights rolled off as film does."""
    rolled = np.where(light > 0.6, 0.6 + 0.4 * (1.0 - np.exp(-(light - 0.6) / 0.4)), light)
    return np.asarray(255.0 * np.power(np.clip(rolled, 0.0, 1.0), 1 / 2.2), dtype=np.float32)


def lit_skin(
    height: Plane, albedo: Plane, light: Light, *, shadow: Plane, hollow: Plane, shine: Plane, depth: float = 1.0
) -> Plane:
    """Skin (H, W, 3), 0..255: red light goes furthest under it, so shadows end in a warm edge.

    `albedo`: linear (H, W, 3). `shadow`, `hollow` 0..1. `shine`: strength of the gloss. `depth`: of that scattering.
    """
    out = np.empty((*height.shape, 3), dtype=np.float32)
    for channel, (blur, wrap) in enumerate(((5.5, 0.42), (2.8, 0.24), (1.6, 0.17))):
        n = normals(height, blur * depth)
        key = np.clip((n.towards(light.key) + wrap * depth) / (1.0 + wrap * depth), 0.0, 1.0)
        # A shadow's edge lets red through first.
        lit = 1.0 - smooth(shadow * (1.0 - 0.10 * (2 - channel) * depth))
        upper = 0.5 - 0.5 * n.y
        fill = light.sky[channel] * upper + light.bounce[channel] * (1.0 - upper)
        open_to = 1.0 - hollow * (0.42 + 0.16 * channel)
        edge = np.clip(n.towards(light.rim), 0.0, 1.0) ** 2
        out[..., channel] = albedo[..., channel] * (
            light.key_colour[channel] * key * lit * (0.4 + 0.6 * open_to)
            + fill * open_to
            + light.rim_colour[channel] * edge * open_to
        )
    n = normals(height, 1.2)
    length = np.sqrt(light.key[0] ** 2 + light.key[1] ** 2 + (light.key[2] + 1.0) ** 2)
    half = (light.key[0] / length, light.key[1] / length, (light.key[2] + 1.0) / length)
    facing = np.clip(n.towards(half), 0.0, 1.0)
    gloss = (0.13 * facing**14 + 0.16 * facing**60) * shine * (1.0 - shadow)
    return seen(out + gloss[..., None] * np.array(light.key_colour, dtype=np.float32) * 0.45)


def lit_cloth(height: Plane, albedo: Plane, light: Light, *, shadow: Plane, hollow: Plane, sheen: float = 0.1) -> Plane:
    """Cloth (H, W, 3), 0..255: matt, with a sheen of its fibres at the turning edges."""
    n = normals(height, 0.8)
    key = np.clip((n.towards(light.key) + 0.12) / 1.12, 0.0, 1.0) * (1.0 - smooth(shadow))
    upper = 0.5 - 0.5 * n.y
    edge = np.clip(n.towards(light.rim), 0.0, 1.0) ** 2
    fibres = sheen * (1.0 - np.clip(n.z, 0, 1)) ** 2
    tone = [
        light.key_colour[c] * key
        + (light.sky[c] * upper + light.bounce[c] * (1.0 - upper)) * (1.0 - 0.7 * hollow)
        + light.rim_colour[c] * edge
        for c in range(3)
    ]
    lit = np.stack(tone, axis=-1)
    return seen(np.asarray(albedo * lit + (fibres * (0.3 + key))[..., None] * 0.5, dtype=np.float32))
