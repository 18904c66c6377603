"""The resampler: pieces do not matter, lengths are exact, nothing moves."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_nodes.tts.resample import Resampler, resample

RATES = [(22_050, 48_000), (24_000, 48_000), (44_100, 48_000), (48_000, 16_000), (48_000, 48_000)]
NOISE = np.random.default_rng(1).integers(-20_000, 20_000, 6_000).astype("<i2").tobytes()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RATES), st.lists(st.integers(0, 3_000), max_size=12), st.integers(0, 6_000))
def test_pieces_of_any_size_give_the_same_samples(rates: tuple[int, int], sizes: list[int], samples: int) -> None:
    data = NOISE[: samples * 2]
    resampler = Resampler(*rates)
    made = b""
    at = 0
    for size in sizes:  # in bytes: half samples are part of the game
        made += resampler.feed(data[at : at + size])
        at += size
    made += resampler.feed(data[at:]) + resampler.finish()
    assert made == resample(data, *rates)
    assert len(made) // 2 == -(-samples * rates[1] // rates[0])


@pytest.mark.parametrize(("from_hz", "to_hz"), RATES)
def test_sound_stays_where_it_was(from_hz: int, to_hz: int) -> None:
    samples = np.zeros(from_hz, np.int16)
    seconds = (np.arange(from_hz) - from_hz // 2) / from_hz
    samples += np.rint(20_000 * np.exp(-((seconds * 400) ** 2)) * np.cos(2 * np.pi * 500 * seconds)).astype(np.int16)
    made = np.frombuffer(resample(samples.astype("<i2").tobytes(), from_hz, to_hz), "<i2").astype(float)
    assert int(np.argmax(made)) / to_hz == pytest.approx(0.5, abs=1 / to_hz)
    assert made.max() == pytest.approx(20_000, rel=0.01)


def test_a_full_scale_square_is_clipped_not_wrapped() -> None:
    square = np.where(np.arange(9_600) // 24 % 2, 32_767, -32_768).astype("<i2")
    made = np.frombuffer(resample(square.tobytes(), 22_050, 48_000), "<i2").astype(int)
    # A wrapped overshoot would jump from one rail to the other within a sample in the middle of a plateau.
    period = 48 * 48_000 / 22_050
    assert np.count_nonzero(np.abs(np.diff(made)) > 50_000) <= 2 * len(made) / period


def test_feeding_after_the_end_of_nothing_gives_nothing() -> None:
    assert resample(b"", 22_050, 48_000) == b""
