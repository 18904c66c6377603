"""MediaPipe's face mesh: 468 points of each face, by OpenCV's own network runtime. Used where its two files are there.

Source: BlazeFace (short range) and Face Mesh of MediaPipe, Apache-2.0; sizes, anchors and the order of the points are
theirs. The files are fetched at set-up; without them `face.py` goes on with Haar cascades and colour.
Long, because the two networks are read in turn, and share views, anchors and pixels.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .eye import Box
from .one_thread import one_thread

MODELS = Path(__file__).with_name("models")
DETECTOR, MESH = "face_detection_short_range.tflite", "face_landmark.tflite"

DETECTOR_SIDE, MESH_SIDE = 128, 192
# Names in these very files: scores and boxes, points and score.
DETECTOR_OUTPUTS = ("classificators", "regressors")
MESH_OUTPUTS = ("conv2d_20", "conv2d_30")
# Grid cells a side and anchors a cell, as the detector's head has them.
ANCHOR_GRIDS = ((16, 2), (8, 6))
SURE = 0.6
# The mesh's own word of whether it looks at a face.
MESH_SURE = 0.5
# The mesh wants the face with this much around it, in sizes of the detector's box, and of the points' own.
ROOM = 1.5
# Where the middle of the points lies in a cascade's box, from its top.
BOX_DOWN = 0.55
# The first look starts from the detector's box, each further one from the points of the one before.
LOOKS = 3
# The detector sees a face from about a sixth of its input on: smaller ones are looked for in parts of the picture.
PART_SHARES = (0.5, 0.25)
# What this file's points lack to the right and down, in pixels of its input: against MediaPipe's newer mesh the mean of
# all points was off by that much in 99 pictures (mean error 1.6 % of the face's width without, 1.4 % with it).
OFFSET = 0.6
# Corners of the eyes, which give the tilt.
EYE_CORNERS = (33, 263)

Plane = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """`points` (468, 3) float32: x, y in pixels of the picture, z in the same unit, nearer is less; `sure` 0..1."""

    points: Plane
    sure: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """A turned square of the picture: its middle, side and turn in radians."""

    x: float
    y: float
    side: float
    turn: float


def is_there() -> bool:
    """Whether both files are there, and OpenCV can read them (from 4.8 on)."""
    return hasattr(cv2.dnn, "readNetFromTFLite") and all((MODELS / name).is_file() for name in (DETECTOR, MESH))


def find_meshes(image_rgb: NDArray[np.uint8]) -> list[Mesh]:
    """Every face in RGB uint8 (H, W, 3), the largest first."""
    with _lock, one_thread():
        views = _detect(image_rgb, [_whole(image_rgb)])
        for share in PART_SHARES:
            views = views or _detect(image_rgb, list(_parts(image_rgb, share)))
        return _looked(image_rgb, views)


def meshes_at(image_rgb: NDArray[np.uint8], boxes: Iterable[Box]) -> list[Mesh]:
    """Those faces that the mesh sees where another finder boxed one, the largest first."""
    views = [_View(x=b.x + b.width / 2, y=b.y + BOX_DOWN * b.width, side=ROOM * b.width, turn=0.0) for b in boxes]
    with _lock, one_thread():
        return _looked(image_rgb, views)


def _looked(image_rgb: NDArray[np.uint8], views: list[_View]) -> list[Mesh]:
    meshes = [mesh for view in views if (mesh := _look(image_rgb, view)) is not None]
    return sorted(_apart(meshes), key=lambda mesh: -_width(mesh))


def _whole(image_rgb: NDArray[np.uint8]) -> _View:
    height, width = image_rgb.shape[:2]
    return _View(x=width / 2, y=height / 2, side=max(width, height), turn=0.0)


def _parts(image_rgb: NDArray[np.uint8], share: float) -> Iterator[_View]:
    """Squares of `share` of the longer side that overlap by half and cover the picture."""
    height, width = image_rgb.shape[:2]
    side = share * max(width, height)
    for y in _middles(height, side):
        for x in _middles(width, side):
            yield _View(x=x, y=y, side=side, turn=0.0)


def _middles(length: int, side: float) -> list[float]:
    if length <= side:
        return [length / 2]
    count = math.ceil((length - side) / (side / 2)) + 1
    return [float(x) for x in np.linspace(side / 2, length - side / 2, count)]


def _cut(image_rgb: NDArray[np.uint8], view: _View, side: int) -> tuple[NDArray[np.uint8], Plane]:
    """Return the view as `side` x `side` pixels, and the 2x3 matrix from them back to the picture."""
    scale = view.side / side
    cos, sin = scale * math.cos(view.turn), scale * math.sin(view.turn)
    half = (side - 1) / 2
    back = np.array([[cos, -sin, view.x - half * (cos - sin)], [sin, cos, view.y - half * (cos + sin)]])
    source = image_rgb
    if scale > 2.0:
        # Without it a large picture would be sampled at single pixels.
        source = cv2.blur(image_rgb, (int(scale), int(scale))).astype(np.uint8, copy=False)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(source, back, (side, side), flags=flags).astype(np.uint8, copy=False), back


def _detect(image_rgb: NDArray[np.uint8], parts: list[_View]) -> list[_View]:
    """Return a turned square around each face, the surest first."""
    found: list[tuple[float, _View]] = []
    for part in parts:
        pixels, back = _cut(image_rgb, part, DETECTOR_SIDE)
        blob = cv2.dnn.blobFromImage(pixels, 1 / 127.5, mean=(127.5, 127.5, 127.5))
        scores, boxes = _run(DETECTOR, blob, *DETECTOR_OUTPUTS)
        sure = 1.0 / (1.0 + np.exp(-np.clip(scores.reshape(-1), -50, 50)))
        for index in np.flatnonzero(sure > SURE):
            told = boxes.reshape(-1, 16)[index].reshape(8, 2)
            told = told + np.where(np.arange(8)[:, None] == 1, 0.0, _anchors()[index] * DETECTOR_SIDE)
            found.append((float(sure[index]), _square(told, back, part.side / DETECTOR_SIDE)))
    found.sort(key=lambda one: -one[0])
    kept: list[_View] = []
    for _, view in found:
        if all(math.hypot(view.x - k.x, view.y - k.y) > 0.35 * max(view.side, k.side) / ROOM for k in kept):
            kept.append(view)
    return kept


def _square(told: Plane, back: Plane, scale: float) -> _View:
    """`told`: middle, size, then six points, of which the first two are the eyes; pixels of the detector's input."""
    (x, y), left, right = (back[:, :2] @ point + back[:, 2] for point in (told[0], told[2], told[3]))
    turn = math.atan2(right[1] - left[1], right[0] - left[0])
    return _View(x=float(x), y=float(y), side=ROOM * scale * float(max(told[1])), turn=turn)


def _look(image_rgb: NDArray[np.uint8], view: _View) -> Mesh | None:
    """Return the points of the face in the view; None where the mesh sees none there."""
    points, sure = np.zeros((468, 3), np.float32), 0.0
    for _ in range(LOOKS):
        pixels, back = _cut(image_rgb, view, MESH_SIDE)
        blob = cv2.dnn.blobFromImage(pixels, 1 / 255.0)
        told, score = _run(MESH, blob, *MESH_OUTPUTS)
        sure = 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, float(score.reshape(-1)[0])))))
        if sure < MESH_SURE:
            return None
        told = told.reshape(468, 3) + np.array([OFFSET, OFFSET, 0.0])
        points = np.concatenate(
            [told[:, :2] @ back[:, :2].T + back[:, 2], told[:, 2:] * (view.side / MESH_SIDE)], axis=1
        )
        view = _around(points)
    return Mesh(points=points.astype(np.float32), sure=sure)


def _around(points: Plane) -> _View:
    """Return the square that the next look takes: the points' extent along the line between the eyes, with room."""
    left, right = (points[index, :2] for index in EYE_CORNERS)
    turn = math.atan2(right[1] - left[1], right[0] - left[0])
    along = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    upright = points[:, :2] @ along
    low, high = upright.min(axis=0), upright.max(axis=0)
    x, y = along @ ((low + high) / 2)
    return _View(x=float(x), y=float(y), side=ROOM * float((high - low).max()), turn=turn)


def _apart(meshes: list[Mesh]) -> list[Mesh]:
    kept: list[Mesh] = []
    for mesh in meshes:
        middle = mesh.points[:, :2].mean(axis=0)
        if all(np.linalg.norm(middle - k.points[:, :2].mean(axis=0)) > 0.5 * _width(k) for k in kept):
            kept.append(mesh)
    return kept


def _width(mesh: Mesh) -> float:
    return float(np.ptp(mesh.points[:, 0]))


def _anchors() -> Plane:
    """Middles of the detector's anchors in shares of its input, shape (896, 2)."""
    middles = []
    for cells, each in ANCHOR_GRIDS:
        places = (np.arange(cells) + 0.5) / cells
        grid = np.stack(np.meshgrid(places, places), axis=-1).reshape(-1, 2)
        middles.append(np.repeat(grid, each, axis=0))
    return np.concatenate(middles)


_lock = threading.Lock()
_nets: dict[str, Any] = {}


def _net(name: str) -> Any:
    if name not in _nets:
        # OpenCV 5's new engine gives one output of several.
        engine = [cv2.dnn.ENGINE_CLASSIC] if hasattr(cv2.dnn, "ENGINE_CLASSIC") else []
        _nets[name] = cv2.dnn.readNetFromTFLite(str(MODELS / name), *engine)
    return _nets[name]


def _run(name: str, blob: Any, *outputs: str) -> list[Plane]:
    net = _net(name)
    net.setInput(blob)
    return list(net.forward(outputs))
