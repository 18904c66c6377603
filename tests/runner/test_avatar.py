"""The avatar's picture: what is told of one that cannot be used."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from custom_nodes.portrait.landmarks_json import from_json
from runner import avatar
from runner.avatar import place_avatar
from runner.errors import PictureRefused
from tests.packs.drawn import draw_presenter


@pytest.mark.parametrize(
    ("size", "told"), [((600, 400), "(600x400, its middle shown as 512x512)"), ((512, 512), "(512x512)")]
)
def test_a_picture_without_a_face_is_named_by_its_own_size(size: tuple[int, int], told: str, tmp_path: Path) -> None:
    picture = tmp_path / "wall.png"
    Image.new("RGB", size, (90, 120, 90)).save(picture)
    with pytest.raises(PictureRefused) as caught:
        place_avatar(picture, data=tmp_path, width=512, height=512, needs_face=True)
    assert caught.value.code == "picture.no_face"
    assert told in str(caught.value)


@pytest.mark.parametrize("name", [".", "/", "..", "a folder"])
def test_what_is_no_file_is_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    (tmp_path / "a folder").mkdir()
    with pytest.raises(PictureRefused) as caught:
        place_avatar(Path(name) if name != "a folder" else tmp_path / name, data=tmp_path, width=64, height=64,
                     needs_face=True)  # fmt: skip
    assert caught.value.code == "picture.unreadable"


def given(picture: Path, **changed: Any) -> None:
    """Put a wall and the landmarks of a face on it, at its left edge, into the picture's folder."""
    Image.new("RGB", (600, 300), (90, 120, 90)).save(picture)
    told = {
        "version": 1, "width": 600, "height": 300, "face": [20, 60, 150, 150],
        "mouth": {"left": [70, 180], "right": [120, 180], "top": [95, 172], "bottom": [95, 195]},
    }  # fmt: skip
    picture.with_suffix(".landmarks.json").write_text(json.dumps(told | changed), encoding="utf-8")


def test_landmarks_beside_the_picture_are_placed_with_it_in_the_streams_pixels(tmp_path: Path) -> None:
    picture = tmp_path / "wall.png"
    given(picture)
    placed = place_avatar(picture, data=tmp_path, width=150, height=150, needs_face=True)
    assert placed.files == (placed.name.replace(".png", ".landmarks.json"), placed.name)
    assert all((tmp_path / name).is_file() for name in placed.files)
    found = from_json((tmp_path / placed.landmarks).read_text(encoding="utf-8"))
    # The crop to a square holds the face: it begins at the left edge, and halves the picture.
    assert (found.width, found.height) == (150, 150)
    assert (found.mouth.x, found.face.width) == (95 / 2, 75)


def test_other_landmarks_make_another_avatar(tmp_path: Path) -> None:
    picture = tmp_path / "wall.png"
    names = []
    for chin in ([95, 220], [95, 230]):
        given(picture, chin=chin)
        names.append(place_avatar(picture, data=tmp_path, width=150, height=150, needs_face=True).name)
    assert names[0] != names[1]


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"height": 600}, "picture.landmarks"),
        ({"mouth": {}}, "picture.landmarks"),
        ({"face": [65, 140, 60, 60]}, "picture.face_small"),
    ],
)
def test_landmarks_that_do_not_fit_the_picture_are_refused(changed: dict[str, Any], code: str, tmp_path: Path) -> None:
    given(tmp_path / "wall.png", **changed)
    with pytest.raises(PictureRefused) as caught:
        place_avatar(tmp_path / "wall.png", data=tmp_path, width=150, height=150, needs_face=True)
    assert caught.value.code == code


def test_found_landmarks_are_placed_so_that_every_engine_has_the_same(tmp_path: Path) -> None:
    picture = tmp_path / "somebody.png"
    Image.fromarray(draw_presenter(256, 256)).save(picture)
    placed = place_avatar(picture, data=tmp_path, width=256, height=256, needs_face=True)
    found = from_json((tmp_path / placed.landmarks).read_text(encoding="utf-8"))
    assert (found.mouth.x, found.mouth.y) == pytest.approx((128, 149), abs=5)


def test_of_placed_pictures_the_newest_stay_and_those_on_air(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avatar, "KEPT_PLACED", 2)
    picture, placed = tmp_path / "wall.png", []
    for at in range(5):
        given(picture, chin=[95, 220 + at])
        placed.append(place_avatar(picture, data=tmp_path, width=150, height=150, needs_face=True))
        os.utime(tmp_path / placed[-1].name, ns=(at, at))
    drawn = tmp_path / "avatars" / "presenter_150x150_01234567.png"
    drawn.touch()
    os.utime(drawn, ns=(0, 0))
    avatar.forget_old_pictures(tmp_path, spare={placed[1].name})
    there = [[(tmp_path / name).exists() for name in one.files] for one in placed]
    assert there == [[False] * 2, [True] * 2, [False] * 2, [True] * 2, [True] * 2]
    assert drawn.exists()
