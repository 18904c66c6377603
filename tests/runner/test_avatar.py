"""The avatar's picture: what is told of one that cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from runner.avatar import place_avatar
from runner.errors import PictureRefused


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
