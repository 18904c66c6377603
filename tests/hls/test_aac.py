from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hls.aac import AacEncoder
from hls.errors import MediaParameters

SOUND = np.random.default_rng(3).normal(0, 3000, 20_000).astype("<i2").tobytes()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 5000), max_size=8))
def test_packets_do_not_depend_on_the_pieces(cuts: list[int]) -> None:
    whole, pieces = AacEncoder(), AacEncoder()
    out, at = [], 0
    for cut in cuts:
        out += pieces.feed(SOUND[2 * at : 2 * (at + cut)])
        at += cut
    out += pieces.feed(SOUND[2 * at :])
    assert out == whole.feed(SOUND)


def test_the_look_ahead_is_two_frames_and_priming_is_dropped() -> None:
    encoder, counts = AacEncoder(), []
    for _ in range(4):
        counts.append(len(encoder.feed(bytes(15_360 * 2))))
    assert counts == [13, 15, 15, 15]


def test_the_config_is_low_complexity_48_khz_mono() -> None:
    assert AacEncoder().config[:2] == bytes.fromhex("1188")


def test_half_a_sample_is_refused() -> None:
    with pytest.raises(MediaParameters):
        AacEncoder().feed(b"\0")
