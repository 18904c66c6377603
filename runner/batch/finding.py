"""Finding: one thing that ComfyUI would refuse a workflow for, found before anything is queued."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner.convert.widgets.definition import MATCH_TYPE
from runner.engine.api_graph import OWN, link_of, needed_by
from runner.engine.model_file import is_model
from runner.ports import ApiGraph

from .declared import Declared, declared_inputs
from .links import judge_link
from .models import NamedModel, bare, folder_of
from .uploads import takes_upload

NUMBERS = ("INT", "FLOAT")
SHOWN = 8  # of a long list
LONGEST = 100  # letters of a value


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`kind`: missing_node, missing_model, unseen_model, missing_file, missing_input, bad_value, bad_link, no_output.

    `pack`, `folder` (below `models`) and `url` are "" where nobody tells them.
    """

    kind: str
    message: str
    node: str = ""
    class_type: str = ""
    input: str = ""
    value: Any = None
    pack: str = ""
    folder: str = ""
    url: str = ""


def find_faults(
    graph: ApiGraph,
    object_info: Mapping[str, Any],
    *,
    packs: Mapping[str, str],
    models: Mapping[str, NamedModel],
) -> list[Finding]:
    """Return what ComfyUI lacks or would refuse. Values count of the nodes that an output needs, as ComfyUI judges."""
    found = list(_missing_nodes(graph, object_info, packs))
    found += [one for missing in found for one in _unseen_models(missing, graph[missing.node], models)]
    ends = [
        node_id for node_id, node in graph.items() if (object_info.get(node["class_type"]) or {}).get("output_node")
    ]
    if not ends and not found:
        found.append(Finding(kind="no_output", message="no node shows or saves anything; add one that does"))
    needed = {node_id for end in ends for node_id in needed_by(graph, end)}
    for node_id in [node_id for node_id in graph if node_id in needed]:
        if graph[node_id]["class_type"] in object_info:
            found += _judge_node(node_id, graph, object_info, models)
    return found


def _missing_nodes(graph: ApiGraph, object_info: Mapping[str, Any], packs: Mapping[str, str]) -> Iterator[Finding]:
    for node_id, node in graph.items():
        kind = str(node["class_type"])
        if kind not in object_info:
            pack = packs.get(kind, "")
            remedy = f"install the pack {pack}" if pack else "install the pack that it comes from"
            if kind.startswith(OWN):
                remedy = "update OnAir there, or look in its log why it was left out"
            message = f"{kind} ({node_id}) is not in this ComfyUI; {remedy}"
            yield Finding(kind="missing_node", message=message, node=node_id, class_type=kind, pack=pack)


def _unseen_models(missing: Finding, node: Mapping[str, Any], models: Mapping[str, NamedModel]) -> Iterator[Finding]:
    """Tell of the models that a missing node names: nobody here can say whether they are there."""
    for name, value in node["inputs"].items():
        if is_model(value):
            folder, url, remedy = _remedy(name, value, models)
            where = f"{_short(value)} of {missing.class_type} ({missing.node})"
            message = f"{where} can be looked for when that node is there; {remedy}"
            named = {"node": missing.node, "class_type": missing.class_type, "input": name, "value": value}
            yield Finding(kind="unseen_model", message=message, folder=folder, url=url, **named)


def _judge_node(
    node_id: str, graph: ApiGraph, object_info: Mapping[str, Any], models: Mapping[str, NamedModel]
) -> Iterator[Finding]:
    node = graph[node_id]
    kind = str(node["class_type"])
    for declared in declared_inputs(object_info[kind], node["inputs"]):
        name = declared.name
        where = f"{name} of {kind} ({node_id})"
        if name not in node["inputs"]:
            if declared.required and declared.kind != MATCH_TYPE:
                message = f"{where} is not linked and has no value; link it"
                yield Finding(kind="missing_input", message=message, node=node_id, class_type=kind, input=name)
            continue
        value = node["inputs"][name]
        if link_of(value) is not None:
            fault = judge_link(where, value, declared, graph, object_info)
        else:
            fault = _judge_value(where, value, declared, models)
        if fault is not None:
            told = {key: told for key, told in fault.items() if key != "kind"}
            yield Finding(kind=fault["kind"], node=node_id, class_type=kind, input=name, value=value, **told)


def _judge_value(where: str, value: Any, declared: Declared, models: Mapping[str, NamedModel]) -> dict[str, str] | None:
    if declared.kind in NUMBERS:
        return _judge_number(where, value, declared.kind, declared.options)
    choices = declared.choices
    if choices is None or isinstance(value, (dict, list)) or value in choices:
        return None
    upload = takes_upload(declared.options)
    if not choices and not (upload or is_model(value)):
        return None  # the editor fills the list, or asks somebody else for it; the node judges by itself
    if upload:
        # Files in subfolders and of other folders are taken, but never listed.
        elsewhere = isinstance(value, str) and ("/" in value or value.endswith("]"))
        message = f"{where} is {_short(value)}, which is not in ComfyUI's input folder; put it there, or give a file"
        message += " with run --input"
        return None if elsewhere else {"kind": "missing_file", "message": message}
    if is_model(value):
        return _missing_model(where, declared.name, value, models)
    message = f"{where} is {_short(value)}; take one of {_shown(choices)}"
    return {"kind": "bad_value", "message": message}


def _judge_number(where: str, value: Any, kind: str, options: Mapping[str, Any]) -> dict[str, str] | None:
    try:
        number = int(value) if kind == "INT" else float(value)
    except (TypeError, ValueError, OverflowError):
        return {"kind": "bad_value", "message": f"{where} is {_short(value)}; give a number"}
    low, high = options.get("min"), options.get("max")
    if (low is not None and number < low) or (high is not None and number > high):
        limits = " to ".join(str(end) for end in (low, high) if end is not None)
        return {"kind": "bad_value", "message": f"{where} is {_short(value)}; change it, it takes {limits}"}
    return None


def _missing_model(where: str, name: str, value: str, models: Mapping[str, NamedModel]) -> dict[str, str]:
    folder, url, remedy = _remedy(name, value, models)
    message = f"{where} is {_short(value)}, which this ComfyUI does not have; {remedy}"
    return {"kind": "missing_model", "message": message, "folder": folder, "url": url}


def _remedy(name: str, value: str, models: Mapping[str, NamedModel]) -> tuple[str, str, str]:
    """Return the folder below `models`, the address and what to do; "" where nobody tells the first two."""
    told = models.get(bare(value))
    folder = (told.folder if told is not None else "") or folder_of(name)
    url = told.url if told is not None else ""
    place = f"models/{folder}" if folder else "the folder of its kind below models"
    return folder, url, f"put it into {place}" + (f", from {url}" if url else "")


def _short(value: Any) -> str:
    """Quote a value; a whole prompt in the place of a number would hide the sentence."""
    text = repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _shown(choices: Sequence[Any]) -> str:
    named = ", ".join(str(one) for one in choices[:SHOWN])
    return f"{named} and {len(choices) - SHOWN} more" if len(choices) > SHOWN else named
