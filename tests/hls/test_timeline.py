from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hls.errors import SpanClosed, TimelineGap
from hls.ticks import TICKS_HZ, anchor_unix_ns, frames_to_ticks, ns_to_ticks, ticks_to_ns
from hls.timeline import Timeline

PIECES = st.lists(st.tuples(st.sampled_from(["idle", "talk"]), st.sampled_from(["", "a", "b"]), st.integers(1, 8)))


@given(PIECES, st.integers(0, 10**12), st.integers(0, 2 * 10**18))
def test_places_are_contiguous_and_dates_linear(pieces: list, first: int, anchor: int) -> None:
    timeline, at = Timeline(next_ticks=first, anchor_unix_ns=anchor), first
    for kind, label, frames in pieces:
        date = timeline.pdt_unix_ns(at)
        span = timeline.append(kind=kind, label=label, duration_ticks=frames_to_ticks(frames), start_ticks=at)
        assert (span.start_ticks, span.end_ticks) == (at, at + 1920 * frames)
        at = span.end_ticks
        assert timeline.last_span is not None
        assert timeline.last_span.end_ticks == timeline.next_ticks == at
        if first == 0:
            assert timeline.pdt_unix_ns(at) - date == frames * 40_000_000


def test_the_last_span_grows_while_kind_and_label_stay() -> None:
    timeline = Timeline()
    for label in ("a", "a", "b"):
        timeline.append(kind="talk", label=label, duration_ticks=1920)
    assert timeline.last_span is not None
    assert (timeline.last_span.start_ticks, timeline.last_span.end_ticks) == (3840, 5760)


def test_idle_is_refused_while_a_talk_span_is_open_and_welcome_after() -> None:
    timeline = Timeline()
    timeline.open_talk()
    with pytest.raises(SpanClosed):
        timeline.append(kind="idle", label="", duration_ticks=1920)
    with pytest.raises(SpanClosed):
        timeline.open_talk()
    assert timeline.next_ticks == 0
    timeline.close_talk()
    timeline.append(kind="idle", label="", duration_ticks=1920)
    assert timeline.next_ticks == 1920


@pytest.mark.parametrize(("start", "duration"), [(1920, 1920), (0, 0), (0, -1920)])
def test_media_for_another_tick_or_of_no_length_is_refused(start: int, duration: int) -> None:
    with pytest.raises(TimelineGap):
        Timeline().append(kind="idle", label="", duration_ticks=duration, start_ticks=start)


@given(st.integers(0, 10**9), st.integers(0, 2 * 10**18))
def test_units_turn_into_each_other(frames: int, now: int) -> None:
    ticks = frames_to_ticks(frames)
    assert ticks_to_ns(ticks) == frames * 40_000_000
    assert ns_to_ticks(ticks_to_ns(ticks)) == ticks
    assert anchor_unix_ns(now_unix_ns=now, next_ticks=ticks) + ticks_to_ns(ticks) == now
    assert ticks_to_ns(TICKS_HZ) == 10**9
