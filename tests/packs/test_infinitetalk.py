"""What the InfiniteTalk pack decides without ComfyUI: lengths, turns, colours."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_nodes.hls_segment.oklab import drift, oklab_statistics, to_oklab
from custom_nodes.infinitetalk.colour import correct, measured_frames, ramp
from custom_nodes.infinitetalk.errors import OverlapLength, WindowLength
from custom_nodes.infinitetalk.shape import check_window, latents
from custom_nodes.infinitetalk.speakers import Turns, take_turns

pytestmark = pytest.mark.fast

FRAME = 640


@pytest.mark.parametrize(("frames", "overlap"), [(81, 9), (29, 5), (5, 1), (57, 33)])
def test_windows_of_whole_latents_are_taken(frames: int, overlap: int) -> None:
    check_window(frames, overlap)
    assert latents(frames) * 4 - 3 == frames


@pytest.mark.parametrize("frames", [0, 1, 2, 45 + 1, 80, 82, 84])
def test_other_lengths_are_refused_with_the_nearest_that_fits(frames: int) -> None:
    with pytest.raises(WindowLength, match="4n\\+1") as caught:
        check_window(frames, 1)
    assert str(caught.value).startswith("[window.length] ")


@pytest.mark.parametrize("overlap", [0, 2, 8, 10, 37, 81])
def test_overlaps_that_lose_frames_are_refused(overlap: int) -> None:
    with pytest.raises(OverlapLength):
        check_window(81, overlap)


def voice(*spoken: tuple[int, int], frames: int = 60, loud: float = 0.5) -> NDArray[np.float32]:
    """A voice that is heard in these ranges of frames."""
    heard = np.zeros(frames * FRAME, np.float32)
    for start, end in spoken:
        heard[start * FRAME : end * FRAME] = loud * np.sin(np.arange((end - start) * FRAME) / 9)
    return heard


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (voice((0, 60)), voice(), Turns(first=0, handover_frame=60)),
        (voice(), voice((0, 60)), Turns(first=1, handover_frame=60)),
        (voice((0, 20)), voice((20, 60)), Turns(first=0, handover_frame=20)),
        (voice((30, 60)), voice((0, 30)), Turns(first=1, handover_frame=30)),
        (voice(), voice(), Turns(first=0, handover_frame=60)),
        (voice((0, 60), loud=0.6), voice((0, 60), loud=0.3), Turns(first=0, handover_frame=60)),
    ],
)
def test_voices_are_heard_in_their_turns(one: NDArray[np.float32], two: NDArray[np.float32], expected: Turns) -> None:
    assert take_turns(one, two, frames=60, fps=25) == expected


def test_a_pause_before_the_other_speaks_belongs_to_the_first() -> None:
    turns = take_turns(voice((0, 20)), voice((40, 60)), frames=60, fps=25)
    assert turns.first == 0
    assert 20 <= turns.handover_frame <= 40


def test_oklab_has_its_published_values() -> None:
    known = {(1.0, 1.0, 1.0): (1.0, 0.0, 0.0), (1.0, 0.0, 0.0): (0.62796, 0.22486, 0.12585), (0.0, 0.0, 0.0): (0, 0, 0)}
    for srgb, lab in known.items():
        np.testing.assert_allclose(to_oklab(np.array(srgb)), lab, atol=2e-4)


def test_a_correction_leads_mean_and_contrast_back() -> None:
    chance = np.random.default_rng(1)
    reference = chance.uniform(0.2, 0.7, (64, 64, 3))
    drifted = np.clip(0.9 * reference + (0.08, 0.02, -0.03), 0, 1)
    wanted, measured = oklab_statistics([reference]), oklab_statistics([drifted])
    correction = correct(measured, wanted, strength=1.0)
    lab = to_oklab(drifted[::4, ::4]).reshape(-1, 3)
    lab = lab + (correction.gain - 1) * (lab - correction.centre) + correction.shift
    np.testing.assert_allclose(lab.mean(axis=0), wanted[0], atol=1e-9)
    np.testing.assert_allclose(lab.std(axis=0), wanted[1], rtol=1e-6)
    assert drift(measured, wanted) > 0.02
    half = correct(measured, wanted, strength=0.5)
    np.testing.assert_allclose(half.shift, correction.shift / 2)


def test_a_flat_window_is_not_blown_up() -> None:
    flat = oklab_statistics([np.full((8, 8, 3), 0.5)])
    wanted = oklab_statistics([np.random.default_rng(2).uniform(0, 1, (8, 8, 3))])
    assert (correct(flat, wanted, strength=1.0).gain == 1.0).all()


def test_the_ramp_leaves_the_seam_and_reaches_the_end() -> None:
    shares = ramp(81, 9)
    assert shares.shape == (81,)
    assert (shares[:10] == 0).all()  # the overlap, and the first new frame
    assert shares[-1] == 1.0
    assert (np.diff(shares) >= 0).all()
    assert np.diff(shares).max() < 0.02
    assert measured_frames(81, 9) == range(72, 81)
    assert measured_frames(9, 5) == range(5, 9)
