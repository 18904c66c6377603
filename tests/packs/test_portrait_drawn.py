from __future__ import annotations

import itertools

import numpy as np
import pytest

from custom_nodes.portrait import drawn
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.landmarks_json import from_json, to_json
from installer.live_options import DRAWN
from tests.packs.drawn import draw

# Every size for one of them, two for the others: each drawing takes a second.
SIZES = [(512, 512), (832, 480), (480, 832), (128, 128)]
DRAWINGS = [(name, size) for name in drawn.AVATARS for size in SIZES[:: 1 if name == drawn.DEFAULT else 2]]


@pytest.mark.parametrize(("name", "size"), DRAWINGS)
def test_a_drawn_face_is_found_where_it_was_drawn(name: str, size: tuple[int, int]) -> None:
    told, found = drawn.landmarks(name, *size), find_landmarks(draw(name, *size))
    # Where faces are found by colour and darkness, a beard and the rims of glasses pull at what is measured.
    near = (0.06 if name == "professor" else 0.03) * told.face.width + 0.5
    assert found.notes == ()
    assert (found.mouth.x, found.mouth.y) == pytest.approx((told.mouth.x, told.mouth.y), abs=near)
    for one, other in zip(found.eyes, told.eyes, strict=True):
        assert (one.x, one.y) == pytest.approx((other.x, other.y), abs=near)


@pytest.mark.parametrize("name", drawn.AVATARS)
def test_the_same_size_gives_the_same_pixels(name: str) -> None:
    assert np.array_equal(draw(name, 128, 128), drawn.draw(name, 128, 128))


@pytest.mark.parametrize("name", drawn.AVATARS)
def test_eyes_and_mouth_are_large_enough_to_be_read_and_stand_on_plain_skin(name: str) -> None:
    told = drawn.landmarks(name, 512, 512)
    assert all(eye.half_width * 2 >= 24 for eye in told.eyes)
    assert 0.38 <= told.face.width / 512 <= 0.45
    assert told.mouth.y + 1.5 * (told.mouth.above + told.mouth.below) < told.chin[1] + 2


@pytest.mark.parametrize("size", [(832, 480), (32, 32)])  # the other one is the smallest stream that shows a mouth
@pytest.mark.parametrize("name", drawn.AVATARS)
def test_landmarks_of_a_drawing_are_read_back_from_their_file(name: str, size: tuple[int, int]) -> None:
    told = drawn.landmarks(name, *size)
    read = from_json(to_json(told))
    assert (read.mouth.x, read.mouth.y) == pytest.approx((told.mouth.x, told.mouth.y), abs=0.05)
    assert read.chin == pytest.approx(told.chin, abs=0.05)


def test_the_installer_knows_the_drawn_names() -> None:
    assert tuple(drawn.AVATARS) == DRAWN


def test_the_drawn_people_differ() -> None:
    for one, other in itertools.combinations(drawn.AVATARS, 2):
        apart = np.abs(draw(one, 128, 128).astype(int) - draw(other, 128, 128)).mean()
        assert apart > 25
