"""How loud a speech is, and one gain for all of its windows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from custom_nodes.rolling_wav.loudness import LoudnessMeter, amplified, gain_to
from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav

pytestmark = pytest.mark.fast

RATE_HZ = 16_000
SHAPE = {"window_frames": 29, "overlap_frames": 5, "context_frames": 75}


def s16le(samples: NDArray[np.float64]) -> bytes:
    return bytes(np.rint(samples * 32767).astype("<i2").tobytes())


def tone(seconds: float, *, hz: float = 997.0, peak: float = 1.0) -> bytes:
    return s16le(peak * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ))


def lufs_of(pcm: bytes, *, pieces_bytes: int = 1 << 30) -> float:
    meter = LoudnessMeter()
    for start in range(0, len(pcm), pieces_bytes):
        meter.feed(pcm[start : start + pieces_bytes])
    return meter.lufs


def test_a_full_scale_tone_has_the_loudness_of_the_standard() -> None:
    # BS.1770-4: a 997 Hz sine at full scale in one channel is -3.01; at 16 kHz the shelf's top lies 0.04 higher
    assert lufs_of(tone(5.0)) == pytest.approx(-3.01, abs=0.06)
    assert lufs_of(tone(5.0, peak=0.1)) == pytest.approx(-23.01, abs=0.06)
    assert lufs_of(tone(5.0, hz=25.0)) < lufs_of(tone(5.0)) - 8


def test_pauses_do_not_count_and_pieces_change_nothing() -> None:
    spoken, silence = tone(4.0, peak=0.1), bytes(4 * RATE_HZ * 2)
    assert lufs_of(spoken + silence + spoken) == pytest.approx(lufs_of(spoken), abs=0.2)
    faint = tone(4.0, peak=0.001)  # 40 dB below: the relative gate takes it away
    assert lufs_of(spoken + faint) == pytest.approx(lufs_of(spoken), abs=0.2)
    assert lufs_of(spoken + faint, pieces_bytes=2 * 777) == pytest.approx(lufs_of(spoken + faint), abs=1e-9)


def test_silence_and_a_click_have_none_and_keep_their_gain() -> None:
    assert lufs_of(bytes(RATE_HZ * 4)) == lufs_of(tone(0.3)) == lufs_of(b"") == -math.inf
    assert gain_to(-23.0, of_lufs=-math.inf) == 1.0
    assert gain_to(-23.0, of_lufs=-90.0) == 10.0
    assert gain_to(-23.0, of_lufs=-3.0) == pytest.approx(0.1)
    assert amplified(s16le(np.array([0.9, -0.9])), 2.0) == np.array([32767, -32768], "<i2").tobytes()


def cut(pcm: bytes, *, pieces_bytes: int = 1 << 30, **more: float) -> list[AudioWindow]:
    rolling = RollingWav(**SHAPE, **more)  # type: ignore[arg-type]
    windows = []
    for start in range(0, len(pcm), pieces_bytes):
        windows += rolling.feed(pcm[start : start + pieces_bytes])
    return windows + rolling.finish()


def test_all_windows_of_a_speech_get_one_gain() -> None:
    loud_then_low = tone(3.0, peak=0.5) + tone(3.0, peak=0.05)
    plain, level = cut(loud_then_low), cut(loud_then_low, loudness_lufs=-23.0)
    assert [cut(loud_then_low, loudness_lufs=0.0)[0].pcm_s16le] == [plain[0].pcm_s16le]
    ratios = []
    for before, after in zip(plain, level, strict=True):
        one, other = (np.frombuffer(window.pcm_s16le, "<i2").astype(float) for window in (before, after))
        assert len(one) == len(other)
        assert np.abs(other - one * (other @ one) / (one @ one)).max() <= 1
        ratios.append(float((other @ one) / (one @ one)))
    assert max(ratios) - min(ratios) < 1e-3
    assert lufs_of(level[0].pcm_s16le) == pytest.approx(-23.0, abs=0.1)
    # the pieces in which the sound came change nothing
    assert cut(loud_then_low, loudness_lufs=-23.0, pieces_bytes=2 * 999) == level


def test_a_gain_that_is_known_goes_before_the_first_window() -> None:
    plain, halved = (cut(tone(3.0, peak=0.5), **more)[0] for more in ({}, {"loudness_lufs": -23.0, "gain": 0.5}))
    assert halved.pcm_s16le == amplified(plain.pcm_s16le, 0.5)
