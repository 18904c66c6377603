"""What is seen between parted lips and is not in the picture: throat, tongue, both rows of teeth."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .ease import smooth
from .eye import Eye
from .lips import Mouth
from .pose import FacePose

THROAT_RGB = np.array((96, 38, 40), dtype=np.float32)
DEEP_RGB = np.array((52, 17, 21), dtype=np.float32)
TONGUE_RGB = np.array((172, 84, 84), dtype=np.float32)
TEETH_RGB = np.array((234, 228, 216), dtype=np.float32)
# The brightness of painted teeth.
WHITE_LEAST, WHITE_USUAL, WHITE_MOST = 105.0, 205.0, 226.0
# Teeth are at least this bright, in the cheeks' brightness: more than they, because the lips shade teeth. And how far
# the inside takes on the cheeks' colour: throat and tongue in no light but their own look violet in a warm picture.
BESIDE_CHEEKS, WARMTH = 1.14, 0.40
# Where the cheeks are looked at, from the mouth's middle, and how far around, in widths of the face box.
CHEEK_AWAY, CHEEK_UP, CHEEK_REACH = 0.22, 0.16, 0.05
# In widths of the face box: how much of the upper teeth the lip uncovers at most, and of the lower ones.
UPPER, LOWER = 0.040, 0.026
# How much of the upper teeth fully rounded lips hide.
ROUNDED = 0.8

Pixels = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]


class Inside:
    """Paints the inside of one mouth. All sizes are shares of the face, so that it looks alike in every stream."""

    def __init__(self, image_rgb: Pixels, mouth: Mouth, eyes: tuple[Eye, ...]) -> None:
        """What is painted is as bright as the picture's own whites, and in the colour of the light on its cheeks."""
        skin = cheeks(image_rgb, mouth)
        light = max(whites(image_rgb, eyes), min(WHITE_MOST, BESIDE_CHEEKS * float(skin.mean())))
        light /= float(TEETH_RGB.mean())
        warm = 1.0 + WARMTH * (skin / max(1.0, float(skin.mean())) - 1.0)
        self._teeth, self._throat = np.minimum(TEETH_RGB * warm * light, 250.0), THROAT_RGB * warm * (0.4 + 0.6 * light)
        self._deep = DEEP_RGB * warm * (0.4 + 0.6 * light)
        self._tongue_rgb = TONGUE_RGB * warm * (0.25 + 0.75 * light)
        self._side = mouth.side
        self._half = mouth.half_width
        self._teeth_show = mouth.teeth_show
        self._feather = max(1.1, mouth.side / 170)

    def paint(self, under: Pixels, pose: FacePose, u: Plane, depth: Plane, height: Plane) -> Pixels:
        """Paint over `under` where 0 < `depth` < `height`; returns uint8 RGB of its shape.

        `u`: along the mouth, -1..1 between the corners. `depth`: pixels below the upper lip's edge. `height`: how many
        pixels the lips stand apart in that column.
        """
        feather, side = self._feather, self._side
        edge = np.clip(depth / feather + 0.5, 0, 1) * np.clip((height - depth) / feather + 0.5, 0, 1)
        alpha = edge * np.clip(height / feather - 0.25, 0, 1) * (np.abs(u) < 1.0)
        share = np.clip(depth / np.maximum(height, 1.0), 0, 1)
        middle = np.clip(1.0 - u * u, 0, 1)
        colour = _mix(self._throat, self._deep, (4.0 * share * (1.0 - share) * middle)[..., None])
        colour = _mix(colour, self._tongue_rgb, self._tongue(pose, u, depth, height)[..., None])
        lower = self._lower_teeth(pose, u, depth, height)
        colour = _mix(colour, self._teeth * 0.86, lower[..., None])
        if not self._teeth_show:
            colour = _mix(colour, self._teeth, self._upper_teeth(pose, u, depth, height)[..., None])
        # The lips throw their shadow on what lies behind them, the cheeks on the corners.
        shade = (0.70 + 0.30 * smooth(depth / (0.022 * side))) * (0.62 + 0.38 * smooth((1.0 - np.abs(u)) / 0.45))
        colour = colour * shade[..., None]
        out = under.astype(np.float32)
        out += (colour - out) * alpha[..., None]
        return np.asarray(np.clip(out + 0.5, 0, 255), dtype=np.uint8)

    def _tongue(self, pose: FacePose, u: Plane, depth: Plane, height: Plane) -> Plane:
        """It lies at the bottom and shows once the mouth is well open; its tip rises for l, th, t, d, n."""
        side = self._side
        begin = (0.45 if self._teeth_show else 0.60) - 0.34 * pose.tongue
        lying = smooth((depth - begin * height) / (0.25 * height + 1.0))
        seen = smooth((height - (0.026 - 0.022 * pose.tongue) * side) / ((0.040 - 0.024 * pose.tongue) * side))
        across = 0.74 - 0.22 * pose.tongue
        round_off = np.clip(1.0 - (u / across) ** 2, 0, 1)
        # Darker in its middle furrow and towards the throat.
        return np.asarray(lying * seen * round_off * (0.78 + 0.14 * pose.tongue - 0.10 * np.exp(-((u / 0.08) ** 2))))

    def _upper_teeth(self, pose: FacePose, u: Plane, depth: Plane, height: Plane) -> Plane:
        """They hang from the skull: a fixed height, uncovered as the lip leaves them, darker towards the corners."""
        side, feather = self._side, self._feather
        close = max(pose.teeth * (1.0 - pose.opening), pose.tuck)
        # A little open they fill most of the gap, wide open they hang over the dark.
        small = 0.66 - 0.24 * smooth((height - 0.02 * side) / (0.06 * side))
        tall = np.minimum(UPPER * side, (small + (1.0 - small) * close) * height) * np.clip(1.22 - 0.85 * u * u, 0, 1)
        # Lips pushed forward stand before them (o, u); in sh the rows are seen nevertheless.
        tall *= 1.0 - ROUNDED * pose.pout * (1.0 - pose.teeth)
        bare = np.clip((tall - depth) / feather + 0.5, 0, 1) * smooth((height - 0.008 * side) / (0.016 * side))
        bare = bare * smooth((0.88 - np.abs(u)) * self._half / (4.0 * feather))
        # The gaps between teeth, narrower to the sides, are barely seen.
        place = np.arcsin(np.clip(u, -1, 1)) * 3.6
        gaps = 1.0 - 0.10 * np.exp(-(((place - np.round(place)) / 0.09) ** 2)) * (side > 150)
        return np.asarray(bare * (0.92 - 0.42 * u * u) * gaps * (1.0 - 0.35 * max(0.0, -pose.width)))

    def _lower_teeth(self, pose: FacePose, u: Plane, depth: Plane, height: Plane) -> Plane:
        """They move with the jaw and stand close to the upper ones in s and sh; the lip hides them in open vowels."""
        side, feather = self._side, self._feather
        up = np.minimum(LOWER * side, 0.40 * height) * pose.teeth * np.clip(1.1 - u * u, 0, 1)
        bare = np.clip((depth - height + up) / feather + 0.5, 0, 1) * smooth((height - 0.014 * side) / (0.02 * side))
        return np.asarray(bare * pose.teeth * smooth((0.72 - np.abs(u)) / 0.3) * 0.8)


def whites(image_rgb: Pixels, eyes: tuple[Eye, ...]) -> float:
    """Brightness 0..255 of white things in a face's light, by the whites of its eyes; without eyes a usual one."""
    found = []
    for eye in eyes:
        top, bottom = max(0, int(eye.y - 0.7 * eye.half_height)), int(eye.y + 0.7 * eye.half_height) + 1
        left, right = max(0, int(eye.x - 0.8 * eye.half_width)), int(eye.x + 0.8 * eye.half_width) + 1
        area = image_rgb[top:bottom, left:right]
        if area.size:
            found.append(float(np.percentile(area.astype(np.float32).mean(axis=2), 85)))
    # Eyes lie in the shadow of their lids, teeth a little less.
    return min(WHITE_MOST, max(WHITE_LEAST, 1.12 * max(found))) if found else WHITE_USUAL


def cheeks(image_rgb: Pixels, mouth: Mouth) -> NDArray[np.float32]:
    """Colour of the skin beside nose and mouth, RGB 0..255: of the lighter side, where one lies in shadow."""
    reach = max(1.0, CHEEK_REACH * mouth.side)
    found = []
    for side in (-1, 1):
        x, y = mouth.x + side * CHEEK_AWAY * mouth.side, mouth.y - CHEEK_UP * mouth.side
        left, right = max(0, int(x - reach)), max(0, int(x + reach) + 1)
        area = image_rgb[max(0, int(y - reach)) : max(0, int(y + reach) + 1), left:right]
        if area.size:
            found.append(np.median(area.reshape(-1, 3), axis=0).astype(np.float32))
    return max(found, key=lambda colour: float(colour.mean()), default=TEETH_RGB)


def _mix(a: Plane, b: Plane, share: Plane) -> Plane:
    return np.asarray(a + (b - a) * share)
