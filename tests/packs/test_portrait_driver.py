# ruff: noqa: RUF001 - stress marks of the phonetic alphabet are meant
from __future__ import annotations

import itertools
import random

import numpy as np
import pytest

from custom_nodes.portrait.driver import CONTEXT_FRAMES, LOOKAHEAD_FRAMES, drive
from custom_nodes.portrait.errors import SoundRefused
from custom_nodes.portrait.pose import FacePose
from custom_nodes.portrait.spans import HOLD_SAMPLES
from custom_nodes.tts.speech import SpeechEvent

pytestmark = pytest.mark.fast
FRAME = 640


def phoneme(name: str, start_samples: int) -> SpeechEvent:
    return SpeechEvent(kind="phoneme", name=name, start_samples=start_samples)


def word(name: str, start_samples: int) -> SpeechEvent:
    return SpeechEvent(kind="word", name=name, start_samples=start_samples)


def babble(frames: int, seed: int = 5) -> tuple[np.ndarray, list[SpeechEvent]]:
    """Speech-like sound: a voiced buzz with a moving envelope and pauses, and phonemes at uneven moments."""
    moves = random.Random(seed)
    samples = frames * FRAME
    t = np.arange(samples) / 16_000
    knots = np.array([moves.choice([0.0, 0.02, 0.3, 0.7, 1.0]) for _ in range(samples // 1_600 + 2)])
    envelope = np.interp(np.arange(samples) / 1_600, np.arange(len(knots)), knots)
    tone = sum(np.sin(2 * np.pi * 130 * k * t) / k for k in range(1, 14))
    events, at = [], 300
    while at < samples:
        name = moves.choice(["a", "'i", "p", "m", "s", "u", "_:", "b", "E", "@", "w", "t#"])
        events.append(phoneme(name, at))
        length = moves.choice([700, 1_100, 1_700]) if name in "pmb_:t#s" else moves.choice([700, 1_700, 2_400, 9_000])
        # As in a voice: shut lips and stops let little sound out, pauses none.
        envelope[at : at + length] *= {"p": 0.05, "b": 0.1, "m": 0.3, "_:": 0.0, "t#": 0.2, "s": 0.4}.get(name, 1.0)
        at += length
    pcm = np.asarray(np.clip(tone * envelope * 9_000, -32_768, 32_767), dtype=np.int16)
    return pcm, events


def frame_levels(pcm: np.ndarray) -> np.ndarray:
    return np.sqrt((pcm.astype(np.float64).reshape(-1, FRAME) ** 2).mean(axis=1))


def in_windows(pcm: np.ndarray, events: list[SpeechEvent], cuts: list[int]) -> list[FacePose]:
    poses: list[FacePose] = []
    for first, end in itertools.pairwise(cuts):
        context = min(first, CONTEXT_FRAMES)
        heard = pcm[(first - context) * FRAME : (end + LOOKAHEAD_FRAMES) * FRAME]
        low, high = (first - CONTEXT_FRAMES) * FRAME, (end + LOOKAHEAD_FRAMES) * FRAME
        near = [
            SpeechEvent(kind=e.kind, name=e.name, start_samples=e.start_samples - first * FRAME)
            for e in events
            if low <= e.start_samples < high
        ]
        poses += drive(heard, near, context_samples=context * FRAME, frames=end - first)
    return poses


@pytest.mark.parametrize("seed", range(6))
def test_windows_of_any_length_give_the_values_of_the_whole_file(seed: int) -> None:
    pcm, events = babble(300, seed)
    whole = drive(pcm, events, context_samples=0, frames=300)
    moves = random.Random(seed)
    cuts = sorted({0, 300, *(moves.randrange(1, 300) for _ in range(moves.randrange(1, 40)))})
    assert in_windows(pcm, events, cuts) == whole
    assert max(pose.opening for pose in whole) > 0.5


def test_a_pause_after_a_sound_that_began_long_ago_asks_for_the_same_blink_in_every_window() -> None:
    pcm, _ = babble(120)
    for held in range(10, 40):
        events = [phoneme("a", 300), phoneme("_:", held * FRAME)]
        assert in_windows(pcm, events, [0, held - 2, held, held + 3, 120]) == drive(
            pcm, events, context_samples=0, frames=120
        )


def test_windows_are_exact_without_phonemes_too() -> None:
    pcm, _ = babble(120)
    assert in_windows(pcm, [], [0, 13, 40, 41, 120]) == drive(pcm, [], context_samples=0, frames=120)


def test_overlapping_windows_agree_on_the_frames_they_share() -> None:
    pcm, events = babble(90)
    first = in_windows(pcm, events, [0, 45])
    second = in_windows(pcm, events, [40, 85])
    assert first[40:45] == second[:5]


@pytest.mark.parametrize("with_phonemes", [True, False])
def test_opening_follows_loudness(with_phonemes: bool) -> None:
    pcm, events = babble(500)
    voiced = [e for e in events if e.name not in ("_:",)]
    poses = drive(pcm, voiced if with_phonemes else [], context_samples=0, frames=500)
    correlation = np.corrcoef(frame_levels(pcm), [pose.opening for pose in poses])[0, 1]
    assert correlation > 0.5


def test_opening_is_neither_early_nor_late() -> None:
    pcm, _ = babble(500)
    opening = np.array([pose.opening for pose in drive(pcm, [], context_samples=0, frames=500)])
    level = frame_levels(pcm)
    scores = {shift: np.corrcoef(np.roll(level, shift)[5:-5], opening[5:-5])[0, 1] for shift in range(-4, 5)}
    assert max(scores, key=lambda shift: scores[shift]) in (-1, 0, 1)


@pytest.mark.parametrize("name", ["p", "b", "m", "'p", "ˈb", "m:"])
def test_lips_are_shut_in_every_frame_that_a_closed_consonant_covers(name: str) -> None:
    loud = np.asarray(np.sin(np.arange(50 * FRAME) * 0.3) * 16_000, dtype=np.int16)
    for start in range(10 * FRAME, 11 * FRAME, 64):
        events = [phoneme("a", 0), *(phoneme("a", at) for at in range(4_000, start, 4_000))]
        events += [phoneme(name, start), phoneme("a", start + 1_000)]
        poses = drive(loud, events, context_samples=0, frames=50)
        covered = [i for i in range(50) if start <= i * FRAME + FRAME // 2 < start + 1_000]
        assert covered
        assert [poses[i].opening for i in covered] == [0.0] * len(covered)
        assert poses[covered[0] - 4].opening > 0.4
        assert poses[covered[-1] + 5].opening > 0.4


@pytest.mark.parametrize("spelled", ["papa", "fifi"])
def test_no_guess_at_a_word_shuts_the_lips_while_a_vowel_is_told(spelled: str) -> None:
    loud = np.asarray(np.sin(np.arange(40 * FRAME) * 0.3) * 16_000, dtype=np.int16)
    told = [phoneme("a", at) for at in range(0, 16_000, 4_000)]
    alone, with_word = (
        drive(loud, events, context_samples=0, frames=25) for events in (told, [*told, word(spelled, 3_000)])
    )
    guessed = drive(loud, [word(spelled, 3_000)], context_samples=0, frames=25)
    assert with_word == alone
    assert max(max(p.press, p.tuck) for p in guessed) > 0.9


def test_windows_are_exact_with_words_beside_phonemes_and_where_phonemes_are_missing() -> None:
    pcm, events = babble(160)
    moves = random.Random(3)
    told = [e for e in events if (e.start_samples // 16_000) % 3 != 1]
    words = [word(moves.choice(["papa", "five", "mob", "sea"]), at) for at in range(500, 160 * FRAME, 7_300)]
    whole = drive(pcm, [*told, *words], context_samples=0, frames=160)
    for seed in range(4):
        cuts = [0, *sorted(random.Random(seed).sample(range(1, 160), 5)), 160]
        assert in_windows(pcm, [*told, *words], cuts) == whole


def test_silence_shuts_the_mouth_whatever_the_phonemes_say() -> None:
    silent = np.zeros(40 * FRAME, dtype=np.int16)
    poses = drive(silent, [phoneme("a", 0), phoneme("u", 9_000)], context_samples=0, frames=40)
    assert poses == [FacePose(opening=0.0, width=0.0)] * 40


def test_the_mouth_is_shut_before_the_first_word_and_after_the_last() -> None:
    tone = np.asarray(np.sin(np.arange(20 * FRAME) * 0.3) * 9_000, dtype=np.int16)
    pcm = np.concatenate([np.zeros(15 * FRAME, np.int16), tone, np.zeros(20 * FRAME, np.int16)])
    poses = drive(pcm, [], context_samples=0, frames=55)
    assert all(pose.opening == 0.0 for pose in [*poses[:13], *poses[38:]])
    assert poses[25].opening > 0.3


def test_wide_and_round_sounds_pull_the_mouth_apart() -> None:
    loud = np.asarray(np.sin(np.arange(20 * FRAME) * 0.3) * 16_000, dtype=np.int16)
    see, do = (drive(loud, [phoneme(n, 4_000)], context_samples=0, frames=12)[9] for n in ("i:", "u:"))
    assert see.width > 0.4
    assert do.width < -0.4


def test_an_event_older_than_the_hold_no_longer_counts() -> None:
    loud = np.asarray(np.sin(np.arange(20 * FRAME) * 0.3) * 16_000, dtype=np.int16)
    old = [phoneme("u", -HOLD_SAMPLES - CONTEXT_FRAMES * FRAME)]
    assert drive(loud, old, context_samples=0, frames=5) == drive(loud, [], context_samples=0, frames=5)


def test_sound_shorter_than_the_frames_is_padded_with_silence() -> None:
    loud = np.full(FRAME, 12_000, dtype=np.int16)
    assert drive(loud, [], context_samples=0, frames=20)[-1].opening == 0.0


@pytest.mark.parametrize("fps", [25, 50])
def test_both_frame_rates_of_the_stream_are_taken(fps: int) -> None:
    pcm, events = babble(50)
    assert len(drive(pcm, events, context_samples=0, frames=2 * fps, fps=fps)) == 2 * fps


@pytest.mark.parametrize(
    ("pcm", "fps"),
    [
        (np.zeros(640), 25),
        (np.zeros((640, 2), np.int16), 25),
        (np.zeros(640, np.int16), 24),
        (np.zeros(640, np.int16), 0),
    ],
)
def test_sound_that_cannot_be_used_is_refused(pcm: np.ndarray, fps: int) -> None:
    with pytest.raises(SoundRefused, match=r"\[portrait.sound\]"):
        drive(pcm, [], context_samples=0, frames=1, fps=fps)
