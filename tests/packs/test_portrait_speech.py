"""What good lip sync means, on speech of the offline voice: measured where the face is driven, without a picture."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from custom_nodes.portrait.driver import drive
from custom_nodes.portrait.pose import FacePose
from custom_nodes.tts.providers.espeak import EspeakProvider
from custom_nodes.tts.resample import resample
from custom_nodes.tts.speech import SpeechEvent

FRAME, RATE_HZ = 640, 16_000
TEXT = (
    "Papa, mama and Bob bought a big blue boat. Maybe Pam will map it. How do you do? "
    "We saw five very fine views. Yes, I see. She keeps teaching each of us."
)
Speech = tuple[np.ndarray, list[SpeechEvent]]


@pytest.fixture(scope="module")
def speech() -> Speech:
    raw, events, rate_hz = bytearray(), [], RATE_HZ
    for chunk in EspeakProvider().stream(TEXT, voice="en"):
        rate_hz = chunk.rate_hz
        raw += chunk.pcm_s16le
        for e in chunk.events:
            at = e.start_samples * RATE_HZ // rate_hz
            events.append(SpeechEvent(kind=e.kind, name=e.name, start_samples=at))
    pcm = np.frombuffer(resample(bytes(raw), rate_hz, RATE_HZ), dtype="<i2").astype(np.int16)
    return pcm[: len(pcm) // FRAME * FRAME], events


def poses(speech: Speech, *kinds: str) -> list[FacePose]:
    pcm, events = speech
    return drive(pcm, [e for e in events if e.kind in kinds], context_samples=0, frames=len(pcm) // FRAME)


def levels(pcm: np.ndarray) -> np.ndarray:
    return np.sqrt((pcm.astype(np.float64).reshape(-1, FRAME) ** 2).mean(axis=1))


def closed_share(speech: Speech, spoken: list[FacePose]) -> float:
    """Share of p, b and m in which one frame at least has its lips closed."""
    sounds = [e for e in speech[1] if e.kind == "phoneme"]
    shut = []
    for sound, following in pairwise(sounds):
        if sound.name[:1] in ("p", "b", "m"):
            end = max(following.start_samples, sound.start_samples + FRAME)
            during = [p for i, p in enumerate(spoken) if sound.start_samples <= i * FRAME + FRAME // 2 < end]
            shut.append(min(p.opening for p in during) < 0.03)
    assert len(shut) > 15
    return sum(shut) / len(shut)


def test_the_mouth_follows_the_loudness_and_closes_on_every_p_b_and_m(speech: Speech) -> None:
    spoken = poses(speech, "phoneme", "word")
    assert np.corrcoef(levels(speech[0]), [p.opening for p in spoken])[0, 1] > 0.6
    assert closed_share(speech, spoken) >= 0.97


@pytest.mark.parametrize(("kinds", "closing"), [(("word",), 0.6), ((), 0.3)])
def test_a_voice_that_tells_less_still_moves_the_mouth_well(
    speech: Speech, kinds: tuple[str, ...], closing: float
) -> None:
    spoken = poses(speech, *kinds)
    assert np.corrcoef(levels(speech[0]), [p.opening for p in spoken])[0, 1] > 0.6
    assert closed_share(speech, spoken) >= closing


@pytest.mark.parametrize("kinds", [("phoneme",), ("word",), ()])
def test_four_frames_after_the_last_sound_the_face_is_the_idle_loops(speech: Speech, kinds: tuple[str, ...]) -> None:
    pcm, events = speech
    longer = np.concatenate([pcm, np.zeros(15 * FRAME, dtype=np.int16)])
    spoken = poses((longer, events), *kinds)
    last = int(np.flatnonzero(levels(longer) >= 1)[-1])
    assert spoken[last - 8 : last - 2] != [FacePose()] * 6
    assert spoken[last + 4 :] == [FacePose()] * (len(spoken) - last - 4)


def test_lips_round_before_the_rounded_sound_begins(speech: Speech) -> None:
    _, events = speech
    word = next(e.start_samples for e in events if e.kind == "word" and e.name == "do")
    vowel = next(e.start_samples for e in events if e.kind == "phoneme" and e.start_samples > word and e.name[0] == "u")
    spoken = poses(speech, "phoneme")
    assert spoken[vowel // FRAME - 1].pout > 0.3
    assert max(p.pout for p in spoken[vowel // FRAME : vowel // FRAME + 3]) > 0.7


def test_music_under_the_voice_does_not_hold_the_mouth_open(speech: Speech) -> None:
    pcm, _ = speech
    t = np.arange(len(pcm) + 60 * FRAME) / RATE_HZ
    music = sum(np.sin(2 * np.pi * f * t) for f in (220.0, 330.0, 554.0)) * 900
    alone = drive(music.astype(np.int16), [], context_samples=0, frames=60)
    # The first second is the onset of the music itself.
    assert max(p.opening for p in alone[25:]) < 0.05
    mixed = np.clip(pcm + music[: len(pcm)], -32_768, 32_767).astype(np.int16)
    opening = [p.opening for p in drive(mixed, [], context_samples=0, frames=len(pcm) // FRAME)]
    assert np.corrcoef(levels(pcm)[25:], opening[25:])[0, 1] > 0.6


def test_a_quiet_voice_opens_its_mouth_too(speech: Speech) -> None:
    pcm, events = speech
    quiet = (pcm // 6).astype(np.int16)
    opening = [p.opening for p in drive(quiet, events, context_samples=0, frames=len(pcm) // FRAME)]
    assert max(opening) > 0.6


def test_speech_moves_brows_and_head_and_asks_for_blinks_at_its_pauses(speech: Speech) -> None:
    spoken = poses(speech, "phoneme")
    assert max(p.brow for p in spoken) > 0.25
    assert max(p.nod for p in spoken) - min(p.nod for p in spoken) > 0.25
    assert max(p.turn for p in spoken) > 0.05
    assert min(p.turn for p in spoken) < -0.05
    steps = [abs(b.nod - a.nod) for a, b in pairwise(spoken)]
    assert max(steps) < 0.35
    assert sum(p.blink == 1 for p in spoken) >= 3
