"""Landmarks as JSON: the file that lies beside a picture, and what people correct by hand.

A little long, because each point is checked where it is read.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import points
from .eye import Box, Eye
from .landmarks import Brow, Landmarks, usual_brows, usual_chin, usual_eyes
from .lips import Mouth
from .points import Point, refuse

VERSION = 1
# Beyond this a number is a slip of the hand. The least: a stream of 16 pixels, and the face of a drawn avatar in it.
LARGEST_SIDE = 100_000
LEAST_SIDE = 16
LEAST_FACE = 6
# A line given outside this share of the mouth's half width says nothing of how far the corners lift.
LINE_WITHIN = 0.6
GROUPS = ("version", "width", "height", "face", "mouth", "eyes", "brows", "chin")
MOUTH_POINTS = ("left", "right", "top", "bottom", "line", "teeth")
EYE_POINTS = ("left", "right", "top", "bottom")
BROW_POINTS = ("left", "middle", "right")


def to_json(landmarks: Landmarks) -> str:
    """Return the JSON that `from_json` reads, without `notes`."""
    mouth, face = landmarks.mouth, landmarks.face
    told: dict[str, Any] = {
        "version": VERSION,
        "width": landmarks.width,
        "height": landmarks.height,
        "face": [face.x, face.y, face.width, face.height],
        "mouth": {
            "left": (mouth.x - mouth.half_width, mouth.y - mouth.corner_lift - mouth.tilt),
            "right": (mouth.x + mouth.half_width, mouth.y - mouth.corner_lift + mouth.tilt),
            "top": (mouth.x, mouth.y - mouth.above),
            "bottom": (mouth.x, mouth.y + mouth.below),
            "line": (mouth.x, mouth.y),
            "teeth": mouth.teeth_show,
        },
        "eyes": [
            {
                "left": (eye.x - eye.half_width, eye.y - eye.tilt),
                "right": (eye.x + eye.half_width, eye.y + eye.tilt),
                "top": (eye.x, eye.y - eye.half_height),
                "bottom": (eye.x, eye.y + eye.half_height),
            }
            for eye in landmarks.eyes
        ],
        "brows": [{"left": brow.left, "middle": brow.middle, "right": brow.right} for brow in landmarks.brows],
        "chin": landmarks.chin,
    }
    return json.dumps(_rounded(told))


def from_json(text: str) -> Landmarks:
    """Read landmarks; what is left out is estimated, an empty list of eyes or brows says that they are hidden.

    Raises: LandmarksRefused, which names the point that is wrong.
    """
    told = points.mapping(points.parse(text), "the file", known=GROUPS)
    for name in GROUPS[:5]:
        if name not in told:
            refuse(f"lack {name!r}")
    if told["version"] != VERSION or isinstance(told["version"], bool):
        refuse(f"are of version {str(told['version'])[:20]}, and only {VERSION} is known")
    width, height = (points.whole(told[n], n, least=LEAST_SIDE, most=LARGEST_SIDE) for n in ("width", "height"))
    face = Box(*points.numbers(told["face"], "face", count=4))
    if face.width < LEAST_FACE or face.height < LEAST_FACE:
        refuse(f"have a face of {face.width:g}x{face.height:g} pixels, and {LEAST_FACE} is the least")
    if not (0 <= face.x + face.width / 2 <= width and 0 <= face.y + face.height / 2 <= height):
        refuse(f"have the face's middle outside the picture of {width}x{height}")
    mouth = _read_mouth(told["mouth"], face, width, height)
    eyes = _read_eyes(told["eyes"], mouth, width, height) if "eyes" in told else usual_eyes(face)
    brows = _read_brows(told["brows"], face, width, height) if "brows" in told else usual_brows(eyes, face)
    chin = points.point(told, "chin", "the file") if "chin" in told else usual_chin(mouth, eyes)
    if chin[1] <= mouth.y or abs(chin[0] - mouth.x) > face.width:
        refuse(f"have the chin at {chin[0]:g},{chin[1]:g}, which is not below the mouth")
    return Landmarks(width=width, height=height, face=face, mouth=mouth, eyes=eyes, brows=brows, chin=chin)


def given_for(text: str, image_rgb: NDArray[np.uint8]) -> Landmarks | None:
    """Return the landmarks in `text` in the pixels of RGB uint8 (H, W, 3), None for an empty text.

    Those of the whole picture, from which the stream's was cut, fit too. Raises: LandmarksRefused.
    """
    height, width = image_rgb.shape[:2]
    return from_json(text).covered(width, height) if text.strip() else None


def _read_mouth(value: Any, face: Box, width: int, height: int) -> Mouth:
    told = points.mapping(value, "mouth", known=MOUTH_POINTS)
    left, right, top, bottom = (points.point(told, key, "mouth") for key in MOUTH_POINTS[:4])
    line = points.point(told, "line", "mouth") if "line" in told else _usual_line(left, right, top, bottom)
    for name, at in (("left", left), ("right", right), ("top", top), ("bottom", bottom), ("line", line)):
        _inside(at, f"mouth.{name}", width, height)
    if not (right[0] - left[0] >= 4 and top[1] < bottom[1] and top[1] <= line[1] <= bottom[1]):
        refuse("have a mouth out of order: left of right, top above line above bottom, at least 4 pixels wide")
    teeth = told.get("teeth", False)
    if not isinstance(teeth, bool):
        refuse("want mouth.teeth as true or false")
    x, half = (left[0] + right[0]) / 2, (right[0] - left[0]) / 2
    if not 0.12 * face.width <= 2 * half <= 0.9 * face.width or not face.x < x < face.x + face.width:
        refuse(f"have a mouth {2 * half:g} pixels wide at x {x:g}, which does not fit a face {face.width:g} wide")
    tilt, corners = (right[1] - left[1]) / 2, (left[1] + right[1]) / 2
    u = max(-LINE_WITHIN, min(LINE_WITHIN, (line[0] - x) / half))
    lift = (line[1] - tilt * u - corners) / (1.0 - u * u)
    y = corners + lift
    return Mouth(
        x=x, y=y, half_width=half, corner_lift=lift, tilt=tilt, side=face.width, teeth_show=teeth,
        above=max(0.0, y - top[1]), below=max(0.0, bottom[1] - y),
    )  # fmt: skip


def _usual_line(left: Point, right: Point, top: Point, bottom: Point) -> Point:
    """Return the middle of the lip line: the lower lip is a little fuller than the upper."""
    return ((left[0] + right[0]) / 2, top[1] + 0.45 * (bottom[1] - top[1]))


def _read_eyes(value: Any, mouth: Mouth, width: int, height: int) -> tuple[Eye, ...]:
    eyes = []
    for index, one in enumerate(_pair(value, "eyes")):
        name = f"eyes[{index}]"
        told = points.mapping(one, name, known=EYE_POINTS)
        left, right, top, bottom = (points.point(told, key, name) for key in EYE_POINTS)
        for key, at in (("left", left), ("right", right), ("top", top), ("bottom", bottom)):
            _inside(at, f"{name}.{key}", width, height)
        if not (left[0] < right[0] and top[1] < bottom[1]):
            refuse(f"have {name} out of order: left of right, top above bottom")
        if bottom[1] >= mouth.y:
            refuse(f"have {name} not above the mouth")
        eyes.append(
            Eye(
                x=(left[0] + right[0]) / 2, y=(top[1] + bottom[1]) / 2, tilt=(right[1] - left[1]) / 2,
                half_width=(right[0] - left[0]) / 2, half_height=(bottom[1] - top[1]) / 2,
            )
        )  # fmt: skip
    if len(eyes) > 1 and eyes[0].x + eyes[0].half_width > eyes[1].x - eyes[1].half_width:
        refuse("have eyes that overlap or are out of order: the viewer's left one comes first")
    return tuple(eyes)


def _read_brows(value: Any, face: Box, width: int, height: int) -> tuple[Brow, ...]:
    brows = []
    for index, one in enumerate(_pair(value, "brows")):
        name = f"brows[{index}]"
        told = points.mapping(one, name, known=BROW_POINTS)
        brow = Brow(**{key: points.point(told, key, name) for key in BROW_POINTS})
        if not brow.left[0] < brow.middle[0] < brow.right[0]:
            refuse(f"have {name} out of order: left, middle, right")
        # A crop may cut a brow off, but one that lies a face away is a slip of the hand.
        for at in (brow.left, brow.right):
            if not (-face.width <= at[0] <= width + face.width and -face.width <= at[1] <= height):
                refuse(f"have {name} outside the picture of {width}x{height}")
        brows.append(brow)
    return tuple(brows)


def _pair(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list) or len(value) > 2:
        refuse(f"want {name} as a list of at most two")
    return value


def _inside(at: Point, name: str, width: int, height: int) -> None:
    if not (0 <= at[0] <= width and 0 <= at[1] <= height):
        refuse(f"have {name} at {at[0]:g},{at[1]:g}, outside the picture of {width}x{height}")


def _rounded(value: Any) -> Any:
    """Two decimals of a pixel are more than anybody sees."""
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return [_rounded(one) for one in value] if isinstance(value, list | tuple) else value
