"""Uploads: `--input name=FILE`, and where in a graph the file belongs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.engine.api_graph import find_node, input_spec, link_of
from runner.errors import BadInput, WorkflowRefused
from runner.ports import ApiGraph, Engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file of this machine, and the inputs (node id, input) that shall name it."""

    source: Path
    targets: tuple[tuple[str, str], ...]


def read_upload(word: str) -> tuple[str, Path]:
    """Read `name=FILE`. Raises: BadInput `run.input`, also for a file that cannot be read."""
    name, equals, path = word.partition("=")
    if not (equals and name.strip() and path.strip()):
        raise BadInput(f"--input {word!r} is not of the form name=FILE; write it like image=face.jpg", code="run.input")
    source = Path(path)
    if not os.path.isfile(source) or not os.access(source, os.R_OK):
        raise BadInput(f"--input {name}: there is no file {source} to be read; name another", code="run.input")
    return name.strip(), source


def find_uploads(
    graph: ApiGraph, object_info: Mapping[str, Any], words: Sequence[str], *, own: Sequence[str] = ()
) -> list[Upload]:
    """Find what each `name=FILE` means: `node.input`; the file that a loader names now; a loader; a loader's input.

    Raises: BadInput `run.input`, which names what there is, first `own`: what the caller takes beside the loaders.
    """
    found = []
    for name, source in map(read_upload, words):
        targets = _targets(graph, object_info, name)
        if not targets:
            known = [
                f"{node_id}.{key} ({graph[node_id]['class_type']})" for node_id, key in _loaders(graph, object_info)
            ]
            known[:0] = own
            remedy = f"name one of {', '.join(known)}" if known else "leave it out, this workflow loads no file"
            raise BadInput(f"--input {name}: no node loads a file of that name; {remedy}", code="run.input")
        found.append(Upload(source=source, targets=targets))
    return found


async def send(uploads: Sequence[Upload], graph: ApiGraph, engine: Engine) -> None:
    """Give the files to the engine and set their names in the graph, in place. Raises: EngineError."""
    for upload in uploads:
        name = await engine.put_input(upload.source)
        for node_id, key in upload.targets:
            graph[node_id]["inputs"][key] = name


def is_upload(spec: Any) -> bool:
    """Tell whether an input takes a file of ComfyUI's input folder: the editor offers an upload for it."""
    return isinstance(spec, (list, tuple)) and len(spec) > 1 and takes_upload(spec[1])


def takes_upload(options: Any) -> bool:
    """Tell it by the options of an input."""
    return isinstance(options, Mapping) and any(key.endswith("upload") and value for key, value in options.items())


def _loaders(graph: ApiGraph, object_info: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for node_id, node in graph.items():
        info = object_info.get(node["class_type"]) or {}
        for group in ("required", "optional"):
            for key, spec in ((info.get("input") or {}).get(group) or {}).items():
                if is_upload(spec) and link_of(node["inputs"].get(key)) is None:
                    yield node_id, key


def _targets(graph: ApiGraph, object_info: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    loaders = list(_loaders(graph, object_info))
    named = [target for target in loaders if _bare(graph[target[0]]["inputs"].get(target[1])) == name]
    if not named:  # some loaders list files without an upload in the editor, as that of latents
        named = [
            (node_id, key)
            for node_id, node in graph.items()
            for key, value in node["inputs"].items()
            if _bare(value) == name
        ]
    exact = _exact(graph, object_info, name)
    if named or exact:
        return tuple(named or exact)
    try:
        node_id = find_node(graph, name)
    except WorkflowRefused:
        return tuple(target for target in loaders if target[1] == name)
    return tuple(target for target in loaders if target[0] == node_id)


def _exact(graph: ApiGraph, object_info: Mapping[str, Any], name: str) -> list[tuple[str, str]]:
    """Read `node.input`, also of a node that says nothing of uploads."""
    node, dot, key = name.rpartition(".")
    try:
        node_id = find_node(graph, node) if dot and node else ""
    except WorkflowRefused:
        return []
    if not node_id:
        return []
    known = input_spec(object_info.get(graph[node_id]["class_type"], {}), key) is not None
    return [(node_id, key)] if known or key in graph[node_id]["inputs"] else []


def _bare(value: Any) -> str | None:
    return value.removesuffix(" [input]") if isinstance(value, str) else None
