"""Outputs: what the nodes of a prompt made, of every kind and key, read from ComfyUI's `ui` outputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from runner.ports import OutputFile

TEXT_KEYS = ("text", "string")
INPUT = "input"  # what a node shows of a file that it was given is no output
THREE_D = "3d"


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One thing of a node's output `key`: a `file`, a `text`, or neither and a plain `value`.

    `certain`: ComfyUI says that the file is there. A 3D preview names its model by a bare path, wherever it lies.
    """

    node: str
    key: str
    file: OutputFile | None = None
    text: str | None = None
    value: Any = None
    certain: bool = True


def read_outputs(outputs: Mapping[str, Any]) -> Iterator[Output]:
    """Yield all of a prompt's outputs (`PromptResult.outputs`), each file of a node once."""
    for node, keys in outputs.items():
        seen: set[OutputFile] = set()
        for key, items in keys.items() if isinstance(keys, Mapping) else ():
            for item in items if isinstance(items, (list, tuple)) else (items,):
                output = _read(str(node), str(key), item)
                if output.file is not None and (output.file in seen or output.file.kind == INPUT):
                    continue
                if output.file is not None:
                    seen.add(output.file)
                yield output


def place_of(file: OutputFile) -> PurePosixPath:
    """Where a file goes below the target folder: its subfolder kept, temporary ones in `temp/`.

    A server's answer is not trusted: what would lead out of the folder is left away.
    """
    parts = [*_parts(file.subfolder), *_parts(file.name)] or ["unnamed"]
    return PurePosixPath(*([] if file.kind == "output" else _parts(file.kind)), *parts)


def text_place(output: Output) -> PurePosixPath:
    """Where a text goes."""
    return PurePosixPath(f"node_{'_'.join([*_parts(output.node), *_parts(output.key)])}.txt")


def _read(node: str, key: str, item: Any) -> Output:
    if isinstance(item, Mapping) and isinstance(item.get("filename"), str) and item["filename"]:
        path = PurePosixPath(item["filename"].replace("\\", "/"))
        subfolder = str(item.get("subfolder") or "").replace("\\", "/")
        folder = "/".join(part for part in (subfolder, "/".join(path.parts[:-1])) if part)
        file = OutputFile(kind=str(item.get("type") or "output"), subfolder=folder, name=path.name or "unnamed")
        return Output(node=node, key=key, file=file, certain=item.get("mediaType") != THREE_D)
    if isinstance(item, str) and key in TEXT_KEYS:
        return Output(node=node, key=key, text=item)
    return Output(node=node, key=key, value=item)


def _parts(path: str) -> Iterator[str]:
    for part in path.replace("\\", "/").split("/"):
        clean = part.replace(":", "_").replace("\0", "_")
        if clean not in ("", ".", ".."):
            yield clean
