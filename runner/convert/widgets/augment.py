"""Inputs that the editor adds to a class before it makes the first node of it: upload buttons, players, viewers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

AUDIO_PLAYERS = {"LoadAudio", "SaveAudio", "PreviewAudio", "SaveAudioMP3", "SaveAudioOpus", "SaveAudioAdvanced"}
MODEL_PREVIEWS = {"Preview3D", "SaveGLB"}
UPLOADS = ("image_upload", "video_upload", "animated_image_upload")


def with_editor_inputs(class_type: str, info: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the required and optional inputs of a class with the editor's own among the required ones."""
    held = info.get("input") or {}
    required = dict(held.get("required") or {})
    if class_type in MODEL_PREVIEWS:
        required["image"] = ["PREVIEW_3D", {}]
    if class_type == "Load3DAdvanced":
        required["viewport_state"] = ["LOAD_3D_ADVANCED", {}]
    if class_type in AUDIO_PLAYERS:
        required["audioUI"] = ["AUDIO_UI", {}]
    if _options(required.get("audio")).get("audio_upload") is True:
        required["upload"] = ["AUDIOUPLOAD", {}]
    if any(_is_upload(raw) for raw in required.values()):
        required["upload"] = ["IMAGEUPLOAD", {}]
    return {"required": required, "optional": dict(held.get("optional") or {})}


def _is_upload(raw: Any) -> bool:
    options = _options(raw)
    return any(options.get(name) is True for name in UPLOADS) and (isinstance(raw[0], list) or raw[0] == "COMBO")


def _options(raw: Any) -> Mapping[str, Any]:
    return raw[1] if isinstance(raw, list) and len(raw) > 1 and isinstance(raw[1], Mapping) else {}
