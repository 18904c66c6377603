"""Whether ComfyUI takes a link: it is judged by the types at its two ends, as they are declared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.convert.widgets.definition import MATCH_TYPE
from runner.engine.api_graph import link_of
from runner.ports import ApiGraph

from .declared import Declared, type_of

ANY = "*"


def judge_link(
    where: str, value: Any, declared: Declared, graph: ApiGraph, object_info: Mapping[str, Any]
) -> dict[str, str] | None:
    """Return what is wrong with a link, None where nothing is or nobody can tell."""
    link = link_of(value)
    if link is None:
        return None
    origin = graph.get(link[0])
    if origin is None:
        return _bad(f"{where} is linked to node {link[0]}, which the workflow does not have; link another")
    info = object_info.get(origin["class_type"])
    outputs = info.get("output") if info is not None else None
    if not isinstance(outputs, (list, tuple)):
        return None
    source = f"{origin['class_type']} ({link[0]})"
    if not 0 <= link[1] < len(outputs):
        return _bad(f"{where} is linked to output {link[1]} of {source}, which has {len(outputs)}; link another")
    given = type_of([outputs[link[1]]])
    if _fits(given, declared.kind):
        return None
    return _bad(f"{where} is linked to {given} of {source}; link {declared.kind}")


def _fits(given: str, wanted: str) -> bool:
    """Return ComfyUI's own answer (comfy_execution/validation.py), but that combos fit whatever they list."""
    ones, others = ({part.strip() for part in kind.split(",")} for kind in (given, wanted))
    return bool((ones | others) & {ANY, MATCH_TYPE} or ones & others)


def _bad(message: str) -> dict[str, str]:
    return {"kind": "bad_link", "message": message}
