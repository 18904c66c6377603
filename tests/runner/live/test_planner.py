"""The planner against a simulated playback of any length, speed and spread."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.live.planner import FRAME_NS, Pace, Piece, Stretch, plan_start, split_windows


def underruns(windows: list[int], *, pace: Pace, start_ns: int, seed: int) -> int:
    """Play windows that render one after another; count those not ready when they are due."""
    chance = random.Random(seed)
    ready_ns, due_ns, late = 0, start_ns, 0
    for frames in windows:
        factor = 1 + pace.spread * chance.choice([-1.0, 1.0, chance.uniform(-1, 1)])
        ready_ns += int(frames * FRAME_NS * pace.rtf * factor)
        late += ready_ns > due_ns
        due_ns += frames * FRAME_NS
    return late


def stretch(windows: list[int]) -> Stretch:
    return Stretch(pieces=tuple(Piece(new_frames=frames, shown_frames=frames) for frames in windows))


SPEECH = {
    "frames": st.integers(1, 4000),
    "rtf": st.floats(0.01, 30.0),
    "spread": st.floats(0.0, 0.9),
    "shape": st.sampled_from([(40, None), (40, 16), (72, None), (72, 24)]),
    "seed": st.integers(0, 1 << 30),
}


@settings(max_examples=400, deadline=None)
@given(**SPEECH)
def test_playback_never_underruns_from_the_computed_start(
    frames: int, rtf: float, spread: float, shape: tuple[int, int | None], seed: int
) -> None:
    pace = Pace(rtf=rtf, spread=spread)
    windows = list(split_windows(frames, window_step=shape[0], first_frames=shape[1]))
    plan = plan_start([stretch(windows)], pace=pace)
    assert underruns(windows, pace=pace, start_ns=plan, seed=seed) == 0


@settings(max_examples=200, deadline=None)
@given(**SPEECH)
def test_no_earlier_start_would_do_in_the_worst_case(
    frames: int, rtf: float, spread: float, shape: tuple[int, int | None], seed: int
) -> None:
    pace = Pace(rtf=rtf, spread=spread)
    windows = list(split_windows(frames, window_step=shape[0], first_frames=shape[1]))
    early_ns = plan_start([stretch(windows)], pace=pace) - 1_000_000
    slow = Pace(rtf=pace.rtf * (1 + pace.spread))
    assert underruns(windows, pace=slow, start_ns=early_ns, seed=seed) > 0


@settings(max_examples=200, deadline=None)
@given(frames=st.integers(41, 4000), rtf=st.floats(0.01, 0.69), spread=st.floats(0.0, 0.4))
def test_where_rendering_keeps_up_the_first_two_windows_decide(frames: int, rtf: float, spread: float) -> None:
    pace = Pace(rtf=rtf, spread=spread)
    assert pace.keeps_up
    windows = list(split_windows(frames, window_step=40, first_frames=16))
    assert plan_start([stretch(windows)], pace=pace) == plan_start([stretch(windows[:2])], pace=pace)


def test_what_is_rendered_and_what_is_under_way_shorten_the_wait() -> None:
    pace = Pace(rtf=2.0)
    windows = [40] * 5
    whole = plan_start([stretch(windows)], pace=pace)
    begun = plan_start([stretch(windows)], pace=pace, lanes_running_ns=[40 * FRAME_NS])
    ready = plan_start([stretch(windows[1:])], pace=pace, ready_frames=40)
    assert whole - begun == 40 * FRAME_NS
    assert ready == whole - 80 * FRAME_NS


def test_a_window_that_renders_as_fast_as_it_plays_is_waited_for_once() -> None:
    assert plan_start([stretch([40])], pace=Pace(rtf=1.0)) == 1_600_000_000


@pytest.mark.parametrize("rtf", [0.05, 27.0])
def test_a_measured_pace_comes_to_what_is_measured(rtf: float) -> None:
    pace = Pace(rtf=1.0, spread=0.5)
    for _ in range(300):
        pace = pace.measured(new_frames=40, render_ns=int(40 * FRAME_NS * rtf))
    assert pace.rtf == pytest.approx(rtf, rel=1e-3)
    assert pace.spread < 0.05
