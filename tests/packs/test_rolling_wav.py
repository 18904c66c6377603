"""RollingWav: the same windows whatever the pieces were, every sample heard, steps of whole parts."""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_nodes.rolling_wav import sound
from custom_nodes.rolling_wav.errors import WindowShape
from custom_nodes.rolling_wav.rolling_wav import AudioWindow, RollingWav
from custom_nodes.rolling_wav.waveform import waveform

pytestmark = pytest.mark.fast
FRAME_BYTES = 1280  # 640 samples of 2 bytes at 25 fps


def noise(size: int, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)


def cut(pieces: list[bytes], **shape: int | None) -> list[AudioWindow]:
    rolling = RollingWav(**shape)  # type: ignore[arg-type]
    windows = [window for piece in pieces for window in rolling.feed(piece)]
    return windows + rolling.finish()


@given(
    size=st.integers(0, 400_000),
    cuts=st.lists(st.integers(0, 400_000), max_size=30),
    first=st.sampled_from([None, 8, 16, 40]),
)
@settings(max_examples=80, deadline=None)
def test_pieces_of_any_size_give_the_same_windows(size: int, cuts: list[int], first: int | None) -> None:
    pcm = noise(size)
    edges = [0, *sorted(at % (size + 1) for at in cuts), size]
    pieces = [pcm[start:end] for start, end in itertools.pairwise(edges)]
    assert cut(pieces, first_new_frames=first) == cut([pcm], first_new_frames=first)


@given(size=st.integers(1, 300_000), first=st.sampled_from([None, 8, 24]))
@settings(max_examples=60, deadline=None)
def test_new_frames_join_to_the_whole_sound(size: int, first: int | None) -> None:
    pcm = noise(size, seed=1)
    windows = cut([pcm], first_new_frames=first)
    new = b""
    for index, window in enumerate(windows):
        begin = 2 * window.context_samples + window.overlap_frames * FRAME_BYTES
        assert window.index == index
        assert window.start_frame * FRAME_BYTES == len(new)
        assert window.new_frames % 8 == 0
        assert window.closing_frames % 8 == 0
        assert window.closing_frames <= window.new_frames
        assert len(window.pcm_s16le) == begin + (window.new_frames + 4) * FRAME_BYTES
        new += window.pcm_s16le[begin : begin + window.new_frames * FRAME_BYTES]
    whole = pcm[: size // 2 * 2]
    assert new[: len(whole)] == whole
    assert not any(new[len(whole) :])
    assert [window.last for window in windows] == [False] * (len(windows) - 1) + [True]


def test_context_overlap_and_lookahead_are_the_sound_around() -> None:
    pcm = noise(200 * FRAME_BYTES)
    silence = b"\0" * 30 * FRAME_BYTES
    around = silence + pcm + silence
    for window in cut([pcm]):
        begin = (window.start_frame - 5 - 25 + 30) * FRAME_BYTES
        heard = around[begin : begin + len(window.pcm_s16le)]
        assert window.pcm_s16le == heard.ljust(len(window.pcm_s16le), b"\0")


def test_first_window_may_be_short_and_the_next_goes_on_where_it_ends() -> None:
    windows = cut([noise(100 * FRAME_BYTES)], first_new_frames=8)
    assert [(window.start_frame, window.new_frames) for window in windows][:3] == [(0, 8), (8, 40), (48, 40)]


def test_last_window_of_a_graph_of_any_length_is_as_short_as_its_sound() -> None:
    short = cut([noise(50 * FRAME_BYTES)], first_new_frames=40)[-1]
    padded = cut([noise(50 * FRAME_BYTES)])[-1]
    assert (short.new_frames, short.closing_frames) == (16, 16)
    assert (padded.new_frames, padded.closing_frames) == (40, 16)


def test_sound_that_ends_on_a_window_still_gets_silence_for_the_mouth_to_shut() -> None:
    last = cut([noise(40 * FRAME_BYTES)], first_new_frames=40)[-1]
    assert (last.start_frame, last.new_frames) == (40, 8)


def test_no_sound_gives_no_window() -> None:
    assert cut([]) == []
    assert cut([b""]) == []


def test_memory_does_not_grow_with_the_speech() -> None:
    rolling = RollingWav()
    for _ in range(200):
        rolling.feed(noise(40 * FRAME_BYTES))
    assert len(rolling._buffer) < 200 * FRAME_BYTES


@pytest.mark.parametrize(
    "shape",
    [
        {"window_frames": 44},
        {"overlap_frames": 45},
        {"fps": 30},
        {"fps": 0},
        {"first_new_frames": 12},
        {"overlap_frames": -3},
    ],
)
def test_lengths_that_do_not_fit_are_refused(shape: dict[str, int]) -> None:
    with pytest.raises(WindowShape, match=r"^\[window\.shape\] "):
        cut([], **shape)


def test_finished_turn_takes_no_more_sound() -> None:
    rolling = RollingWav()
    rolling.finish()
    with pytest.raises(WindowShape):
        rolling.feed(b"\0\0")


def test_infinitetalk_shape_gives_steps_of_72() -> None:
    windows = cut([noise(300 * FRAME_BYTES)], window_frames=81, overlap_frames=9)
    assert [window.start_frame for window in windows] == [0, 72, 144, 216, 288]


def test_events_count_from_the_window_and_keep_the_phoneme_that_still_sounds() -> None:
    events = [{"kind": "phoneme", "name": name, "start_samples": at} for name, at in (("a", 0), ("b", 100), ("c", 900))]
    heard = sound.events_of(events, start_samples=600, context_samples=200, samples=1000)
    assert [(event["name"], event["start_samples"]) for event in heard] == [("b", -500), ("c", 300)]


def test_s16le_survives_the_way_through_floats() -> None:
    pcm = noise(4000)
    assert sound.to_s16le(sound.to_floats(pcm)) == pcm
    assert sound.to_s16le(np.array([2.0, -2.0, np.nan], np.float32)) == np.array([32767, -32768, 0], "<i2").tobytes()


def test_a_windows_picture_is_as_loud_as_its_sound_and_knows_its_parts() -> None:
    loud = np.full(16_000 * 3, 16_384, "<i2").tobytes()
    rolling = RollingWav(window_frames=45, overlap_frames=5)
    first = (rolling.feed(loud) + rolling.finish())[0]
    told = waveform(first, fps=25)
    frames = [told[f"{name}_frames"] for name in ("context", "overlap", "new", "ahead")]
    assert frames == [25, 5, 40, 4]
    silent = len(told["bars"]) * (25 + 5) // sum(frames)  # before the speech
    assert max(told["bars"][: silent - 1]) == 0
    assert set(told["bars"][silent + 1 :]) == {500}
