from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from custom_nodes.portrait import drawn
from custom_nodes.portrait.blink import BLINK_LEVELS, blink_levels
from custom_nodes.portrait.driver import CONTEXT_FRAMES, LOOKAHEAD_FRAMES, drive
from custom_nodes.portrait.errors import FaceMissing
from custom_nodes.portrait.pose import FacePose
from custom_nodes.portrait.talker import LOOP_FRAMES, Talker, talker_for
from custom_nodes.tts.speech import SpeechEvent
from tests.packs.drawn import draw_presenter

pytestmark = pytest.mark.fast
FRAME = 640


@pytest.fixture(scope="module")
def talker() -> Talker:
    # As drawn: how it moves must not depend on which finder set-up has brought.
    return Talker(draw_presenter(256, 256), drawn.landmarks(drawn.DEFAULT, 256, 256))


@pytest.fixture(scope="module")
def idle(talker: Talker) -> list[np.ndarray]:
    return list(talker.idle())


def phoneme(name: str, start_samples: int) -> SpeechEvent:
    return SpeechEvent(kind="phoneme", name=name, start_samples=start_samples)


def loud(frames: int) -> np.ndarray:
    t = np.arange(frames * FRAME) / 16_000
    return np.asarray(np.sin(2 * np.pi * 300 * t) * np.abs(np.sin(2 * np.pi * 2 * t)) * 15_000, dtype=np.int16)


def still(talker: Talker, opening: float, width: float = 0.0) -> np.ndarray:
    return next(talker.frames([FacePose(opening=opening, width=width)], start_frame=0, loop_frames=LOOP_FRAMES))


def darkness(talker: Talker, frame: np.ndarray) -> int:
    """Pixels of the inside of the mouth: far darker than in the picture at rest, around the lips."""
    mouth = talker.landmarks.mouth
    rows = slice(int(mouth.y - 0.1 * mouth.side), int(mouth.y + 0.2 * mouth.side))
    columns = slice(int(mouth.x - mouth.half_width), int(mouth.x + mouth.half_width))
    rest = still(talker, 0.0)[rows, columns].astype(int)
    return int((frame[rows, columns].astype(int) < rest - 60).any(axis=2).sum())


def test_talk_in_silence_is_the_idle_loop_byte_for_byte(talker: Talker, idle: list[np.ndarray]) -> None:
    silent = np.zeros(250 * FRAME, dtype=np.int16)
    for start in (0, 8, 29, 184):
        frames = list(talker.render(silent, [], context_samples=3_200, start_frame=start, frames=60))
        assert all(np.array_equal(f, idle[(start + i) % LOOP_FRAMES]) for i, f in enumerate(frames))


def test_frames_do_not_depend_on_how_the_speech_was_cut(talker: Talker) -> None:
    pcm = loud(90)
    events = [phoneme(name, at) for at, name in enumerate(["a", "m", "i", "_", "u", "p", "E"])]
    events = [phoneme(e.name, 3_000 + 7_000 * i) for i, e in enumerate(events)]
    whole = list(talker.render(pcm, events, context_samples=0, start_frame=16, frames=90))
    for first, count in ((0, 45), (40, 45), (7, 13)):
        context = min(first, CONTEXT_FRAMES)
        heard = pcm[(first - context) * FRAME : (first + count + LOOKAHEAD_FRAMES) * FRAME]
        near = [phoneme(e.name, e.start_samples - first * FRAME) for e in events]
        frames = talker.render(heard, near, context_samples=context * FRAME, start_frame=16 + first, frames=count)
        assert all(np.array_equal(f, whole[first + i]) for i, f in enumerate(frames))


def test_lips_are_closed_on_p_b_m_and_open_around_them(talker: Talker) -> None:
    pcm = np.asarray(np.sin(np.arange(40 * FRAME) * 0.3) * 16_000, dtype=np.int16)
    for name in ("p", "b", "m"):
        start = 16 * FRAME
        events = [phoneme("a", at) for at in range(0, start, 4_000)]
        events += [phoneme(name, start), phoneme("a", start + 1_280), phoneme("a", start + 5_000)]
        # With the head held still what differs is the mouth.
        poses = drive(pcm, events, context_samples=0, frames=30)
        held = [replace(pose, nod=0.0, turn=0.0, tilt=0.0, brow=0.0, blink=0) for pose in poses]
        frames = list(talker.frames(held, start_frame=0, loop_frames=10**6))
        shut, before, after = (darkness(talker, frames[i]) for i in (16, 11, 22))
        assert shut == 0
        assert min(before, after) > 60


def test_the_inside_of_the_mouth_grows_with_the_opening(talker: Talker) -> None:
    seen = [darkness(talker, still(talker, opening)) for opening in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert seen == sorted(seen)
    assert seen[0] == 0
    assert seen[-1] > seen[1] > 0


def test_the_picture_opens_with_the_sound(talker: Talker) -> None:
    pcm = loud(100)
    frames = talker.render(pcm, [], context_samples=0, start_frame=0, frames=100, loop_frames=10**6)
    seen = [darkness(talker, frame) for frame in frames]
    level = np.sqrt((pcm.astype(float).reshape(-1, FRAME) ** 2).mean(axis=1))
    assert np.corrcoef(seen, level)[0, 1] > 0.5


def test_nothing_above_the_mouth_changes_when_it_opens(talker: Talker) -> None:
    mouth = talker.landmarks.mouth
    above = int(mouth.y - 0.3 * mouth.side)
    assert np.array_equal(still(talker, 1.0)[:above], still(talker, 0.0)[:above])


def test_rounded_lips_are_narrower_than_spread_ones(talker: Talker) -> None:
    def mouth_columns(width: float) -> int:
        mouth = talker.landmarks.mouth
        rows = slice(int(mouth.y - 0.05 * mouth.side), int(mouth.y + 0.12 * mouth.side))
        columns = slice(int(mouth.x - 1.4 * mouth.half_width), int(mouth.x + 1.4 * mouth.half_width))
        frame, rest = (
            still(talker, opening, w)[rows, columns].astype(int) for opening, w in ((0.6, width), (0.0, 0.0))
        )
        changed = (frame[..., 1] < 60) & (rest[..., 1] > 70)
        return int(np.ptp(np.flatnonzero(changed.any(axis=0))))

    assert mouth_columns(-1.0) < mouth_columns(0.0) < mouth_columns(1.0)


def test_the_idle_loop_has_no_seam(idle: list[np.ndarray]) -> None:
    blinks = blink_levels(LOOP_FRAMES)
    quiet = [i for i in range(1, LOOP_FRAMES) if blinks[i] == blinks[i - 1] == 0]
    steps = [int(np.abs(idle[i].astype(int) - idle[i - 1]).sum()) for i in quiet]
    assert int(np.abs(idle[0].astype(int) - idle[-1]).sum()) <= max(steps)
    assert blinks[0] == blinks[-1] == 0


def test_the_first_idle_frame_is_the_picture_itself(idle: list[np.ndarray]) -> None:
    assert np.array_equal(idle[0], draw_presenter(256, 256))


def test_the_avatar_moves_all_the_time_while_it_idles(idle: list[np.ndarray]) -> None:
    assert all(not np.array_equal(idle[i], idle[i + 2]) for i in range(0, LOOP_FRAMES - 2))


@pytest.mark.parametrize("loop_frames", [96, 192, 200, 480, 20])
def test_every_blink_lies_whole_inside_the_loop(loop_frames: int) -> None:
    levels = blink_levels(loop_frames)
    assert len(levels) == loop_frames
    assert levels[:8] == (0,) * min(8, loop_frames)
    assert levels[-8:] == (0,) * min(8, loop_frames)
    starts = [i for i in range(1, loop_frames) if levels[i] and not levels[i - 1]]
    assert all(levels[i : i + len(BLINK_LEVELS)] == BLINK_LEVELS for i in starts)
    assert bool(starts) == (loop_frames > 60)


def test_a_blink_covers_the_iris_with_skin(talker: Talker, idle: list[np.ndarray]) -> None:
    blinks = blink_levels(LOOP_FRAMES)
    at = blinks.index(max(blinks))
    for eye in talker.landmarks.eyes:
        box = (slice(int(eye.y - 3), int(eye.y + 3)), slice(int(eye.x - 5), int(eye.x + 5)))
        before, shut = (float(idle[i][box].mean()) for i in (blinks.index(BLINK_LEVELS[0]) - 1, at))
        assert before < 140
        assert shut > before + 30


def test_a_repeated_picture_is_prepared_once() -> None:
    picture = draw_presenter(128, 128)
    assert talker_for(picture) is talker_for(picture.copy())
    changed = picture.copy()
    changed[0, 0] += 9
    assert talker_for(changed) is not talker_for(picture)


def test_a_yielded_frame_is_never_written_again(talker: Talker) -> None:
    frames = talker.render(loud(30), [], context_samples=0, start_frame=0, frames=30)
    first = next(frames)
    kept = first.copy()
    list(frames)
    assert np.array_equal(first, kept)


def test_a_picture_without_a_face_needs_a_mouth_box() -> None:
    flat = np.full((256, 256, 3), 128, dtype=np.uint8)
    with pytest.raises(FaceMissing, match="give the landmarks by hand"):
        Talker(flat)
    by_hand = talker_for(flat, mouth_box=(100.0, 150.0, 56.0, 20.0))
    assert not np.array_equal(still(by_hand, 1.0), still(by_hand, 0.0))
    assert by_hand.landmarks.eyes == ()
