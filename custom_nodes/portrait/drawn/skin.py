"""Skin: its colours by zones, its pores, and the light on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .curve import Plane
from .face import Face
from .head import head_mask, head_relief, lip_outlines, neck_mask, neck_relief
from .light import Light, hollows, linear, lit_skin, thrown_shadow
from .sheet import Colour, Sheet, grain, soft


@dataclass(frozen=True, slots=True, kw_only=True)
class Skin:
    """Colours as the eye sees them in even light."""

    base: Colour
    blood: Colour
    shade: Colour
    lip: Colour
    lip_upper: Colour
    gloss: float = 1.0
    depth: float = 1.0
    freckles: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What later strokes need of a painted head: its relief, cover and shadow on the face's window."""

    window: Sheet
    relief: Plane
    cover: Plane


def paint_head(sheet: Sheet, face: Face, skin: Skin, light: Light, *, above: Plane | None, neck: float) -> Head:
    """Paint neck and face. `above`: cover of what lies on the head (hair, a scarf), on the head's window."""
    window = head_window(sheet)
    relief, cover = head_relief(window, face), head_mask(window, face)
    throat = neck_relief(window, face, neck)
    scene = np.where(cover > 0.5, relief, throat)
    if above is not None:
        # What lies on the head is a little higher than the head, and thin at its edge.
        scene = np.where(cover > 0.5, relief + 26 * soft(above, 6), throat)
    shadow = thrown_shadow(np.asarray(scene, dtype=np.float32), light)
    _paint_neck(window, skin, light, throat, neck_mask(window, face, neck), shadow, cover)
    albedo = _albedo(window, face, skin)
    hollow = np.clip(0.8 * hollows(relief, 9, 12) + 0.55 * hollows(relief, 26, 40), 0, 1)
    if above is not None:
        # Where hair touches skin no light comes in.
        hollow = np.clip(hollow + 0.75 * soft(above, 9) + 0.25 * soft(above, 26), 0, 1)
    # Nostrils are dark by themselves; the rest under a nose gets light back from the lip.
    hollow = hollow * (1.0 - 0.6 * window.glow((face.nose_tip[0], face.nose_tip[1] + 16), (40, 16)))
    shine = skin.gloss * _shine(window, face)
    inner = np.asarray(relief + 0.10 * grain(window.shape, 1.3, 5) + 0.16 * grain(window.shape, 9, 6), dtype=np.float32)
    window.lay(lit_skin(inner, albedo, light, shadow=shadow, hollow=hollow, shine=shine, depth=skin.depth), cover)
    return Head(window=window, relief=relief, cover=cover)


def head_window(sheet: Sheet) -> Sheet:
    """Return the part of the sheet that holds head and neck."""
    return sheet.window(190, 50, 810, 1010)


def _paint_neck(
    window: Sheet, skin: Skin, light: Light, throat: Plane, cover_of_neck: Plane, shadow: Plane, cover: Plane
) -> None:
    tone = linear(skin.base) * 0.92 + linear(skin.shade) * 0.08
    albedo = np.broadcast_to(tone, (*window.shape, 3))
    under = soft(cover, 22) * np.clip((window.y - 660) / 50, 0, 1) * np.exp(-(((window.y - 700) / 70.0) ** 2))
    hollow = np.clip(0.75 * under + 0.6 * hollows(throat, 20, 26), 0, 1)
    shine = np.full(window.shape, 0.35 * skin.gloss, dtype=np.float32)
    painted = lit_skin(throat, np.asarray(albedo), light, shadow=0.92 * shadow, hollow=hollow, shine=shine, depth=1.3)
    window.lay(painted, cover_of_neck)


def _albedo(window: Sheet, face: Face, skin: Skin) -> Plane:
    """Colour of the face by zones, linear: blood in cheeks, nose tip, lids and ears' side; paler brow and chin."""
    tone = np.broadcast_to(np.asarray(skin.base, dtype=np.float32), (*window.shape, 3)).copy()

    def wash(colour: Colour, cover: Plane, strength: float) -> None:
        tone[...] += (np.asarray(colour, dtype=np.float32) - tone) * (np.clip(cover, 0, 1) * strength)[..., None]

    for x, y in face.eyes:
        way = 1 if x > face.middle else -1
        wash(skin.blood, window.glow((x + 30 * way, y + 92), (62, 44), 0.3 * way), 0.46)
        wash(skin.shade, window.glow((x, y + 24), (48, 12)), 0.20 + 0.12 * face.age)
        wash(skin.blood, window.glow((x, y - 20), (44, 12)), 0.26)
        wash(skin.shade, window.glow((x - 44 * way, y - 4), (15, 20)), 0.30)
    x, y = face.nose_tip
    wash(skin.blood, window.glow((x, y + 2), (44, 24)), 0.36)
    wash(skin.blood, window.glow((face.mouth[0], face.chin - 42), (50, 26)), 0.20)
    wash(skin.shade, window.glow((face.mouth[0], face.mouth[1] + 6), (100, 34)), 0.16)
    mottled = 1.0 + 0.014 * grain(window.shape, 10, 11) + 0.016 * grain(window.shape, 30, 12)
    tone *= mottled[..., None]
    tone[..., 0] *= 1.0 + 0.010 * grain(window.shape, 18, 13)
    _tint_lips(window, face, skin, tone)
    return linear(tone)


def _tint_lips(window: Sheet, face: Face, skin: Skin, tone: Plane) -> None:
    upper, lower = lip_outlines(face)
    for outline, colour in ((lower, skin.lip), (upper, skin.lip_upper)):
        cover = soft(window.mask(outline, 0, curved=False), 1.9) * 0.94
        tone += (np.asarray(colour, dtype=np.float32) - tone) * cover[..., None]


def _shine(window: Sheet, face: Face) -> Plane:
    x, y = face.nose_tip
    shine = 0.35 + 0.9 * window.glow((x, y - 6), (22, 22)) + 0.5 * window.glow((x, y - 60), (14, 50))
    shine = shine + 0.5 * window.glow((face.middle - 40, 270), (110, 50))
    shine = shine + 0.9 * window.glow((face.mouth[0], face.mouth[1] + 15), (44, 12))
    for x, y in face.eyes:
        way = 1 if x > face.middle else -1
        shine = shine + 0.5 * window.glow((x + 30 * way, y + 52), (44, 22))
    return np.asarray(shine, dtype=np.float32)
