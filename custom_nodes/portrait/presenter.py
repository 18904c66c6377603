"""The default avatar: a presenter drawn by this code, so that no photograph and no person's rights are needed.

Long, because it is a drawing: one figure, part after part.
"""

from __future__ import annotations

import random

import cv2
import numpy as np
from numpy.typing import NDArray

from .brush import Canvas, Colour, Plane, Point, closed_curve, mirrored, open_curve

# Drawn at this many pixels of the shorter side and scaled down: that is the smoothing of the edges.
DRAW_SIDE_PIXELS = 1000

SKIN: Colour = (232, 190, 164)
SKIN_LIGHT: Colour = (250, 219, 198)
SKIN_SHADE: Colour = (186, 128, 104)
HAIR: Colour = (74, 48, 36)
HAIR_DARK: Colour = (42, 26, 20)
HAIR_LIGHT: Colour = (138, 96, 68)
BLAZER: Colour = (44, 58, 84)
BLAZER_DARK: Colour = (26, 35, 54)
BLAZER_LIGHT: Colour = (72, 90, 122)
BLOUSE: Colour = (238, 236, 232)
LIP: Colour = (190, 88, 88)

FACE = [(500, 236), (582, 252), (634, 318), (646, 410), (634, 500), (602, 582), (548, 640), (500, 654)]
FACE_OUTLINE: list[Point] = [*FACE, *[(1000 - x, y) for x, y in FACE[-2:0:-1]]]
# What must be moved for another face: eyes, mouth and nose all hang on these.
EYE: Point = (573, 428)
MOUTH: Point = (500, 566)


def draw_presenter(width: int, height: int) -> NDArray[np.uint8]:
    """Draw the presenter, RGB uint8 (height, width, 3): head in the middle, lips closed, eyes open.

    Shown whole in any size; the same pixels for the same size. Sizes from about 128 pixels a side hold a face that the
    detector finds.
    """
    shorter = min(width, height)
    zoom = DRAW_SIDE_PIXELS / shorter
    wide, high = round(width * zoom), round(height * zoom)
    scale = DRAW_SIDE_PIXELS / 1000
    canvas = Canvas(wide, high, scale=scale, offset=((wide - 1000 * scale) / 2, 0.42 * (high - 1000 * scale)))
    _background(canvas)
    _hair_behind(canvas)
    _body(canvas)
    _neck_and_collar(canvas)
    face = _face(canvas)
    _nose(canvas, face)
    for side in (False, True):
        _eye(canvas, side)
        _brow(canvas, side)
    _lips(canvas, face)
    _hair_in_front(canvas)
    canvas.shade(lambda x, y: 1.035 - 0.00007 * (x - 380) - 0.03 * ((y - 400) / 1000) ** 2)
    drawn = np.clip(canvas.pixels, 0, 255).astype(np.float32)
    scaled = cv2.resize(drawn, (width, height), interpolation=cv2.INTER_AREA if zoom >= 1 else cv2.INTER_CUBIC)
    return np.asarray(np.clip(scaled + 0.5, 0, 255), dtype=np.uint8)


def _background(canvas: Canvas) -> None:
    canvas.pixels[:] = np.array((126, 146, 166), dtype=np.float32)
    canvas.glow((300, 250), (620, 560), (214, 222, 228), 0.85)
    canvas.glow((900, 900), (500, 500), (72, 88, 110), 0.7)
    canvas.glow((1250, 300), (300, 500), (172, 170, 168), 0.5)
    canvas.glow((-350, 700), (360, 500), (88, 106, 128), 0.6)
    for x, y, size, strength in ((120, 180, 60, 0.16), (890, 260, 80, 0.14), (830, 480, 46, 0.12), (60, 470, 44, 0.12)):
        ring = [(x + size * np.cos(a), y + size * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 20, endpoint=False)]
        canvas.fill(ring, (246, 240, 226), blur=9, strength=strength)


def _hair_behind(canvas: Canvas) -> None:
    half: list[Point] = [(500, 146), (620, 166), (700, 260), (716, 400), (722, 540), (706, 660), (640, 706), (500, 690)]
    outline = [*half, *mirrored(half[-2:0:-1])]
    canvas.fill(outline, HAIR_DARK, blur=2.2)
    mask = canvas.mask(closed_curve(outline), 2)
    for left in (False, True):
        _strands(canvas, [(632, 330), (672, 480), (664, 690)], 46, mask, seed=3 + left, mirror=left, light=0.5)


def _body(canvas: Canvas) -> None:
    half: list[Point] = [(560, 716), (640, 752), (770, 806), (846, 880), (880, 1010), (900, 1400), (900, 2600)]
    outline = [*half, *mirrored(half[::-1])]
    canvas.fill(outline, BLAZER, blur=1.4, smooth=True)
    mask = canvas.mask(closed_curve(outline), 1.4)
    canvas.glow((330, 850), (150, 110), BLAZER_LIGHT, 0.75, within=mask)
    canvas.glow((860, 1000), (130, 260), BLAZER_DARK, 0.85, within=mask)
    canvas.glow((150, 1040), (90, 220), BLAZER_DARK, 0.6, within=mask)
    canvas.glow((690, 800), (110, 60), BLAZER_LIGHT, 0.45, within=mask)


def _neck_and_collar(canvas: Canvas) -> None:
    opening: list[Point] = [(408, 712), (592, 712), (560, 860), (500, 1000), (440, 860)]
    canvas.fill(opening, BLOUSE, blur=1.2, smooth=False)
    mask = canvas.mask(opening, 1.2)
    canvas.glow((560, 800), (60, 160), (176, 178, 186), 0.7, within=mask)
    half: list[Point] = [(566, 560), (566, 650), (574, 704), (560, 748), (500, 812)]
    neck = [*half, *mirrored(half[-2::-1])]
    canvas.fill(neck, SKIN, blur=1.2)
    mask = canvas.mask(closed_curve(neck), 1.2)
    canvas.glow((590, 690), (44, 120), SKIN_SHADE, 0.7, within=mask)
    canvas.glow((508, 640), (110, 46), (150, 94, 76), 0.85, within=mask)
    canvas.glow((440, 720), (26, 60), SKIN_LIGHT, 0.5, within=mask)
    canvas.stroke([(486, 766), (462, 756), (434, 752)], (3, 9), SKIN_SHADE, blur=3, strength=0.5)
    canvas.stroke([(514, 766), (538, 756), (566, 752)], (3, 9), SKIN_SHADE, blur=3, strength=0.6)
    for left in (False, True):
        lapel: list[Point] = [(574, 700), (626, 740), (660, 850), (600, 880), (504, 1010), (530, 900), (558, 800)]
        canvas.fill(mirrored(lapel) if left else lapel, BLAZER_LIGHT if left else (56, 72, 102), blur=1.2, smooth=False)
        edge: list[Point] = [(660, 850), (600, 880), (504, 1010)]
        canvas.stroke(mirrored(edge) if left else edge, (4, 4), BLAZER_DARK, blur=2.4, strength=0.8)
        inner: list[Point] = [(574, 700), (556, 800), (530, 900), (502, 1004)]
        canvas.stroke(mirrored(inner) if left else inner, (3, 3), BLAZER_DARK, blur=2.2, strength=0.7)


def _face(canvas: Canvas) -> Plane:
    canvas.fill(FACE_OUTLINE, SKIN, blur=1.4)
    mask = canvas.mask(closed_curve(FACE_OUTLINE), 1.4)
    canvas.glow((650, 470), (66, 230), SKIN_SHADE, 0.62, within=mask)
    canvas.glow((346, 480), (34, 220), SKIN_SHADE, 0.40, within=mask)
    canvas.glow((520, 668), (120, 34), SKIN_SHADE, 0.55, within=mask)
    canvas.glow((450, 316), (110, 60), SKIN_LIGHT, 0.75, within=mask)
    canvas.glow((500, 262), (150, 34), (196, 142, 116), 0.55, within=mask)
    canvas.glow((424, 488), (44, 30), SKIN_LIGHT, 0.6, within=mask)
    canvas.glow((566, 488), (38, 28), SKIN_LIGHT, 0.35, within=mask)
    canvas.glow((404, 520), (54, 40), (228, 142, 124), 0.34, within=mask)
    canvas.glow((598, 520), (50, 40), (220, 134, 116), 0.34, within=mask)
    canvas.glow((494, 630), (34, 16), SKIN_LIGHT, 0.5, within=mask)
    for x, strength in ((EYE[0], 0.42), (1000 - EYE[0], 0.34)):
        canvas.glow((x, 408), (62, 26), (178, 118, 96), strength, within=mask)
    return mask


def _nose(canvas: Canvas, face: Plane) -> None:
    canvas.glow((524, 462), (11, 56), SKIN_SHADE, 0.34, within=face)
    canvas.glow((494, 452), (9, 60), SKIN_LIGHT, 0.65, within=face)
    canvas.glow((496, 500), (17, 13), (255, 230, 212), 0.65, within=face)
    canvas.glow((500, 526), (36, 9), (168, 104, 84), 0.55, within=face)
    for left in (False, True):
        nostril: list[Point] = [(508, 519), (516, 514), (526, 517), (522, 522), (513, 523)]
        wing: list[Point] = [(531, 494), (539, 507), (535, 519), (525, 523)]
        canvas.fill(mirrored(nostril) if left else nostril, (118, 60, 50), blur=1.6, strength=0.8)
        canvas.stroke(mirrored(wing) if left else wing, (1.5, 5), (164, 100, 80), blur=2.2, strength=0.5)
    canvas.glow((500, 541), (9, 9), SKIN_SHADE, 0.3, within=face)


def _eye(canvas: Canvas, left: bool) -> None:
    def at(points: list[Point]) -> list[Point]:
        placed = [(EYE[0] + x, EYE[1] + y) for x, y in points]
        return mirrored(placed) if left else placed

    upper: list[Point] = [(-37, 6), (-24, -9), (-4, -17), (18, -13), (38, 0)]
    lower: list[Point] = [(24, 10), (2, 15), (-20, 12)]
    shape = [*open_curve(upper), *open_curve([upper[-1], *lower, upper[0]])[1:-1]]
    outline = at([(float(x), float(y)) for x, y in shape])
    canvas.stroke(at([(-34, -10), (-10, -27), (18, -25), (42, -9)]), (2, 4), (140, 84, 66), blur=1.6, strength=0.75)
    canvas.fill(outline, (243, 240, 238), blur=0.8, smooth=False)
    white = canvas.mask(outline, 0.8)
    centre = at([(1, -2)])[0]
    ring = [(centre[0] + np.cos(a), centre[1] + np.sin(a)) for a in np.linspace(0, 2 * np.pi, 24, endpoint=False)]
    for size, colour in ((17.0, (44, 40, 38)), (15.2, (84, 104, 96)), (10.5, (118, 132, 108)), (7.0, (18, 14, 14))):
        disc = [(centre[0] + (x - centre[0]) * size, centre[1] + (y - centre[1]) * size) for x, y in ring]
        canvas.fill(disc, colour, blur=1.1, within=white)
    canvas.glow((centre[0] + 3, centre[1] + 8), (8, 5), (176, 182, 150), 0.5, within=white)
    canvas.glow((centre[0], centre[1] - 17), (36, 9), (70, 50, 46), 0.75, within=white)
    canvas.glow((centre[0] - 5, centre[1] - 6), (3.6, 3.6), (255, 255, 255), 1.0, within=white)
    canvas.stroke(at(lower[::-1]), (1.2, 2.2), (150, 92, 80), blur=1.0, strength=0.7)
    canvas.stroke(at([(-38, 7), *upper[1:-1], (44, -4)]), (3.0, 6.0), (34, 22, 20), blur=0.9)
    canvas.stroke(at([(30, -6), (40, -8), (50, -14)]), (5, 1), (34, 22, 20), blur=0.8, strength=0.9)
    canvas.fill(at([(-38, 6), (-33, 3), (-31, 8)]), (216, 146, 136), blur=1.2, strength=0.8)


def _brow(canvas: Canvas, left: bool) -> None:
    strokes = random.Random(11 + left)
    base: list[Point] = [(531, 378), (560, 368), (596, 365), (630, 382)]
    canvas.stroke(mirrored(base) if left else base, (12, 3), (96, 64, 50), blur=2.6, strength=0.75)
    curve = open_curve(base)
    for _ in range(60):
        at = strokes.random()
        x, y = curve[min(len(curve) - 1, int(at * len(curve)))]
        y += strokes.uniform(-4.0, 4.0) * (1 - 0.6 * at)
        hair: list[Point] = [(x, y), (x + 7, y - 4 + 5 * at), (x + 14, y - 5 + 11 * at)]
        canvas.stroke(mirrored(hair) if left else hair, (1.6, 0.6), (62, 40, 32), blur=0.5, strength=0.45)


def _lips(canvas: Canvas, face: Plane) -> None:
    x, y = MOUTH
    half_upper: list[Point] = [(0, -11), (12, -15), (30, -10), (53, -4)]
    half_lower: list[Point] = [(53, -4), (35, 12), (14, 20), (0, 21)]
    upper = [(x + a, y + b) for a, b in [*half_upper, (26, 3), (8, 2), (0, 3)]]
    lower = [(x + a, y + b) for a, b in [(0, 1), (26, 1), *half_lower]]
    canvas.glow((x, y + 34), (44, 9), SKIN_SHADE, 0.55, within=face)
    canvas.fill([*lower, *mirrored(lower[-2:0:-1])], LIP, blur=1.3)
    canvas.fill([*upper, *mirrored(upper[-2:0:-1])], (168, 72, 76), blur=1.3)
    canvas.glow((x - 8, y + 11), (20, 4.5), (232, 146, 138), 0.6, within=face)
    canvas.glow((x, y - 15), (8, 2.5), SKIN_LIGHT, 0.4, within=face)
    line: list[Point] = [(x - 55, y - 5), (x - 28, y + 2), (x, y + 2), (x + 28, y + 2), (x + 55, y - 5)]
    canvas.stroke(line, (2.6, 2.6), (104, 36, 42), blur=0.9, strength=0.95)
    for corner in (x - 57, x + 57):
        canvas.glow((corner, y - 5), (6, 5), (150, 88, 74), 0.5, within=face)


def _hair_in_front(canvas: Canvas) -> None:
    crown: list[Point] = [
        *[(446, 236), (400, 290), (372, 360), (356, 450), (352, 560), (330, 672), (282, 640), (276, 500)],
        *[(284, 370), (310, 250), (390, 166), (500, 142), (616, 168), (694, 262), (716, 380), (722, 520)],
        *[(712, 640), (668, 674), (648, 560), (646, 450), (634, 364), (590, 296), (520, 250)],
    ]
    shadow = [(x + 4, y + 10) for x, y in crown]
    face = canvas.mask(closed_curve(FACE_OUTLINE), 1.4)
    canvas.fill(shadow, (140, 88, 70), blur=9, strength=0.5, within=face)
    canvas.fill(crown, HAIR, blur=1.6)
    mask = canvas.mask(closed_curve(crown), 1.6)
    _strands(canvas, [(446, 168), (368, 232), (318, 400), (312, 660)], 130, mask, seed=21, mirror=False, light=0.85)
    _strands(canvas, [(450, 170), (580, 198), (676, 330), (690, 660)], 130, mask, seed=22, mirror=False, light=0.6)
    canvas.glow((372, 236), (52, 46), (168, 122, 90), 0.42, within=mask)
    canvas.glow((590, 214), (80, 30), (150, 106, 78), 0.34, within=mask)
    canvas.stroke([(447, 150), (444, 190), (446, 236)], (2, 3), HAIR_DARK, blur=2.0, strength=0.7)


def _strands(
    canvas: Canvas, path: list[Point], count: int, mask: Plane, *, seed: int, mirror: bool, light: float
) -> None:
    """Draw `count` hairs along `path`, spread around it, some lighter and some darker than the rest."""
    moves = random.Random(seed)
    for _ in range(count):
        spread = moves.gauss(0.0, 1.0)
        hair = [(x + spread * (12 + 8 * i), y + moves.uniform(-7, 7) - spread * 7) for i, (x, y) in enumerate(path)]
        colour = HAIR_LIGHT if moves.random() < 0.5 * light + 0.1 else HAIR_DARK
        strength = moves.uniform(0.12, 0.42)
        wide = moves.uniform(2.0, 6.0)
        line = mirrored(hair) if mirror else hair
        canvas.stroke(line, (wide, 0.6 * wide), colour, blur=1.2, strength=strength, within=mask)
