"""The gallery's measures, on faces whose answer is known."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from custom_nodes.portrait.drawn import AVATARS
from runner.errors import BadInput
from runner.gallery.faces import find_faces
from runner.gallery.figures import measure_clip
from runner.gallery.gallery import Clip
from runner.gallery.heard import HeardSpeech
from runner.gallery.lips import LipTrack, MouthPlace, follow_lips
from runner.gallery.report import table
from runner.gallery.sheet import CELL_PIXELS, COLUMNS, clip_rows, overview_row
from runner.speech.tone import ToneSpeech

pytestmark = pytest.mark.fast

MOUTH = MouthPlace(x=60, y=60, half_width=20)


def face(gap: int, *, moved: int = 0, skin: tuple[int, int, int] = (220, 180, 160)) -> np.ndarray:
    """A face with textured skin, lips `gap` pixels apart, the head `moved` pixels lower."""
    skin_now = np.array(skin, np.float32)
    grain = np.random.default_rng(1).normal(0, 0.04, (140, 120, 1)) + 1
    still = np.broadcast_to(skin_now, (140, 120, 3)) * grain
    still[52:60, 40:80] = skin_now * (0.75, 0.45, 0.45)
    still[60:70, 42:78] = skin_now * (0.8, 0.5, 0.5)
    frame = still.copy()
    frame[60 + gap :] = still[60 : 140 - gap]
    frame[60 : 60 + gap] = skin_now * (0.3, 0.1, 0.1)
    return np.clip(np.roll(frame, moved, axis=0), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("skin", [(220, 180, 160), (70, 48, 40)])
def test_the_opening_is_found_whatever_the_skin_and_wherever_the_head_goes(skin: tuple[int, int, int]) -> None:
    gaps = [0, 3, 8, 14, 8, 0]
    frames = [face(gap, moved=moved, skin=skin) for gap, moved in zip(gaps, [0, 1, -2, 2, 0, 1], strict=True)]
    track = follow_lips(frames, shut=face(0, skin=skin), mouth=MOUTH)
    assert track.opening * 40 == pytest.approx(gaps, abs=1.0)
    assert track.surety.min() > 0.8


def measured(opening: np.ndarray, levels: np.ndarray, closures_s: list[float]) -> object:
    noise = np.random.default_rng(4).standard_normal(len(levels) * 1_920)
    pcm = np.rint(noise * 6_000 * np.repeat(levels, 1_920)).clip(-32_768, 32_767).astype(np.int16)
    track = LipTrack(opening=opening, surety=np.ones(len(opening)))
    frames = [np.full((140, 120, 3), 100, np.uint8)] * len(opening)
    return measure_clip(frames, pcm, track, mouth=MOUTH, closures_s=closures_s)


def test_lips_that_follow_the_sound_close_on_p_and_rest_in_silence_are_told_so() -> None:
    levels = np.concatenate([np.zeros(20), np.tile([0.1, 0.6, 1.0, 0.6, 0.02], 12), np.zeros(20)])
    opening = 0.3 * levels
    figures = measured(opening, levels, [(20 + 5 * index + 4) / 25 for index in range(12)])
    assert (figures.lag_frames, figures.closed, figures.closures) == (0, 12, 12)
    assert figures.correlation > 0.8
    assert (figures.rest_opening, figures.rest_step, figures.still_above) == (0.0, 0.0, 0.0)


def test_lips_that_flap_in_silence_and_stay_open_on_p_are_told_so() -> None:
    levels = np.concatenate([np.full(50, 0.8), np.zeros(50)])
    opening = 0.2 + 0.1 * np.tile([0.0, 1.0], 50)
    figures = measured(opening, levels, [0.5, 1.0])
    assert (figures.closed, figures.closures) == (0, 2)
    assert figures.rest_opening >= 0.2
    assert figures.rest_step == pytest.approx(0.1)
    assert figures.correlation < 0.5


def test_a_voice_is_heard_as_it_speaks_clause_after_clause() -> None:
    speech = HeardSpeech(ToneSpeech())
    lengths = [sum(len(chunk.pcm_s16le) // 2 for chunk in speech.stream(text)) for text in ("one two", "three")]
    words = [at_s for at_s, _ in speech.words]
    assert len(words) == 3
    assert words == sorted(words)
    assert words[2] >= lengths[0] / 48_000


def test_a_sheet_shows_every_clip_whole_and_near() -> None:
    frames = [face(gap) for gap in itertools.islice(itertools.cycle([0, 8]), 40)]
    rows = clip_rows(frames, np.tile([0.0, 0.2], 20), MOUTH)
    assert rows.shape == (2 * CELL_PIXELS, COLUMNS * CELL_PIXELS, 3)
    row = overview_row(rows)
    assert row.shape == (CELL_PIXELS, COLUMNS * CELL_PIXELS, 3)
    assert (row[:, :CELL_PIXELS] == rows[:CELL_PIXELS, :CELL_PIXELS]).all()
    assert (row[:, CELL_PIXELS:] == rows[CELL_PIXELS:, CELL_PIXELS:]).all()


def test_faces_come_from_files_and_folders_and_a_folder_without_is_refused(tmp_path: Path) -> None:
    assert [one.name for one in find_faces([])] == list(AVATARS)
    for name in ("b.png", "a.JPG", "notes.md"):
        (tmp_path / name).touch()
    assert [one.name for one in find_faces([tmp_path])] == ["a", "b"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="no picture"):
        find_faces([tmp_path / "empty"])
    with pytest.raises(BadInput, match="two pictures are called a"):
        find_faces([tmp_path, tmp_path / "a.JPG"])
    with pytest.raises(BadInput, match="moving is what"):
        find_faces([tmp_path / "moving.png"])


def test_a_face_that_was_refused_says_so_in_the_table() -> None:
    told = table([Clip(face="wall", text=0, refused="no face was found")])
    assert "| wall | refused: no face was found |" in told
    assert len({line.count("|") for line in told.splitlines() if line.startswith("|")}) == 1
