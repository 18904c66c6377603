"""What ComfyUI says when it refuses a prompt, as one error with one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from runner.errors import PromptRejected

from .model_file import is_model


def rejection(told: dict[str, Any], *, what: str = "the prompt", otherwise: str = "") -> PromptRejected:
    """Return the error for the answer `told` of `/prompt`; `otherwise` is said where that tells nothing.

    Its code is `prompt.no_model` where every bad value is the name of a model file that ComfyUI does not have.
    """
    models = [_missing_model(node, one) for node, one in _errors(told)]
    if models and all(models):
        named = ", ".join(sorted(filter(None, models)))
        return PromptRejected(
            f"this ComfyUI lacks models that the graph loads: {named}; see where they come from with `python -m runner "
            "check WORKFLOW`, or bring those of a shipped graph with `python3 install.py download`",
            code="prompt.no_model",
        )
    return PromptRejected(f"ComfyUI refused {what}; correct the graph: {_sentence(told) or otherwise}")


def _errors(told: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    for node in (told.get("node_errors") or {}).values():
        for one in node.get("errors", []):
            yield node, one


def _missing_model(node: dict[str, Any], error: dict[str, Any]) -> str:
    value = (error.get("extra_info") or {}).get("received_value")
    if error.get("type") != "value_not_in_list" or not is_model(value):
        return ""
    return f"{value} ({node.get('class_type')})"


def _sentence(told: dict[str, Any]) -> str:
    """Join ComfyUI's own words and each bad node's into one line."""
    parts = []
    error = told.get("error")
    if isinstance(error, dict):
        parts.append(" ".join(str(error.get(key, "")) for key in ("message", "details")).strip())
    for node_id, node in (told.get("node_errors") or {}).items():
        reasons = "; ".join(f"{one.get('message')}: {one.get('details')}" for one in node.get("errors", []))
        parts.append(f"node {node_id} ({node.get('class_type')}): {reasons}")
    return " | ".join(part for part in parts if part)
