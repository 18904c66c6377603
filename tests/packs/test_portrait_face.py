"""The finder, with MediaPipe's mesh where set-up has brought it, and always without: on our own drawing alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps

from custom_nodes.portrait import drawn, face_mesh
from custom_nodes.portrait.errors import FaceMissing, FaceUnfit
from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.picture import cover
from tests.packs.drawn import draw_presenter

pytestmark = pytest.mark.fast

Picture = NDArray[np.uint8]
needs_mesh = pytest.mark.skipif(not face_mesh.is_there(), reason="set-up has not brought the face mesh")


@pytest.fixture(params=["mesh", "cascade"])
def finder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    if request.param == "cascade":
        monkeypatch.setattr(face_mesh, "MODELS", tmp_path)
    elif not face_mesh.is_there():
        pytest.skip("set-up has not brought the face mesh")
    return str(request.param)


def placed(size: int, *, canvas: tuple[int, int], at: tuple[int, int]) -> Picture:
    """The presenter of `size` pixels on a plain ground of `canvas` (width, height)."""
    picture = np.full((canvas[1], canvas[0], 3), 190, np.uint8)
    drawn = cv2.resize(draw_presenter(512, 512), (size, size), interpolation=cv2.INTER_AREA)
    picture[at[1] : at[1] + size, at[0] : at[0] + size] = drawn
    return picture


def turned(picture: Picture, degrees: float) -> Picture:
    height, width = picture.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    return np.asarray(cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.mark.parametrize("light", [1.0, 0.3])
def test_mouth_eyes_and_chin_are_where_they_were_drawn(finder: str, light: float) -> None:
    found = find_landmarks((draw_presenter(512, 512) * light).astype(np.uint8))
    true = drawn.landmarks(drawn.DEFAULT, 512, 512)
    assert (found.mouth.x, found.mouth.y) == pytest.approx((true.mouth.x, true.mouth.y), abs=6)
    assert [(eye.x, eye.y) for eye in found.eyes] == [pytest.approx((eye.x, eye.y), abs=9) for eye in true.eyes]
    assert found.chin == pytest.approx(true.chin, abs=20)
    assert found.face.width == pytest.approx(true.face.width, rel=0.12)
    assert [brow.middle[1] < eye.y - 8 for brow, eye in zip(found.brows, found.eyes, strict=True)] == [True, True]
    assert found.notes == ()


@needs_mesh
@pytest.mark.parametrize("degrees", [-20, 10])
def test_a_tilted_head_is_found_with_its_tilt(degrees: float) -> None:
    found = find_landmarks(turned(draw_presenter(512, 512), degrees))
    slope = (found.eyes[1].y - found.eyes[0].y) / (found.eyes[1].x - found.eyes[0].x)
    assert np.degrees(np.arctan(slope)) == pytest.approx(-degrees, abs=4)
    assert bool(found.notes) == (abs(degrees) > 15)


@needs_mesh
def test_a_head_on_its_side_is_refused() -> None:
    with pytest.raises(FaceUnfit, match="level") as refused:
        find_landmarks(turned(draw_presenter(512, 512), 60))
    assert refused.value.code == "picture.face_tilted"


def test_a_small_face_is_refused_with_its_size(finder: str) -> None:
    with pytest.raises(FaceUnfit, match=r"only \d\d pixels wide in the stream of 512x512, cut from 900x512") as refused:
        find_landmarks(placed(110, canvas=(512, 512), at=(190, 150)), file_size=(900, 512))
    assert refused.value.code == "picture.face_small"


def test_a_face_in_the_dark_is_refused(finder: str) -> None:
    dark = (draw_presenter(512, 512) * 0.05).astype(np.uint8)
    with pytest.raises((FaceUnfit, FaceMissing)) as refused:
        find_landmarks(dark)
    assert refused.value.code in {"picture.dark", "picture.no_face"}


@needs_mesh
def test_a_masked_mouth_is_refused() -> None:
    masked = draw_presenter(512, 512).copy()
    cv2.ellipse(masked, (256, 302), (70, 44), 0, 0, 360, (225, 230, 235), -1)
    with pytest.raises(FaceUnfit, match="hides the mouth") as refused:
        find_landmarks(masked)
    assert refused.value.code == "picture.mouth_hidden"


@needs_mesh
def test_behind_dark_glasses_nothing_blinks() -> None:
    hidden = draw_presenter(512, 512).copy()
    for eye in drawn.landmarks(drawn.DEFAULT, 512, 512).eyes:
        cv2.ellipse(hidden, (round(eye.x), round(eye.y)), (38, 28), 0, 0, 360, (20, 20, 22), -1)
    found = find_landmarks(hidden)
    assert found.eyes == ()
    assert "eyes are hidden" in found.notes[0]


@pytest.mark.parametrize("x", [0, 760])
def test_a_face_at_the_edge_of_a_wide_picture_is_moved_into_view(finder: str, x: int) -> None:
    face = find_landmarks(cover(placed(440, canvas=(1200, 440), at=(x, 0)), 256, 256)).face
    assert face.x > 0.1 * face.width
    assert face.x + face.width < 256 - 0.1 * face.width


def test_a_picture_is_cut_like_another_whatever_it_shows_itself(finder: str) -> None:
    begin, later = (placed(440, canvas=(1200, 440), at=(x, 0)) for x in (0, 400))
    columns = np.broadcast_to((np.arange(1200) // 5).astype(np.uint8)[None, :, None], begin.shape)
    left, middle = (5 * int(cover(columns, 256, 256, like=like)[0, 0, 0]) for like in (begin, later))
    assert left < 120
    assert middle == pytest.approx((1200 - 440) / 2, abs=20)


def test_a_face_in_the_middle_leaves_the_crop_as_it_was(finder: str) -> None:
    picture = placed(440, canvas=(900, 440), at=(230, 0))
    middle = ImageOps.fit(Image.fromarray(picture), (220, 220), Image.Resampling.LANCZOS, centering=(0.5, 0.35))
    assert np.array_equal(cover(picture, 220, 220), np.asarray(middle))


@pytest.mark.parametrize("kind", ["noise", "flat", "stripes"])
def test_where_nobody_is_nothing_is_found(finder: str, kind: str) -> None:
    picture = np.full((300, 400, 3), 90, np.uint8)
    if kind == "noise":
        picture = np.random.default_rng(5).integers(0, 255, picture.shape).astype(np.uint8)
    elif kind == "stripes":
        picture[:, ::20] = 220
    with pytest.raises(FaceMissing, match="give the landmarks by hand"):
        find_landmarks(picture)
