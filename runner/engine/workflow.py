"""A saved workflow as a file, and the same as an API graph."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runner.convert import convert
from runner.errors import WorkflowRefused
from runner.ports import ApiGraph

from .api_graph import OWN
from .renamed_inputs import follow_renamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A workflow in the API format, with what the editor's file says besides.

    `extra` is the file's own (`extra.onair.idle` names its idle graph); `packs` maps a node class to the pack that
    the file says it comes from.
    """

    name: str
    graph: ApiGraph
    extra: Mapping[str, Any] = field(default_factory=dict)
    packs: Mapping[str, str] = field(default_factory=dict)


def load_workflow(path: Path, object_info: dict[str, Any]) -> Workflow:
    """Read a workflow in the editor's or the API format.

    Raises: WorkflowRefused `workflow.not_found`, `workflow.not_json`, `workflow.not_a_workflow`, `workflow.damaged`.
    """
    return parse_workflow(path.name, read_content(path), object_info)


def read_content(path: Path) -> Any:
    """Return what the file holds as JSON. Raises: WorkflowRefused `workflow.not_found`, `workflow.not_json`."""
    try:
        # A pipe would be waited for, a device read without an end.
        if path.exists() and not path.is_file():
            raise WorkflowRefused(
                f"the workflow {path} is no file but a folder, a pipe or a device; give the path of a saved workflow",
                code="workflow.not_found",
            )
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        sentence = f"the workflow {path} cannot be opened: {exc.strerror}; give the path of a saved workflow"
        raise WorkflowRefused(sentence, code="workflow.not_found") from exc
    except UnicodeDecodeError as exc:
        raise WorkflowRefused(
            f"{path.name} is not JSON, it is not even text; give a workflow that ComfyUI saved",
            code="workflow.not_json",
        ) from exc
    try:
        # JSON has no NaN and no Infinity, Python writes them all the same; the editor would write null.
        return json.loads(text, parse_constant=lambda _: None)
    except RecursionError as exc:
        sentence = f"{path.name} is nested too deeply to be a workflow; save it anew in ComfyUI with Workflow > Save"
        raise WorkflowRefused(sentence, code="workflow.not_json") from exc
    except ValueError as exc:
        sentence = f"{path.name} is not JSON ({exc}); save it in ComfyUI with Workflow > Save or Export (API)"
        raise WorkflowRefused(sentence, code="workflow.not_json") from exc


def parse_workflow(name: str, content: Any, object_info: dict[str, Any]) -> Workflow:
    """Turn a workflow's JSON into a Workflow. Raises: WorkflowRefused `workflow.not_a_workflow`, `workflow.damaged`."""
    if isinstance(content, dict) and isinstance(content.get("prompt"), dict):
        content = content["prompt"]
    if _is_api(content):
        graph = {node_id: _node(name, node_id, node) for node_id, node in content.items()}
        follow_renamed(graph, object_info)
        return Workflow(name=name, graph=graph)
    if not (isinstance(content, dict) and isinstance(content.get("nodes"), list)):
        raise WorkflowRefused(
            f"{name} is JSON, but not a ComfyUI workflow; save one in ComfyUI with Workflow > Save",
            code="workflow.not_a_workflow",
        )
    graph = _convert(name, content, object_info)
    follow_renamed(graph, object_info)
    extra = content.get("extra")
    return Workflow(name=name, graph=graph, extra=extra if isinstance(extra, dict) else {}, packs=_packs(content))


def refuse_unknown_nodes(graph: ApiGraph, object_info: Mapping[str, Any], workflow: Workflow) -> None:
    """Name every node that this ComfyUI lacks, with its pack. Raises: WorkflowRefused `workflow.unknown_node`."""
    missing = sorted({str(node["class_type"]) for node in graph.values()} - set(object_info))
    if not missing:
        return
    if all(kind.startswith(OWN) for kind in missing):
        raise WorkflowRefused(
            f"{workflow.name} uses {', '.join(missing)}, which OnAir in this ComfyUI does not have; update OnAir "
            "there, or look in ComfyUI's log why it was left out",
            code="workflow.unknown_node",
        )
    packs = sorted({workflow.packs[kind] for kind in missing if kind in workflow.packs})
    others = [kind for kind in missing if kind not in workflow.packs]
    named = [*others, *(f"{', '.join(_of(pack, missing, workflow))} (pack {pack})" for pack in packs)]
    raise WorkflowRefused(
        f"{workflow.name} uses nodes that this ComfyUI does not have: {'; '.join(named)}; install what they come from",
        code="workflow.unknown_node",
    )


def _of(pack: str, kinds: list[str], workflow: Workflow) -> list[str]:
    return [kind for kind in kinds if workflow.packs.get(kind) == pack]


def _is_api(content: Any) -> bool:
    return (
        isinstance(content, dict)
        and bool(content)
        and all(isinstance(node, dict) and isinstance(node.get("class_type"), str) for node in content.values())
    )


def _node(name: str, node_id: str, node: dict[str, Any]) -> dict[str, Any]:
    inputs, meta = node.get("inputs") or {}, node.get("_meta") or {}
    if not isinstance(inputs, dict) or not isinstance(meta, dict):
        raise WorkflowRefused(
            f"{name}: the inputs of node {node_id} are not as ComfyUI writes them; save it anew with Export (API)",
            code="workflow.damaged",
        )
    return {**node, "inputs": dict(inputs), **({"_meta": meta} if meta else {})}


def _convert(name: str, content: dict[str, Any], object_info: dict[str, Any]) -> ApiGraph:
    try:
        graph: ApiGraph = convert(content, object_info)
    except WorkflowRefused as exc:
        raise WorkflowRefused(f"{name}: {exc}", code=exc.code) from exc
    if not graph:
        raise WorkflowRefused(
            f"{name} has no node that runs; add one, or unmute what is muted", code="workflow.not_a_workflow"
        )
    return graph


def _packs(content: dict[str, Any]) -> dict[str, str]:
    packs: dict[str, str] = {}
    for node in _editor_nodes(content):
        properties = node.get("properties")
        pack = (properties.get("cnr_id") or properties.get("aux_id")) if isinstance(properties, dict) else None
        if isinstance(pack, str) and isinstance(node.get("type"), str):
            packs.setdefault(node["type"], pack)
    return packs


def _editor_nodes(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of the workflow and of its subgraphs."""
    definitions = content.get("definitions")
    subgraphs = definitions.get("subgraphs") if isinstance(definitions, dict) else None
    for level in (content, *(subgraphs if isinstance(subgraphs, list) else ())):
        nodes = level.get("nodes") if isinstance(level, dict) else None
        yield from (node for node in nodes or () if isinstance(node, dict))
