"""The presenter: a woman in her thirties, brown waves, petrol-blue blazer, an evening studio."""

from __future__ import annotations

import numpy as np

from .backdrop import finish
from .cloth import Fold, Piece, paint_button, paint_cloth
from .curve import Point, mirrored
from .eye import Iris, paint_brows, paint_eyes
from .face import Face
from .features import paint_lips, paint_nose
from .fibre import Dye
from .hair import Curtain, comb, flyaways
from .layer import Layer
from .light import Light
from .person import Person
from .sheet import Sheet, part, soft, toned
from .skin import Skin, head_window, paint_head
from .studio import studio

FACE = Face()
SKIN = Skin(
    base=(232, 184, 156), blood=(216, 126, 106), shade=(170, 112, 92), lip=(202, 108, 100), lip_upper=(184, 92, 86)
)
IRIS = Iris(rim=(34, 34, 34), outer=(88, 100, 84), inner=(136, 124, 82))
DYE = Dye(dark=(30, 18, 15), light=(106, 62, 40), gloss=(240, 180, 124), shine=1.35)
LIGHT = Light()

LEFT: list[list[Point]] = [
    [(541, 56), (446, 43), (344, 92), (276, 220), (252, 390), (250, 560), (262, 700), (258, 800), (286, 880)],
    [(544, 78), (452, 62), (356, 124), (292, 256), (266, 420), (260, 580), (276, 730), (280, 830), (312, 910)],
    [(547, 104), (480, 100), (392, 160), (322, 268), (290, 400), (280, 540), (290, 690), (312, 800), (344, 880)],
    [(549, 162), (502, 156), (424, 198), (352, 274), (312, 380), (294, 490), (286, 610), (306, 730), (330, 800)],
]
RIGHT: list[list[Point]] = [
    [(541, 56), (620, 52), (694, 106), (736, 236), (752, 400), (750, 570), (738, 710), (742, 800), (716, 880)],
    [(545, 78), (612, 72), (676, 140), (716, 266), (734, 430), (736, 590), (722, 730), (718, 830), (690, 906)],
    [(550, 104), (606, 114), (660, 184), (696, 296), (712, 430), (720, 560), (708, 690), (690, 800), (660, 874)],
    [(551, 162), (596, 170), (648, 228), (682, 316), (698, 420), (708, 520), (712, 630), (694, 740), (672, 806)],
]
CROWN: list[list[Point]] = [
    [(286, 210), (344, 88), (440, 40), (545, 34), (640, 48), (706, 110), (742, 220)],
    [(330, 190), (380, 110), (450, 72), (545, 66), (620, 80), (670, 130), (700, 220)],
]
MASS: list[Point] = [
    (500, 60), (640, 80), (710, 200), (726, 400), (724, 600), (700, 760), (640, 820), (500, 826), (360, 820),
    (296, 760),    (276, 600), (276, 400), (300, 200), (370, 80),
]  # fmt: skip
BACK: list[list[Point]] = [
    [(300, 260), (262, 430), (256, 620), (284, 780), (320, 870)],
    [(400, 300), (380, 560), (384, 740), (410, 850)],
    [(500, 300), (500, 560), (500, 740), (500, 830)],
    [(600, 300), (620, 560), (616, 740), (590, 850)],
    [(700, 260), (738, 430), (744, 620), (716, 780), (680, 870)],
]


BLOUSE: list[Point] = [
    (372, 842), (420, 884), (500, 996), (580, 884), (628, 842), (720, 900), (700, 1900), (300, 1900), (280, 900),
]  # fmt: skip
BLOUSE_FOLDS: list[list[Point]] = [[(420, 900), (450, 980), (470, 1100)], [(580, 900), (556, 990), (530, 1100)]]
JACKET: list[Point] = [
    (476, 1360), (524, 1280), (578, 1130), (600, 990), (622, 900), (640, 836), (720, 862), (860, 904), (970, 960),
    (1040, 1060), (1080, 1300), (1100, 1900), (470, 1900), (470, 1600),
]  # fmt: skip
SLEEVE_FOLDS: list[list[Point]] = [
    [(760, 900), (800, 980), (790, 1100)],
    [(900, 950), (880, 1040), (900, 1160)],
    [(690, 900), (720, 1000), (700, 1140)],
]
LAPEL: list[Point] = [
    (634, 828), (668, 846), (716, 960), (664, 984), (676, 1010), (520, 1290), (540, 1130), (580, 960), (612, 880),
]  # fmt: skip


def paint(sheet: Sheet) -> None:
    """Paint her and her studio on the whole sheet."""
    studio(sheet)
    around = sheet.window(150, 10, 850, 960)
    sheet.lay(toned(DYE.dark, 0.8), soft(sheet.mask(MASS, 0), 6))
    behind = Layer(around)
    comb(behind, Curtain(guides=BACK, locks=26, width=(14, 26, 28, 22, 5), shade=0.62, wave=9, seed=4), DYE, LIGHT)
    comb(behind, Curtain(guides=CROWN, locks=12, width=(10, 14, 14, 10), seed=5), DYE, LIGHT)
    behind.lay()
    front = Layer(around)
    for guides, seed in ((LEFT, 21), (RIGHT, 22)):
        curtain = Curtain(
            guides=guides, locks=34, width=(5, 15, 17, 18, 17, 9, 2), wave=22, waves=2.1, seed=seed, shuffle=0.10
        )
        comb(front, curtain, DYE, LIGHT)
        flyaways(front, curtain, DYE, LIGHT, 90)
    face_window = head_window(sheet)
    cover = part(front.cover, around, face_window)
    paint_head(sheet, FACE, SKIN, LIGHT, above=cover, neck=98)
    paint_nose(sheet, FACE, SKIN)
    paint_lips(sheet, FACE, SKIN)
    paint_eyes(sheet, FACE, SKIN, IRIS, LIGHT)
    paint_brows(sheet, FACE, (88, 58, 44), full=0.86)
    _clothes(sheet)
    shadow = soft(np.roll(front.cover, (14, 10), (0, 1)), 8) * np.clip((around.y - 760) / 60, 0, 1)
    around.lay((14, 10, 14), 0.45 * shadow)
    front.lay()
    _parting(sheet)
    finish(sheet)


def _clothes(sheet: Sheet) -> None:
    tucks = tuple(Fold(path=path, height=5, width=18) for path in BLOUSE_FOLDS)
    silk = Piece(outline=BLOUSE, colour=(236, 228, 216), weave=0.012, sheen=0.3, curved=False, puff=18, folds=tucks)
    paint_cloth(sheet, silk, LIGHT, seed=31)
    for left in (True, False):
        folds = tuple(Fold(path=_of(left, path), height=15, width=34) for path in SLEEVE_FOLDS)
        half = Piece(outline=_of(left, JACKET), colour=(40, 66, 88), puff=46, round=44, weave=0.035, folds=folds)
        paint_cloth(sheet, half, LIGHT, seed=33 + left)
    for left in (True, False):
        lapel = Piece(
            outline=_of(left, LAPEL), colour=(46, 74, 98), puff=16, round=12, weave=0.035, curved=False, edge_seam=0.5
        )
        paint_cloth(sheet, lapel, LIGHT, seed=36 + left)
    paint_button(sheet, (512, 1372), 17, (26, 34, 44))
    _microphone(sheet)


def _microphone(sheet: Sheet) -> None:
    """A small microphone on the lapel, its clip and the start of its cable."""
    window = sheet.window(340, 900, 440, 1040)
    window.lay((14, 14, 16), window.line([(390, 964), (396, 989), (392, 1024)], (2.4, 2.4), 0.8) * 0.7)
    window.lay((10, 10, 12), soft(window.mask([(380, 948), (400, 948), (402, 976), (380, 976)], 0), 4) * 0.5)
    capsule: list[Point] = [(380, 940), (390, 934), (400, 940), (400, 966), (390, 971), (380, 966)]
    window.lay((34, 35, 38), window.mask(capsule, 0.8))
    window.lay((120, 124, 130), window.glow((385, 946), (2.4, 7)) * 0.8)
    window.lay((150, 152, 156), window.line([(378, 957), (402, 957)], (2.2, 2.2), 0.7) * 0.7)


def _parting(sheet: Sheet) -> None:
    """Roots are darker, and between them a little of the scalp shows."""
    window = sheet.window(480, 30, 620, 200)
    line: list[Point] = [(543, 76), (545, 96), (548, 126), (549, 160)]
    window.lay(toned(DYE.dark, 0.9), window.line(line, (2, 16, 24, 20), 7) * 0.42)
    window.lay(toned(SKIN.base, 0.72), window.line(line, (0.2, 1.0, 1.8, 3.0), 1.0) * 0.42)


def _of(left: bool, points: list[Point]) -> list[Point]:
    return mirrored(points) if left else points


PERSON = Person(title="Presenter", face=FACE, paint=paint, brow=0.86)
