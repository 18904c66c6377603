from __future__ import annotations

import json
from typing import Any

import pytest

from custom_nodes.portrait.errors import LandmarksRefused
from custom_nodes.portrait.eye import Box
from custom_nodes.portrait.framing import crop_box
from custom_nodes.portrait.landmarks_json import from_json, to_json

pytestmark = pytest.mark.fast

FACE: dict[str, Any] = {
    "version": 1,
    "width": 400,
    "height": 500,
    "face": [100, 100, 200, 200],
    "mouth": {"left": [170, 260], "right": [230, 264], "top": [200, 252], "bottom": [200, 276], "line": [200, 265]},
    "eyes": [
        {"left": [140, 176], "right": [180, 178], "top": [160, 170], "bottom": [160, 184]},
        {"left": [220, 180], "right": [260, 182], "top": [240, 174], "bottom": [240, 188]},
    ],
    "brows": [
        {"left": [135, 155], "middle": [160, 150], "right": [185, 155]},
        {"left": [215, 157], "middle": [240, 152], "right": [265, 157]},
    ],
    "chin": [201, 322],
}


def changed(path: str, value: Any) -> str:
    """FACE with the value at `path` ("mouth.left", "eyes.0.top") replaced; None takes it out."""
    told = json.loads(json.dumps(FACE))
    *folders, name = path.split(".")
    place = told
    for folder in folders:
        place = place[int(folder) if folder.isdigit() else folder]
    if value is None:
        del place[name]
    else:
        place[name] = value
    return json.dumps(told)


def test_landmarks_come_back_from_their_json() -> None:
    landmarks = from_json(json.dumps(FACE))
    again = json.loads(to_json(landmarks))
    assert again["mouth"].pop("teeth") is False
    assert again.keys() == FACE.keys()
    for name in ("face", "chin", "brows", "eyes"):
        assert json.dumps(again[name]).replace(".0", "") == json.dumps(FACE[name])
    for name, at in FACE["mouth"].items():
        assert again["mouth"][name] == pytest.approx(at, abs=0.5)
    assert from_json(to_json(landmarks)) == landmarks


def test_the_line_runs_through_the_corners_and_its_own_point() -> None:
    mouth = from_json(json.dumps(FACE)).mouth
    assert (mouth.y - mouth.corner_lift - mouth.tilt, mouth.y - mouth.corner_lift + mouth.tilt) == (260, 264)
    assert mouth.y == 265
    assert (mouth.above, mouth.below) == (13, 11)


@pytest.mark.parametrize("path", ["brows", "chin", "eyes", "mouth.line"])
def test_what_is_left_out_is_estimated_near_where_it_is(path: str) -> None:
    given, estimated = from_json(json.dumps(FACE)), from_json(changed(path, None))
    assert estimated.chin == pytest.approx(given.chin, abs=10)
    assert estimated.mouth.y == pytest.approx(given.mouth.y, abs=3)
    for one, other in zip(estimated.eyes, given.eyes, strict=True):
        assert (one.x, one.y) == pytest.approx((other.x, other.y), abs=8)
    for brow, other_brow in zip(estimated.brows, given.brows, strict=True):
        assert brow.middle == pytest.approx(other_brow.middle, abs=10)


def test_an_empty_list_of_eyes_says_that_they_are_hidden() -> None:
    assert from_json(changed("eyes", [])).eyes == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no JSON"),
        ("[" * 30_000, "no JSON"),
        ("[1]", "no JSON object"),
        (" " * 70_000, "70000 characters"),
        ("{}", "lack 'version'"),
        (changed("version", 2), "version 2"),
        (changed("version", True), "version True"),
        (changed("width", 1e12), "width"),
        (changed("width", 400.5), "width"),
        (changed("width", True), "width"),
        (changed("face", [0, 0, 3, 3]), "3x3"),
        (changed("face", [900, 100, 200, 200]), "middle outside"),
        (changed("face", "big"), "4 numbers"),
        (changed("mouth", None), "lack 'mouth'"),
        (changed("mouth", [1, 2]), "as an object"),
        (changed("mouth.left", None), "lack mouth.left"),
        (changed("mouth.left", [float("nan"), 2]), "mouth.left as 2 numbers"),
        (changed("mouth.left", [float("inf"), 2]), "mouth.left as 2 numbers"),
        (changed("mouth.left", [10**400, 2]), "mouth.left as 2 numbers"),
        (changed("mouth.left", ["1", 2]), "mouth.left as 2 numbers"),
        (changed("mouth.left", [-1, 260]), "outside the picture of 400x500"),
        (changed("mouth.left", [240, 260]), "out of order"),
        (changed("mouth.top", [200, 270]), "out of order"),
        (changed("mouth.left", [20, 260]), "does not fit a face 200 wide"),
        (changed("mouth.teeth", 1), "true or false"),
        (changed("mouth.lips", [1, 2]), "knows only"),
        (changed("eye", []), "'eye'"),
        (changed("eyes", {}), "list of at most two"),
        (changed("eyes", FACE["eyes"][::-1]), "viewer's left one comes first"),
        (changed("eyes.0.top", [160, 190]), "out of order"),
        (changed("eyes", [7]), "eyes[0] as an object"),
        (changed("eyes.0.bottom", [160, 400]), "not above the mouth"),
        (changed("brows.1.left", [300, 150]), "brows[1] out of order"),
        (changed("brows.0.left", [-5000, 150]), "brows[0] outside"),
        (changed("chin", [200, 200]), "not below the mouth"),
    ],
)
def test_what_cannot_be_is_refused_by_name(text: str, told: str) -> None:
    with pytest.raises(LandmarksRefused, match=r"\[picture.landmarks\]") as refused:
        from_json(text)
    assert told in str(refused.value)
    assert len(str(refused.value)) < 300


def test_points_follow_the_crop_and_the_scale() -> None:
    landmarks = from_json(json.dumps(FACE)).covered(200, 200)
    # 400x500 to a square: 35 of the 100 rows that are cut off lie above
    assert (landmarks.mouth.x, landmarks.mouth.y) == pytest.approx((100, (265 - 35) / 2))
    assert landmarks.mouth.half_width == pytest.approx(15)
    assert landmarks.chin == pytest.approx((100.5, (322 - 35) / 2))
    assert landmarks.eyes[0].y == pytest.approx((177 - 35) / 2)
    assert landmarks.brows[1].left == pytest.approx((107.5, (157 - 35) / 2))


def test_the_middle_is_shown_where_the_face_lies_in_it() -> None:
    middle = crop_box(1600, 900, 512, 512)
    assert crop_box(1600, 900, 512, 512, face=Box(700, 300, 200, 200)) == middle
    assert (middle.x, middle.width) == (350, 900)


@pytest.mark.parametrize("x", [20, 1300])
def test_a_face_that_the_middle_would_cut_off_is_moved_into_view(x: float) -> None:
    box = crop_box(1600, 900, 512, 512, face=Box(x, 300, 250, 250))
    assert box.x <= max(0, x - 40)
    assert box.x + box.width >= min(1600, x + 250 + 40)
    assert 0 <= box.x <= 1600 - box.width
    assert box.width == pytest.approx(900)
