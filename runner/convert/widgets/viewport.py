"""Views of 3D scenes: what they send besides the pictures that only a screen can draw."""

from __future__ import annotations

import copy
from typing import Any

from runner.convert.graph.javascript import is_number
from runner.convert.graph.level import Node

from .look_at import Vector, look_at

# They show a result; what they send is the camera, without pictures.
VIEWERS = {
    "Preview3DAdvanced",
    "Save3DAdvanced",
    "PreviewGaussianSplat",
    "PreviewPointCloud",
    "SaveGaussianSplat",
    "SavePointCloud",
}
# Measured in the editor: the camera of a view that nobody has moved.
CAMERA: dict[str, Any] = {
    "position": {"x": 10, "y": 10, "z": 10.000000000000002},
    "target": {"x": 0, "y": 0, "z": 0},
    "zoom": 1,
    "cameraType": "perspective",
    "quaternion": {
        "x": -0.2798481423331213,
        "y": 0.3647051996310008,
        "z": 0.11591689595929511,
        "w": 0.8804762392171493,
    },
    "fov": 35,
    "aspect": 1,
    "near": 0.01,
    "far": 10000,
    "frustum": {"left": -5, "right": 5, "top": 5, "bottom": -5},
}
PICTURES = {"image": "", "mask": "", "normal": "", "recording": ""}


def show_scene(node: Node) -> None:
    """Let the view of a node send its camera; the pictures of a Load3D stay without a name."""
    name = "image" if node.type == "Load3D" else "viewport_state"
    view = node.widget(name) if node.type in VIEWERS or node.type in ("Load3D", "Load3DAdvanced") else None
    if view is not None:
        pictures = {} if node.type == "Load3DAdvanced" else PICTURES
        view.text = lambda *_: {**pictures, "camera_info": _camera(node), "model_3d_info": []}


def _camera(node: Node) -> dict[str, Any]:
    saved = node.properties.get("Camera Config")
    config = saved if isinstance(saved, dict) else {}
    held = config.get("state")
    state: dict[str, Any] = held if isinstance(held, dict) else {}
    camera = {**copy.deepcopy(CAMERA), **copy.deepcopy(state)}
    if is_number(config.get("fov")):
        camera["fov"] = config["fov"]
    if state and "quaternion" not in state:
        camera["quaternion"] = look_at(_vector(camera["position"]), _vector(camera["target"]))
    width, height = node.widget("width"), node.widget("height")
    if width is not None and height is not None and height.value:
        camera["aspect"] = width.value / height.value
    return camera


def _vector(point: dict[str, Any]) -> Vector:
    return float(point["x"]), float(point["y"]), float(point["z"])
