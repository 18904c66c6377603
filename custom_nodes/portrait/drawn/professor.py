"""The professor: a man past sixty, dark skin, grey curls and beard, glasses, tweed, a library by lamplight.

A little long, because it is a drawing: one figure, part after part.
"""

from __future__ import annotations

import numpy as np

from .backdrop import finish
from .cloth import Fold, Piece, paint_cloth
from .curve import Plane, Point, mirrored
from .eye import Iris, paint_brows, paint_eyes
from .face import EyeShape, Face, LipShape
from .features import paint_ear, paint_lips, paint_nose
from .fibre import Dye
from .glasses import Glasses, paint_glasses
from .hair import fuzz
from .layer import Layer
from .library import library
from .light import Light
from .person import Person
from .sheet import Sheet, part, soft
from .skin import Skin, head_window, paint_head

FACE = Face(
    outline=(
        (96, 20, 20), (110, 80, 80), (140, 130, 130), (190, 170, 170), (250, 193, 192), (310, 203, 202),
        (370, 206, 206), (420, 206, 206), (470, 203, 203), (520, 198, 197), (560, 190, 190), (600, 176, 178),
        (635, 157, 159), (665, 131, 133), (695, 96, 98), (714, 62, 64), (724, 26, 26),
    ),
    eyes=((406, 404), (594, 402)),
    eye=EyeShape(
        inner=(-42, 6), upper=((-30, -6), (-9, -14), (13, -14), (32, -4)), outer=(44, 5),
        lower=((28, 13), (7, 17), (-16, 16), (-33, 11)),
    ),
    brow_lift=(-3, -6), brow_up=11, nose_tip=(499, 492), nose_width=62, nose_out=45, bridge=21, mouth=(500, 588),
    lips=LipShape(
        line=((-80, -13), (-58, -4), (-30, 2), (-10, 2), (0, 4), (10, 2), (30, 1), (58, -5), (80, -15)),
        top=((-54, -10), (-30, -18), (-13, -22), (0, -18), (13, -22), (30, -18), (54, -11)),
        bottom=((-58, 12), (-33, 27), (-10, 32), (10, 32), (33, 27), (58, 11)),
    ),
    chin=725, cheek=16, jaw=5, age=1.0,
    creases=(
        (((424, 500), (404, 532), (396, 566)), 7, 10), (((576, 500), (596, 532), (604, 566)), 7, 10),
        (((400, 268), (460, 258), (540, 258), (604, 266)), 3.2, 8),
        (((410, 236), (470, 227), (540, 227), (596, 234)), 2.6, 8),
        (((340, 398), (322, 390)), 3, 5), (((340, 408), (320, 410)), 3, 5), (((660, 398), (678, 390)), 3, 5),
        (((660, 408), (680, 410)), 3, 5),
        (((372, 440), (404, 452), (440, 442)), 1.6, 8), (((628, 440), (596, 452), (560, 442)), 1.6, 8),
    ),
)  # fmt: skip
SKIN = Skin(
    base=(122, 84, 66), blood=(128, 72, 60), shade=(62, 40, 34), lip=(146, 92, 86), lip_upper=(120, 68, 64), gloss=1.8,
    depth=0.4,
)  # fmt: skip
IRIS = Iris(
    rim=(22, 14, 12),
    outer=(58, 34, 22),
    inner=(92, 56, 32),
    radius=20.5,
    lash=(20, 14, 12),
    lashes=0.5,
    liner=0.7,
    white=(206, 196, 188),
)
DYE = Dye(dark=(50, 47, 47), light=(186, 178, 170), gloss=(240, 232, 220), shine=0.35, vary=0.10)
LIGHT = Light(
    key=(0.62, -0.44, 0.64), key_colour=(1.74, 1.46, 1.16), sky=(0.20, 0.21, 0.25), bounce=(0.26, 0.18, 0.13),
    rim=(-0.92, -0.25, -0.2), rim_colour=(0.40, 0.52, 0.70),
)  # fmt: skip

HAIRLINE: list[Point] = [
    (296, 420), (300, 350), (312, 286), (340, 236), (374, 204), (414, 208), (452, 190), (500, 184), (548, 190),
    (586, 206), (626, 204), (660, 236), (688, 286), (700, 350), (704, 420),
]  # fmt: skip
SKULL: list[Point] = [
    (716, 410), (718, 330), (704, 240), (668, 160), (606, 98), (500, 72), (394, 98), (332, 160), (296, 240), (282, 330),
    (284, 410),
]  # fmt: skip
BEARD_OUT: list[Point] = [
    (296, 430), (292, 500), (304, 580), (336, 660), (392, 722), (450, 752), (500, 758), (550, 752), (608, 722),
    (664, 660), (696, 580), (708, 500), (704, 430),
]  # fmt: skip
BEARD_IN: list[Point] = [
    (692, 450), (682, 520), (662, 566), (632, 590), (612, 606), (588, 634), (550, 645), (500, 647), (450, 645),
    (412, 634), (388, 606), (368, 590), (338, 566), (318, 520), (308, 450),
]  # fmt: skip
MOUSTACHE: list[Point] = [
    (500, 540), (540, 536), (582, 552), (610, 590), (616, 630), (598, 628), (588, 590), (560, 564), (528, 556),
    (500, 558), (472, 556), (440, 564), (412, 590), (402, 628), (384, 630), (390, 590), (418, 552), (460, 536),
]  # fmt: skip


def paint(sheet: Sheet) -> None:
    """Paint him and his library on the whole sheet."""
    library(sheet)
    for side in (0, 1):
        paint_ear(sheet, FACE, SKIN, LIGHT, side)
    around = sheet.window(220, 20, 780, 820)
    hair = Layer(around)
    cap = around.mask([*HAIRLINE, *SKULL], 0)
    _crop(hair, cap)
    face_window = head_window(sheet)
    paint_head(sheet, FACE, SKIN, LIGHT, above=0.5 * part(soft(cap, 3), around, face_window), neck=136)
    paint_nose(sheet, FACE, SKIN)
    paint_lips(sheet, FACE, SKIN)
    paint_eyes(sheet, FACE, SKIN, IRIS, LIGHT)
    paint_brows(sheet, FACE, (104, 98, 94), full=1.15, seed=17)
    _clothes(sheet)
    _beard(around)
    around.lay((34, 28, 26), soft(cap, 5) * 0.72)
    hair.lay(1.0, _form(around))
    paint_glasses(sheet, FACE, Glasses(colour=(46, 28, 20)), LIGHT)
    finish(sheet, vignette=0.26)


def _crop(hair: Layer, cap: Plane) -> None:
    def flow(x: Plane, y: Plane) -> Plane:
        return np.asarray(np.arctan2(y - 330.0, x - 500.0), dtype=np.float32)

    dense = np.clip(soft(cap, 6), 0, 1)
    fuzz(hair, dense**2 * 0.2, 11000, (7, 17), DYE, LIGHT, flow=flow, curl=1.5, seed=41)


def _beard(around: Sheet) -> None:
    """Short hair along the jaw; the lips stand free, so that they can part."""
    full = np.clip(soft(around.mask([*BEARD_OUT, *BEARD_IN], 0), 9), 0, 1)
    lip = np.clip(soft(around.mask(MOUSTACHE, 0), 5), 0, 1)
    cover = np.clip(full + 0.9 * lip, 0, 1)
    around.lay((52, 44, 42), np.clip(soft(cover, 9), 0, 1) * 0.66)
    layer = Layer(around)

    def flow(x: Plane, y: Plane) -> Plane:
        return np.asarray(np.pi / 2 - 0.9 * (x - 500.0) / 260.0 * (y < 660), dtype=np.float32)

    fuzz(layer, full**2.4 * 0.2, 7500, (7, 16), DYE, LIGHT, flow=flow, curl=0.8, seed=43)

    def parted(x: Plane, y: Plane) -> Plane:
        return np.asarray(flow(x, y) + 0.8 * np.sign(500.0 - x), dtype=np.float32)

    fuzz(layer, lip**1.5 * 0.2, 1300, (6, 14), DYE, LIGHT, flow=parted, curl=0.5, seed=44)
    layer.lay(0.94, _form(around))


def _form(around: Sheet) -> Plane:
    """Light and shade of the whole mass of hair: bright towards the lamp, dark on the far side and under the chin."""
    across = (around.x - 500) / 230
    down = (around.y - 380) / 330
    out = np.sqrt(np.clip(1.15 - 0.8 * across**2 - 0.45 * down**2, 0.05, 1))
    facing = 0.60 * across - 0.40 * down + 0.62 * out
    return np.asarray(0.46 + 0.60 * np.clip(facing, 0, 1), dtype=np.float32)


ROLL: list[Point] = [
    (352, 836), (372, 770), (420, 786), (500, 800), (580, 786), (628, 770), (648, 836), (690, 880), (640, 1500),
    (360, 1500), (310, 880),
]  # fmt: skip
COLLAR: list[Point] = [
    (356, 850), (362, 762), (420, 786), (500, 800), (580, 786), (638, 762), (644, 850), (580, 884),
    (500, 894), (420, 884),
]  # fmt: skip
JACKET: list[Point] = [
    (560, 1200), (604, 1000), (640, 880), (664, 822), (760, 858), (900, 900), (1010, 952), (1080, 1060), (1110, 1300),
    (1120, 1900), (540, 1900),
]  # fmt: skip
SLEEVE_FOLDS: list[list[Point]] = [
    [(800, 900), (830, 980), (820, 1100)], [(930, 940), (910, 1040), (930, 1160)],
    [(720, 900), (740, 1000), (710, 1140)],
]  # fmt: skip
LAPEL: list[Point] = [
    (656, 812), (694, 834), (748, 960), (690, 984), (704, 1012), (530, 1320), (560, 1130), (606, 960), (634, 870),
]  # fmt: skip


def _clothes(sheet: Sheet) -> None:
    wool = (58, 66, 56)
    folds = tuple(
        Fold(path=p, height=6, width=26)
        for p in ([(380, 880), (420, 960), (440, 1100)], [(620, 880), (590, 960), (570, 1100)])
    )
    paint_cloth(sheet, Piece(outline=ROLL, colour=wool, puff=30, weave=0.06, ribs=9, folds=folds), LIGHT, seed=51)
    rolls = (Fold(path=[(360, 826), (430, 850), (500, 858), (570, 850), (640, 826)], height=10, width=34),)
    paint_cloth(
        sheet,
        Piece(outline=COLLAR, colour=wool, puff=22, round=14, weave=0.06, ribs=8, folds=rolls, shadow=0.6),
        LIGHT,
        seed=52,
    )
    tweed = (104, 82, 62)
    for left in (True, False):
        sleeves = tuple(Fold(path=_of(left, p), height=7, width=36) for p in SLEEVE_FOLDS)
        piece = Piece(
            outline=_of(left, JACKET), colour=tweed, puff=46, round=44, weave=0.15, weave_size=1.5, folds=sleeves
        )
        paint_cloth(sheet, piece, LIGHT, seed=53 + left)
    for left in (True, False):
        piece = Piece(outline=_of(left, LAPEL), colour=(112, 90, 68), puff=16, round=12, weave=0.15, weave_size=1.5,
                      curved=False, edge_seam=0.5)  # fmt: skip
        paint_cloth(sheet, piece, LIGHT, seed=56 + left)


def _of(left: bool, points: list[Point]) -> list[Point]:
    return mirrored(points) if left else points


PERSON = Person(title="Professor", face=FACE, paint=paint, brow=1.15, brows_free=False)
