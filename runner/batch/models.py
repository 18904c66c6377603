"""The model files that a workflow names: which input's value is one, and the folder it belongs into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PureWindowsPath
from typing import Any

FOLDERS = {
    "ckpt": "checkpoints",
    "unet": "diffusion_models",
    "lora": "loras",
    "vae": "vae",
    "clip_vision": "clip_vision",
    "clip": "text_encoders",
    "text_encoder": "text_encoders",
    "control_net": "controlnet",
    "style_model": "style_models",
    "gligen": "gligen",
    "hypernetwork": "hypernetworks",
    "photomaker": "photomaker",
    "audio_encoder": "audio_encoders",
    "upscale_model": "upscale_models",
    "model_patch": "model_patches",
    "name_of_patch": "model_patches",
}
"""How ComfyUI's loaders name their inputs (`ckpt_name`, `clip_name1` …), and the folder below `models` they list.
A longer beginning goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedModel:
    """A model as the saved file itself tells of it: where to put it, and where it was published."""

    name: str
    folder: str
    url: str


def folder_of(input_name: str) -> str:
    """Return the folder of a loader's input by its name, "" where that says nothing."""
    for begin in sorted(FOLDERS, key=len, reverse=True):
        if input_name.startswith(begin):
            return FOLDERS[begin]
    return ""


def named_models(content: Any) -> dict[str, NamedModel]:
    """Return the models that an editor's file tells of (`properties.models` of its nodes), by bare file name."""
    found: dict[str, NamedModel] = {}
    for told in _told(content):
        if isinstance(told, dict) and isinstance(told.get("name"), str):
            model = NamedModel(
                name=told["name"], folder=str(told.get("directory") or ""), url=str(told.get("url") or "")
            )
            found.setdefault(bare(model.name), model)
    return found


def bare(name: str) -> str:
    """Return a file's name without folders, of either system's separator."""
    return PureWindowsPath(name).name


def _told(content: Any) -> Iterator[Any]:
    definitions = content.get("definitions") if isinstance(content, dict) else None
    subgraphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for level in (content, *(subgraphs if isinstance(subgraphs, list) else ())):
        nodes = level.get("nodes") if isinstance(level, dict) else None
        for node in nodes if isinstance(nodes, list) else ():
            properties = node.get("properties") if isinstance(node, dict) else None
            models = properties.get("models") if isinstance(properties, dict) else None
            yield from models if isinstance(models, list) else ()
