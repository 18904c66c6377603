"""What stands behind a person: light on a wall, things out of focus, and lights that have become discs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .curve import Point
from .sheet import Colour, Sheet, grain, soft


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """A light out of focus: a disc with a brighter rim."""

    at: Point
    radius: float
    colour: Colour
    strength: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """A thing out of focus: a polygon, blurred."""

    outline: Sequence[Point]
    colour: Colour
    blur: float = 16
    strength: float = 1.0


def wall(sheet: Sheet, top: Colour, bottom: Colour, pools: Sequence[tuple[Point, Point, Colour, float]]) -> None:
    """Fill the sheet with a wall from `top` to `bottom`, and pools of light: centre, radii, colour, strength."""
    share = np.clip((sheet.y - 0) / 1000.0, -0.3, 1.3)[..., None]
    sheet.pixels[:] = np.asarray(top, dtype=np.float32) + share * (
        np.asarray(bottom, dtype=np.float32) - np.asarray(top, dtype=np.float32)
    )
    for centre, radii, colour, strength in pools:
        sheet.lay(colour, sheet.glow(centre, radii) * strength)


def things(sheet: Sheet, slabs: Sequence[Slab]) -> None:
    """Paint things out of focus."""
    for slab in slabs:
        xs, ys = [p[0] for p in slab.outline], [p[1] for p in slab.outline]
        far = 3 * slab.blur + 2
        window = sheet.window(min(xs) - far, min(ys) - far, max(xs) + far, max(ys) + far)
        window.lay(slab.colour, soft(window.mask(slab.outline, 0, curved=False), slab.blur) * slab.strength)


def bokeh(sheet: Sheet, lamps: Sequence[Lamp]) -> None:
    """Paint lights out of focus: added light, as lights are."""
    for lamp in lamps:
        r = lamp.radius
        window = sheet.window(lamp.at[0] - r - 12, lamp.at[1] - r - 12, lamp.at[0] + r + 12, lamp.at[1] + r + 12)
        far = np.hypot(window.x - lamp.at[0], window.y - lamp.at[1]) / r
        disc = np.clip((1.0 - far) * r / 2.5 + 0.5, 0, 1) * (0.72 + 0.28 * np.clip(far, 0, 1) ** 6)
        room = 255.0 - window.pixels
        window.pixels += room * (np.asarray(lamp.colour, dtype=np.float32) / 255.0) * (disc * lamp.strength)[..., None]


def finish(sheet: Sheet, *, vignette: float = 0.16, noise: float = 1.1, contrast: float = 0.16, seed: int = 3) -> None:
    """Darken the corners, bind the colours and lay a fine grain, which also keeps smooth walls from banding."""
    rows, columns = sheet.shape
    across = (sheet.x - sheet.left - columns / 2) / (columns / 2)
    down = (sheet.y - sheet.top - rows / 2) / (rows / 2)
    fall = 1.0 - vignette * np.clip(0.55 * (across**2 + down**2), 0, 1) ** 1.3
    sheet.pixels *= fall[..., None].astype(np.float32)
    # A gentle curve: darker darks, lighter lights, the ends where they are.
    tone = np.clip(sheet.pixels / 255.0, 0.0, 1.0)
    sheet.pixels[:] = 255.0 * (tone + contrast * (tone - 0.5) * tone * (1.0 - tone) * 4.0)
    sheet.pixels += (noise * grain(sheet.shape, 0.8, seed))[..., None]
