from __future__ import annotations

from collections.abc import Iterator

import cv2
import pytest

from custom_nodes.portrait.one_thread import one_thread
from custom_nodes.portrait.pose import FacePose
from custom_nodes.portrait.talker import Talker
from tests.packs.drawn import draw_presenter

pytestmark = pytest.mark.fast


@pytest.fixture(autouse=True)
def two_threads() -> Iterator[None]:
    before = cv2.getNumThreads()
    cv2.setNumThreads(2)
    yield
    cv2.setNumThreads(before)


def test_opencv_has_one_thread_while_frames_are_made_and_the_old_number_afterwards() -> None:
    rest = [FacePose(opening=0.0, width=0.0)] * 2
    frames = Talker(draw_presenter(256, 256)).frames(rest, start_frame=0, loop_frames=24)
    next(frames)
    assert cv2.getNumThreads() == 1
    assert len(list(frames)) == 1
    assert cv2.getNumThreads() == 2


def test_two_at_work_may_end_in_any_order() -> None:
    first, second = one_thread(), one_thread()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert cv2.getNumThreads() == 1
    second.__exit__(None, None, None)
    assert cv2.getNumThreads() == 2
