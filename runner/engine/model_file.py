"""Names of model files, as graphs and ComfyUI's loaders write them."""

from __future__ import annotations

from typing import Any

SUFFIXES = (".safetensors", ".sft", ".ckpt", ".pt", ".pt2", ".pth", ".bin", ".gguf", ".onnx", ".pkl", ".engine")


def is_model(value: Any) -> bool:
    """Tell whether a value is the name of a model file."""
    return isinstance(value, str) and value.lower().endswith(SUFFIXES)
