"""The part of a graph that makes its sound: run once as a prompt of its own, saved without loss."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.batch.batch import Batch, Listener, run_batch
from runner.engine.api_graph import keep, link_of, needed_by
from runner.errors import PromptFailed
from runner.ports import ApiGraph, Engine

SAVER, SAVED_INPUT = "SaveAudio", "audio"
"""ComfyUI's own: FLAC of 16 bits, as the speech has them."""
TELLER = "PreviewAny"
EVENTS = "events"
KEYS = {"kind", "name", "start_samples"}
PREFIX = "onair_"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeSound:
    """What the branch made: a file by the Window's input (`audio`, `audio_2`), and the events, at 16 kHz."""

    voices: Mapping[str, Path]
    events: Sequence[Mapping[str, Any]]


def sound_links(graph: ApiGraph, window_id: str, names: Sequence[str]) -> dict[str, list[Any]]:
    """Return the links of these inputs of the Window, as far as there are any."""
    inputs = graph[window_id]["inputs"]
    return {name: inputs[name] for name in names if link_of(inputs.get(name)) is not None}


def branch_of(graph: ApiGraph, links: Mapping[str, Sequence[Any]]) -> ApiGraph:
    """Return the prompt that makes what is linked, each with a node that saves it or tells it."""
    needed = {node_id for link in links.values() for node_id in needed_by(graph, str(link[0]))}
    branch = keep(graph, needed)
    for name, link in links.items():
        if name == EVENTS:
            branch[PREFIX + name] = {"class_type": TELLER, "inputs": {"source": list(link)}}
        else:
            inputs = {SAVED_INPUT: list(link), "filename_prefix": f"{PREFIX}{name}"}
            branch[PREFIX + name] = {"class_type": SAVER, "inputs": inputs}
    return branch


async def make_sound(
    name: str,
    branch: ApiGraph,
    engine: Engine,
    *,
    object_info: Mapping[str, Any],
    folder: Path,
    silence_ns: int,
    listener: Listener,
) -> MadeSound:
    """Run the branch of workflow `name` and bring what it saves into `folder`. Raises: EngineError of every kind."""
    batch = Batch(workflow=name, graph=branch, object_info=object_info, folder=folder, silence_ns=silence_ns)
    manifest = await run_batch(batch, engine, lambda event, line: _pass_on(listener, event, line))
    voices, events = {}, []
    for entry in manifest.files:
        what = entry.node.removeprefix(PREFIX)
        if entry.node == PREFIX + EVENTS:
            events = _events((folder / entry.file).read_text(encoding="utf-8"))
        elif entry.node.startswith(PREFIX):
            voices[what] = folder / entry.file
    missing = [node for node in branch if node.startswith(PREFIX) and node != PREFIX + EVENTS]
    if len(voices) < len(missing):
        raise PromptFailed(
            f"{name} was run for its sound and saved none; see ComfyUI's log, or give --input audio=FILE",
            code="job.no_sound",
        )
    return MadeSound(voices=voices, events=events)


def _pass_on(listener: Listener, event: dict[str, Any], line: str) -> None:
    """What lies in the job's own folder is no output."""
    if event["event"] != "output":
        listener(event, line)


def _events(text: str) -> list[Mapping[str, Any]]:
    """Read the node's words and phonemes; a graph may hand on something else, which no window hears then."""
    try:
        told = json.loads(text)
        whole = [one for one in told if set(one) == KEYS and isinstance(one["start_samples"], int)]
        return whole if isinstance(told, list) else []
    except (ValueError, TypeError):
        return []
