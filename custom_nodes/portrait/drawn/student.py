"""The student: a young woman in a mustard headscarf and denim, before flat shapes in strong colours."""

from __future__ import annotations

from dataclasses import replace

from .backdrop import finish
from .cloth import Fold, Piece, paint_button, paint_cloth
from .curve import Point, mirrored
from .eye import Iris, paint_brows, paint_eyes
from .face import EyeShape, Face, LipShape
from .features import paint_lips, paint_nose
from .light import Light
from .person import Person
from .poster import poster
from .sheet import Sheet, part
from .skin import Skin, head_window, paint_head

FACE = Face(
    outline=(
        (106, 20, 20), (120, 76, 76), (150, 124, 124), (196, 160, 160), (250, 184, 183), (310, 196, 195),
        (370, 201, 200), (420, 203, 202), (470, 200, 200), (520, 191, 190), (560, 175, 175), (600, 153, 154),
        (635, 126, 127), (662, 98, 99), (684, 70, 72), (698, 46, 48), (706, 19, 19),
    ),
    eyes=((405, 408), (596, 407)),
    eye=EyeShape(
        inner=(-46, 9), upper=((-34, -8), (-12, -19), (14, -20), (35, -9)), outer=(49, -1),
        lower=((32, 12), (8, 20), (-18, 19), (-36, 14)),
    ),
    brow_lift=(4, 1), nose_tip=(501, 494), nose_width=47, nose_out=38, bridge=17, mouth=(500, 582),
    lips=LipShape(
        line=((-74, -13), (-54, -4), (-30, 1), (-10, 1), (0, 3), (10, 1), (30, 1), (54, -5), (74, -15)),
        top=((-50, -12), (-30, -22), (-13, -28), (0, -23), (13, -28), (30, -22), (50, -13)),
        bottom=((-54, 12), (-32, 28), (-10, 34), (10, 34), (32, 28), (54, 10)),
    ),
    chin=707, cheek=13,
)  # fmt: skip
SKIN = Skin(
    base=(196, 138, 100), blood=(198, 98, 72), shade=(128, 76, 56), lip=(190, 92, 86), lip_upper=(162, 74, 70),
    gloss=1.2, depth=1.1,
)  # fmt: skip
IRIS = Iris(
    rim=(28, 18, 14), outer=(74, 44, 26), inner=(124, 78, 40), radius=23.5, lash=(20, 14, 14), lashes=1.15, liner=1.2
)
LIGHT = Light(
    key=(-0.52, -0.48, 0.70), key_colour=(1.50, 1.36, 1.20), sky=(0.24, 0.26, 0.34), bounce=(0.28, 0.18, 0.15),
    rim=(0.94, -0.18, -0.15), rim_colour=(0.95, 0.42, 0.34),
)  # fmt: skip
SCARF = Piece(outline=(), colour=(214, 150, 44), weave=0.03, sheen=0.16)

OPENING: list[Point] = [
    (500, 186), (570, 196), (632, 230), (672, 290), (690, 370), (692, 450), (680, 530), (644, 602), (597, 662),
    (556, 702), (500, 716), (444, 702), (404, 662), (356, 602), (320, 530), (308, 450), (310, 370), (328, 290),
    (368, 230), (430, 196),
]  # fmt: skip
BAND: list[Point] = [
    (500, 176), (580, 186), (650, 222), (696, 300), (700, 420), (664, 330), (622, 252), (566, 216), (500, 208),
    (434, 216), (378, 252), (336, 330), (300, 420), (304, 300), (350, 222), (420, 186),
]  # fmt: skip
HOOD: list[Point] = [
    (504, 64), (596, 78), (676, 132), (728, 226), (750, 350), (752, 480), (740, 590), (736, 680), (756, 770),
    (690, 880), (500, 930), (310, 880), (244, 770), (264, 680), (258, 590), (246, 480), (250, 350), (274, 226),
    (326, 132), (410, 78),
]  # fmt: skip
HOOD_FOLDS: tuple[Fold, ...] = (
    Fold(path=[(318, 560), (292, 420), (308, 270), (384, 166), (500, 134)], height=11, width=26),
    Fold(path=[(286, 620), (262, 470), (272, 300), (338, 174), (450, 100)], height=11, width=28),
    Fold(path=[(500, 134), (610, 160), (684, 262), (712, 400), (704, 540), (680, 630)], height=11, width=26),
    Fold(path=[(540, 92), (640, 134), (706, 240), (732, 390), (726, 560)], height=11, width=24),
    Fold(path=[(300, 350), (340, 230), (430, 146), (560, 118)], height=-9, width=13),
    Fold(path=[(690, 300), (722, 450), (712, 600), (690, 680)], height=-9, width=13),
    Fold(path=[(270, 500), (290, 620), (330, 700)], height=-8, width=13),
)
DRAPE: list[Point] = [
    (262, 600), (318, 650), (380, 706), (444, 738), (500, 746), (560, 736), (624, 702), (686, 642), (736, 560),
    (744, 640), (766, 720), (800, 800), (812, 890), (740, 960), (620, 1030), (500, 1060), (380, 1040), (270, 980),
    (196, 900), (200, 810), (232, 730), (254, 660),
]  # fmt: skip
DRAPE_FOLDS: tuple[Fold, ...] = (
    Fold(path=[(722, 600), (650, 712), (550, 776), (430, 786), (330, 740)], height=16, width=26),
    Fold(path=[(746, 660), (664, 772), (556, 832), (420, 842), (270, 780)], height=18, width=32),
    Fold(path=[(770, 730), (690, 840), (570, 896), (430, 906), (250, 850)], height=17, width=34),
    Fold(path=[(796, 810), (700, 910), (570, 962), (430, 968), (250, 920)], height=15, width=34),
    Fold(path=[(736, 640), (640, 748), (520, 806), (360, 790)], height=-12, width=13),
    Fold(path=[(756, 700), (650, 816), (520, 870), (320, 836)], height=-13, width=14),
    Fold(path=[(780, 780), (680, 880), (540, 934), (330, 906)], height=-12, width=14),
    Fold(path=[(290, 640), (350, 710), (430, 756), (500, 764)], height=12, width=20),
    Fold(path=[(258, 680), (300, 740), (360, 780)], height=9, width=20),
)
PLACKET: list[Point] = [(474, 960), (532, 960), (532, 1900), (474, 1900)]
JACKET: list[Point] = [
    (500, 940), (640, 920), (760, 880), (880, 912), (990, 966), (1050, 1060), (1080, 1300), (1090, 1900), (500, 1900),
]  # fmt: skip


def paint(sheet: Sheet) -> None:
    """Paint her and the shapes behind her on the whole sheet."""
    poster(sheet)
    window = head_window(sheet)
    around = sheet.mask(HOOD, 0) * (1 - sheet.mask(OPENING, 0))
    sheet.lay((104, 62, 22), sheet.mask(HOOD))
    paint_head(sheet, FACE, SKIN, LIGHT, above=part(around, sheet, window), neck=100)
    paint_nose(sheet, FACE, SKIN)
    paint_lips(sheet, FACE, SKIN)
    paint_eyes(sheet, FACE, SKIN, IRIS, LIGHT)
    paint_brows(sheet, FACE, (58, 38, 30), full=1.08, seed=13)
    for left in (True, False):
        outline = mirrored(JACKET) if left else JACKET
        denim = Piece(outline=outline, colour=(70, 104, 146), puff=44, round=40, weave=0.11, weave_size=1.2, folds=(
            Fold(path=_of(left, [(820, 910), (850, 990), (840, 1100)]), height=8, width=34),
            Fold(path=_of(left, [(930, 950), (906, 1040), (930, 1160)]), height=8, width=34),
        ))  # fmt: skip
        paint_cloth(sheet, denim, LIGHT, seed=61 + left)
    placket = Piece(outline=PLACKET, colour=(74, 110, 152), puff=10, round=8, weave=0.11, curved=False, edge_seam=0.6)
    paint_cloth(sheet, placket, LIGHT, seed=69)
    for y in (1130, 1290, 1450, 1610):
        paint_button(sheet, (503, y), 12, (196, 150, 96))
    band = Piece(outline=BAND, colour=(120, 52, 60), puff=10, round=8, weave=0.02, shadow=0)
    paint_cloth(sheet, band, LIGHT, seed=63)
    hood = replace(SCARF, outline=HOOD, hole=OPENING, folds=HOOD_FOLDS, puff=64, round=44, shadow=0.22)
    paint_cloth(sheet, hood, LIGHT, seed=64)
    drape = replace(SCARF, outline=DRAPE, folds=DRAPE_FOLDS, puff=36, round=30, shadow=0.4)
    paint_cloth(sheet, drape, LIGHT, seed=66)
    finish(sheet, vignette=0.06, noise=0.9)


def _of(left: bool, points: list[Point]) -> list[Point]:
    return mirrored(points) if left else points


PERSON = Person(title="Student", face=FACE, paint=paint, brow=1.08)
