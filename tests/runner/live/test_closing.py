"""Where a talk span ends, and that nothing of the speech is lost there or said twice."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_nodes.tts.speech import PcmChunk, SpeechEvent
from hls.access_unit import AccessUnit
from hls.ticks import FRAME_TICKS, PART_FRAMES
from runner.live.closing import Cut, close_at_pause
from runner.live.planner import FRAME_NS, Pace, comes_late
from runner.live.span_sound import FADE_SAMPLES
from runner.live.speech_file import SpeechFile
from runner.live.talk import ReadyWindow, TalkFeed

from .conftest import SECOND, Stage
from .test_channel import holes, spans, violations
from .test_turn import TEXT, talk_text

UNIT = AccessUnit(data=b"", is_idr=True)
PAUSES = st.lists(st.integers(0, 400 * FRAME_TICKS), max_size=60)


@settings(max_examples=300, deadline=None)
@given(pauses=PAUSES, cursor=st.integers(0, 30), parts=st.integers(0, 12))
def test_a_span_closes_in_whole_parts_at_the_last_pause_that_is_rendered(
    pauses: list[int], cursor: int, parts: int
) -> None:
    rendered = cursor + parts * PART_FRAMES
    close = close_at_pause(pauses, cursor_frame=cursor, rendered_frame=rendered)
    if close is None:
        assert not any(cursor * FRAME_TICKS <= pause <= rendered * FRAME_TICKS for pause in pauses)
        return
    assert close.said_until_ticks in pauses
    assert not any(close.said_until_ticks < pause <= rendered * FRAME_TICKS for pause in pauses)
    assert close.close_frame <= rendered
    assert (close.close_frame - cursor) % PART_FRAMES == 0
    assert 0 <= close.close_frame * FRAME_TICKS - close.said_until_ticks < PART_FRAMES * FRAME_TICKS


@settings(max_examples=300, deadline=None)
@given(
    frames=st.integers(8, 80), rtf=st.floats(0.05, 10), ran=st.floats(0, 0.999), ready=st.integers(0, 200),
    spread=st.floats(0, 2),
)  # fmt: skip
def test_a_window_is_late_when_what_it_still_needs_is_longer_than_what_is_left_to_play(
    frames: int, rtf: float, ran: float, ready: int, spread: float
) -> None:
    needs_ns = Pace(rtf=rtf).render_ns(frames)
    ran_ns = int(needs_ns * ran)
    late = comes_late(frames, pace=Pace(rtf=rtf, spread=spread), running_ns=ran_ns, ready_frames=ready)
    assert late == (needs_ns - ran_ns > ready * FRAME_NS)


@settings(max_examples=200, deadline=None)
@given(frames=st.integers(8, 80), rtf=st.floats(0.05, 1), spread=st.floats(0.01, 1), ran=st.floats(0, 0.999))
def test_what_the_start_was_planned_for_is_never_called_late(
    frames: int, rtf: float, spread: float, ran: float
) -> None:
    pace = Pace(rtf=rtf, spread=spread)
    longest_ns = pace.render_ns(frames)
    ran_ns = int(longest_ns * ran)
    planned = -(-(longest_ns - ran_ns) // FRAME_NS)
    assert not comes_late(frames, pace=pace, running_ns=ran_ns, ready_frames=planned)


def test_a_window_that_overran_is_expected_to_need_as_long_again() -> None:
    pace = Pace(rtf=1.0)
    usual_ns = pace.render_ns(40)
    assert not comes_late(40, pace=pace, running_ns=usual_ns + 10 * FRAME_NS, ready_frames=10)
    assert comes_late(40, pace=pace, running_ns=usual_ns + 10 * FRAME_NS, ready_frames=9)


def say(
    speech: SpeechFile, shape: list[int], *, at: Cut, late: list[bool], pauses: list[int]
) -> tuple[list, Cut | None]:
    """Play one span in which window after window is there, and the one after `len(shape)` never comes."""
    end_frame = -(-speech.frames // PART_FRAMES) * PART_FRAMES + PART_FRAMES
    feed = TalkFeed(
        turn="t",
        label="l",
        speech=speech,
        entry_frame=0,
        start_frame=at.frame,
        first_index=at.index,
        from_ticks=at.ticks,
    )
    answers, start = iter(late), at.frame
    feed.will_be_late = lambda: next(answers, True)
    for index, frames in enumerate(shape, start=at.index):
        inside = tuple(p for p in pauses if start * FRAME_TICKS <= p < (start + frames) * FRAME_TICKS)
        feed.add(ReadyWindow(index=index, start_frame=start, frames=frames, clip=Path(), units=(UNIT,) * frames,
                             pauses_ticks=inside))  # fmt: skip
        start += frames
    if start >= end_frame:
        feed.end_frame = start
    parts = []
    while (part := feed.take()) is not None:
        parts.append(part)
    feed.close("done" if feed.exhausted else "late")
    return parts, feed.goes_on_at


@settings(max_examples=80, deadline=None)
@given(
    samples=st.integers(1, 200_000),
    pauses=st.lists(st.integers(0, 200_000), max_size=20),
    shapes=st.lists(st.lists(st.sampled_from([8, 16, 40]), min_size=1, max_size=3), min_size=1, max_size=30),
    late=st.lists(st.booleans(), max_size=10),
)
def test_over_all_spans_every_sample_is_said_once(
    samples: int, pauses: list[int], shapes: list[list[int]], late: list[bool]
) -> None:
    tone = (np.arange(samples) % 20_000 + 5_000).astype("<i2")
    said, near_a_cut = np.zeros(samples + FRAME_TICKS * 400, dtype=int), np.zeros(samples, dtype=bool)
    with tempfile.TemporaryDirectory() as folder:
        speech = SpeechFile(Path(folder))
        speech.append(PcmChunk(start_samples=0, rate_hz=48_000, pcm_s16le=tone.tobytes()))
        speech.finish()
        speech.wake()
        at: Cut | None = Cut(index=0, frame=0, ticks=0)
        # The last span gets all that is left.
        for shape in itertools.chain(shapes, [[40] * 5]):
            parts, rest = say(speech, shape, at=at, late=late, pauses=pauses)
            for part in parts:
                start = part.start_frame * FRAME_TICKS
                heard = np.frombuffer(part.pcm_s16le, dtype="<i2")
                assert len(heard) == len(part.units) * FRAME_TICKS
                said[start : start + len(heard)] += heard != 0
            for edge in (at.ticks, rest.ticks if rest is not None else samples):
                near_a_cut[max(0, edge - FADE_SAMPLES) : edge + FADE_SAMPLES] = True
            if rest is None or rest.ticks >= samples:
                break
            assert rest.ticks > at.ticks or not parts
            at = rest
        speech.close()
    assert (said[:samples][~near_a_cut] == 1).all()
    assert (said[:samples] <= 2).all()


async def broken(stage: Stage) -> list[SpeechEvent]:
    """Let the engine become slow in mid-talk and fast again; return the words."""
    session = await talk_text(stage)
    await stage.until(lambda: session.channel.talking)
    stage.engine.rtf = 6.0
    await stage.until(lambda: stage.counters.windows_late > 0)
    stage.engine.rtf = 0.1
    folder = next((stage.data / "turns" / session.channel.id).iterdir())
    file = SpeechFile(folder)
    words = [event for event in file.events() if event.kind == "word"]
    file.close()
    return words


async def test_a_talk_that_a_late_window_breaks_stops_before_a_word_and_goes_on_with_it(stage: Stage) -> None:
    words = await broken(stage)
    session = next(iter(stage.hub._sessions.values()))
    seen: list[tuple[int, int]] = []
    await stage.until(lambda: bool(session.channel.talking))
    feed = session.channel._feed
    seen.append((feed.start_frame, feed._sound.from_ticks))
    await stage.turn_ends()
    await stage.clock.advance_ns(2 * SECOND)
    start_frame, from_ticks = seen[0]
    assert from_ticks in {word.start_samples for word in words}
    assert start_frame == from_ticks // FRAME_TICKS
    assert stage.of("turn_end")[0]["reason"] == "done"
    assert stage.of("turn_end")[0]["heard"] == TEXT
    assert spans(stage) == ["idle", "talk", "idle", "talk", "idle"]
    assert holes(stage) == []
    assert violations(stage, session.channel.id) == []


async def test_what_was_heard_of_a_broken_talk_ends_with_the_word_before_the_break(stage: Stage) -> None:
    words = await broken(stage)
    session = next(iter(stage.hub._sessions.values()))
    end = await session.stop(stage.clock.unix_ns() // 1_000_000 + 5000)
    assert end is not None
    heard = end["heard"].split()
    assert 0 < len(heard) < len(words)
    assert end["heard_ticks"] == words[len(heard)].start_samples


async def test_a_broken_talk_asks_for_no_window_twice_under_one_prompt_id(stage: Stage) -> None:
    await broken(stage)
    await stage.turn_ends()
    assert len(set(stage.engine.prompts)) == len(stage.engine.prompts)
