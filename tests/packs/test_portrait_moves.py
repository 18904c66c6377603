"""What moves in a face besides its mouth's opening: head, eyes, brows, and a smile that closes."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from custom_nodes.portrait.blink import BLINK_LEVELS, blink_levels, lid_level
from custom_nodes.portrait.eye import Box
from custom_nodes.portrait.gaze import ASIDE, STRAIGHT, looks
from custom_nodes.portrait.pose import FacePose
from custom_nodes.portrait.talker import LOOP_FRAMES, Talker
from tests.packs.drawn import draw_presenter

pytestmark = pytest.mark.fast
SIZE = 320


@pytest.fixture(scope="module")
def talker() -> Talker:
    return Talker(draw_presenter(SIZE, SIZE))


def posed(talker: Talker, pose: FacePose) -> np.ndarray:
    return next(talker.frames([pose], start_frame=0, loop_frames=LOOP_FRAMES))


def changed(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(a.astype(int) - b).max(axis=2) > 8)


def test_the_background_stands_still_while_the_head_moves(talker: Talker) -> None:
    mouth = talker.landmarks.mouth
    away = int(1.1 * mouth.side)
    left, right = max(8, int(mouth.x - away)), min(SIZE - 8, int(mouth.x + away))
    still = posed(talker, FacePose())
    for frame in [*list(talker.idle())[::16], posed(talker, FacePose(nod=1, turn=1, tilt=1))]:
        above_shoulders = slice(0, int(mouth.y))
        assert np.array_equal(frame[above_shoulders, :left], still[above_shoulders, :left])
        assert np.array_equal(frame[above_shoulders, right:], still[above_shoulders, right:])


def test_the_head_moves_whole(talker: Talker) -> None:
    """Features shift alike: eyes and mouth by less than a pixel apart in a turn that is the same for all."""
    eyes, mouth = talker.landmarks.eyes, talker.landmarks.mouth
    still, turned = posed(talker, FacePose()), posed(talker, FacePose(turn=1.0))

    def shift(x: float, y: float) -> float:
        rows, columns = slice(int(y - 14), int(y + 14)), slice(int(x - 26), int(x + 26))
        a, b = (cv2.cvtColor(p[rows, columns], cv2.COLOR_RGB2GRAY).astype(np.float32) for p in (still, turned))
        return cv2.phaseCorrelate(a, b, cv2.createHanningWindow((52, 28), cv2.CV_32F))[0][0]

    moved = [shift(eye.x, eye.y) for eye in eyes] + [shift(mouth.x, mouth.y)]
    assert min(moved) > 1.0
    assert max(moved) - min(moved) < 1.6


def test_raised_brows_change_the_forehead_and_nothing_below_the_eyes(talker: Talker) -> None:
    seen = changed(posed(talker, FacePose(brow=1.0)), posed(talker, FacePose()))
    eyes = talker.landmarks.eyes
    below = int(max(eye.y + eye.half_height for eye in eyes))
    assert seen[:below].sum() > 60
    assert seen[below:].sum() == 0


def test_the_eyes_look_about_a_little_and_straight_where_the_loop_begins_and_ends() -> None:
    path = looks(LOOP_FRAMES)
    assert len(path) == LOOP_FRAMES
    assert path[:12] == path[-1:] * 12 == (STRAIGHT,) * 12
    assert max(abs(x) for x, _ in path) <= ASIDE
    assert len(set(path)) > 6
    straight = sum(abs(x) < 0.3 * ASIDE for x, _ in path)
    assert straight > 0.5 * LOOP_FRAMES


@pytest.mark.parametrize("loop_frames", [0, 1, 20, 48, 96, 1_000])
def test_a_loop_of_any_length_has_its_looks(loop_frames: int) -> None:
    assert len(looks(loop_frames)) == loop_frames


def test_a_look_moves_the_iris_and_leaves_the_lids(talker: Talker) -> None:
    path = looks(LOOP_FRAMES)
    blinks = blink_levels(LOOP_FRAMES)
    at = next(i for i, (x, _) in enumerate(path) if abs(x) > 0.4 * ASIDE and not blinks[i])
    eye = talker._eyes[0]
    before = talker._image[eye.rows, eye.columns]
    seen = changed(eye.patch(talker._image, 0.0, path[at]), before)
    assert seen.sum() > 5
    assert not seen[[0, 1, -1, -2]].any()
    assert not seen[:, [0, 1, -1, -2]].any()


def test_a_phrase_blinks_only_where_the_loop_leaves_the_eyes_alone() -> None:
    loop = blink_levels(LOOP_FRAMES)
    first = next(i for i, level in enumerate(loop) if level)
    near = [lid_level(loop, first - 12 + n, n + 1) for n in range(len(BLINK_LEVELS))]
    assert near == [0] * len(BLINK_LEVELS)
    quiet = (0,) * LOOP_FRAMES
    assert tuple(lid_level(quiet, 190 + n - LOOP_FRAMES, n + 1) for n in range(6)) == BLINK_LEVELS
    assert lid_level(loop, first, 0) == loop[first]


@pytest.fixture(scope="module")
def smiling(talker: Talker) -> Talker:
    """The drawing with a row of teeth between its lips."""
    marks, image = talker.landmarks, talker._image.copy()
    mouth = marks.mouth
    tall = 0.05 * mouth.side
    x = np.arange(SIZE)
    u = (x - mouth.x) / mouth.half_width
    arc = np.sqrt(np.clip(1 - (u / 0.8) ** 2, 0, None))
    top, bottom = mouth.line(u) - tall * arc, mouth.line(u)
    y = np.arange(SIZE)[:, None]
    image[(y >= top) & (y < bottom) & (arc > 0)] = (240, 238, 230)
    return Talker(image, replace(marks, mouth=replace(mouth, teeth_show=True)))


def teeth_seen(talker: Talker, pose: FacePose) -> int:
    mouth = talker.landmarks.mouth
    rows = slice(int(mouth.y - 0.12 * mouth.side), int(mouth.y + 0.1 * mouth.side))
    columns = slice(int(mouth.x - mouth.half_width), int(mouth.x + mouth.half_width))
    area = posed(talker, pose)[rows, columns].astype(int)
    return int(((area.min(axis=2) > 200) & (np.ptp(area, axis=2) < 30)).sum())


def test_a_smile_with_teeth_closes_its_lips(smiling: Talker) -> None:
    at_rest = teeth_seen(smiling, FacePose())
    assert at_rest > 60
    assert teeth_seen(smiling, FacePose(press=1.0, speaking=1.0)) < 0.08 * at_rest
    assert teeth_seen(smiling, FacePose(opening=0.8, speaking=1.0)) > 0.4 * at_rest


@pytest.mark.parametrize(
    "pose",
    [
        FacePose(opening=1, width=1), FacePose(opening=1, width=-1, pout=1), FacePose(tuck=1, teeth=1, tongue=1),
        FacePose(press=1, pout=1, width=-1), FacePose(opening=0.02, tongue=1), FacePose(teeth=1, width=1, brow=1),
    ],
)  # fmt: skip
@pytest.mark.parametrize("side", [64, 97, 333])
def test_every_pose_is_drawn_in_every_size(pose: FacePose, side: int) -> None:
    base = Talker(draw_presenter(SIZE, SIZE)).landmarks
    small = Talker(cv2.resize(draw_presenter(SIZE, SIZE), (side, side)), base.covered(side, side))
    assert posed(small, pose).shape == (side, side, 3)


@pytest.mark.parametrize("top_share", [0.395, 0.42, 0.48], ids=["brows", "eyes", "all but the mouth"])
def test_a_face_whose_upper_part_is_cut_off_speaks_with_the_rest(talker: Talker, top_share: float) -> None:
    top = int(top_share * SIZE)
    part = Box(0.0, float(top), float(SIZE), float(SIZE - top))
    image = np.ascontiguousarray(draw_presenter(SIZE, SIZE)[top:])
    cut = Talker(image, talker.landmarks.cropped(part, SIZE, SIZE - top))
    lively = FacePose(brow=1.0, opening=1.0, blink=2)
    frames = list(cut.frames([lively] * 3, start_frame=3, loop_frames=LOOP_FRAMES))
    assert [frame.shape for frame in frames] == [image.shape] * 3
    assert changed(frames[0], image).any()


def test_teeth_are_as_light_as_the_cheeks_and_in_their_colour_also_where_the_eyes_show_no_white(talker: Talker) -> None:
    marks, image = talker.landmarks, talker._image.copy()
    for eye in marks.eyes:
        rows = slice(int(eye.y - eye.half_height), int(eye.y + eye.half_height) + 1)
        image[rows, int(eye.x - eye.half_width) : int(eye.x + eye.half_width) + 1] = (60, 36, 24)
    shown = posed(Talker(image, marks), FacePose(opening=0.3, teeth=0.8))
    mouth = marks.mouth
    between = shown[int(mouth.y) : int(mouth.y + 0.05 * mouth.side), int(mouth.x)]
    tooth = max(between.astype(int), key=lambda pixel: int(pixel.sum()))
    cheek = shown[int(mouth.y - 0.16 * mouth.side), int(mouth.x + 0.22 * mouth.side)]
    assert tooth.mean() > 0.9 * cheek.mean()
    assert tooth[0] > tooth[2] + 8


def test_rounded_lips_hide_the_upper_teeth_and_those_of_sh_do_not(talker: Talker) -> None:
    mouth = talker.landmarks.mouth
    rows, column = slice(int(mouth.y) - 2, int(mouth.y + 0.05 * mouth.side)), int(mouth.x)

    def lightest(pose: FacePose) -> int:
        return int(posed(talker, pose)[rows, column].astype(int).sum(axis=1).max())

    spoken, rounded = FacePose(opening=0.4, width=-0.6), FacePose(opening=0.4, width=-0.6, pout=0.9)
    assert lightest(rounded) < lightest(spoken) - 60
    assert lightest(replace(rounded, teeth=1.0)) > lightest(rounded) + 60
