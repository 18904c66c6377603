"""The measures themselves, on pictures and sounds whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from runner.gallery.lipsync import best_lag, loudness
from tests.measure.av_offset import beep_pcm, flash_frames, measure_av_offset
from tests.measure.mouth_opening import mouth_opening
from tests.measure.seams import measure_seams

FRAMES = 200
BOX = (20, 30, 24, 20)


def envelope() -> np.ndarray:
    rng = np.random.default_rng(3)
    return np.clip(np.convolve(rng.random(FRAMES) * 2 - 0.6, np.ones(3) / 3, "same"), 0, 1)


def face(opening: float) -> np.ndarray:
    frame = np.full((64, 64, 3), (220, 180, 160), np.uint8)
    x, y, width, _ = BOX
    frame[y + 4 : y + 4 + round(opening * 12), x : x + width] = (70, 25, 30)
    return frame


def speech(levels: np.ndarray) -> np.ndarray:
    noise = np.random.default_rng(4).standard_normal(FRAMES * 1_920)
    samples = np.rint(noise * 6_000 * np.repeat(levels, 1_920)).clip(-32_768, 32_767)
    return np.asarray(samples, np.int16)


@pytest.mark.parametrize("lag", [-3, 0, 2])
def test_the_lag_of_the_lips_is_found(lag: int) -> None:
    levels = envelope()
    opening = mouth_opening((face(level) for level in np.roll(levels, lag)), BOX)
    sync = best_lag(opening, loudness(speech(levels), frames=FRAMES))
    assert sync.lag_frames == lag
    assert sync.correlation > 0.7


def test_lips_that_do_not_move_do_not_correlate() -> None:
    sync = best_lag(mouth_opening([face(0.5)] * FRAMES, BOX), loudness(speech(envelope()), frames=FRAMES))
    assert sync.correlation == 0


def test_lips_of_another_sentence_correlate_little() -> None:
    opening = mouth_opening((face(level) for level in np.random.default_rng(9).random(FRAMES)), BOX)
    assert best_lag(opening, loudness(speech(envelope()), frames=FRAMES)).correlation < 0.4


def test_loudness_hears_the_voice_band_only_and_pads_with_silence() -> None:
    seconds = np.arange(48_000) / 48_000
    for pitch_hz, heard in ((30, False), (500, True), (9_000, False)):
        tone = np.rint(12_000 * np.sin(2 * np.pi * pitch_hz * seconds)).astype(np.int16)
        level = loudness(tone, frames=50)
        assert bool(level[:24].min() > 0.9) is heard
        assert heard or level[1:24].max() < 0.2  # the tone's hard start is heard, as a click is
        assert level[30:].max() == 0


def moving(frames: int) -> list[np.ndarray]:
    return [np.full((8, 8, 3), 100 + index % 2, np.uint8) for index in range(frames)]


def test_a_jump_at_a_cut_is_seen_and_a_smooth_cut_is_not() -> None:
    smooth = measure_seams(moving(20), [10])
    assert not smooth.visible
    assert (smooth.worst, smooth.own_median) == (1.0, 1.0)
    jump = measure_seams([*moving(10), *(frame + np.uint8(7) for frame in moving(10))], [5, 10])
    assert jump.visible
    assert (jump.worst, jump.worst_frame, jump.own_worst) == (6.0, 10, 1.0)


def test_seams_that_are_not_there_are_an_error() -> None:
    with pytest.raises(ValueError, match="0 seams"):
        measure_seams(moving(5), [9])


@pytest.mark.parametrize("late_samples", [0, 480, -1_024])
def test_the_offset_of_the_sound_is_exact_to_two_samples(late_samples: int) -> None:
    at = [10, 35, 60]
    pcm = np.roll(beep_pcm(80, at), late_samples)
    offset = measure_av_offset(flash_frames(80, at, width=16, height=16), pcm)
    assert offset.offset_samples == pytest.approx([late_samples] * 3, abs=2)
    assert offset.worst_ms == pytest.approx(abs(late_samples) / 48, abs=0.05)


def test_a_missing_beep_is_an_error() -> None:
    with pytest.raises(ValueError, match="2 flashes and 1 beeps"):
        measure_av_offset(flash_frames(80, [10, 35], width=16, height=16), beep_pcm(80, [10]))
    with pytest.raises(ValueError, match="0 flashes"):
        measure_av_offset(flash_frames(80, [], width=16, height=16), beep_pcm(80, [10]))
