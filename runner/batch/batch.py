"""Batch: a workflow run once or several times through the engine, everything that it makes brought into a folder."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from runner.engine.files import write_file
from runner.errors import BadInput, ComfyLost, EngineError
from runner.ports import ApiGraph, Engine, PromptJob, PromptProgress, PromptResult

from .cancelling import until_done
from .manifest import NAME, Entry, Manifest, Run
from .outputs import Output, place_of, read_outputs, text_place
from .previews import Previews
from .progress import NodeProgress
from .prompt import prompt_of

TRIES = 2
"""A ComfyUI that was restarted forgets its prompts; one that ends twice with the same one does so because of it."""
NO_FILE = "engine.no_file"
Listener = Callable[[dict[str, Any], str], None]
"""Hears an event for programs and its line for people, "" where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What to run: the graph with its values set, `repeat` times, into `folder`.

    `seed`: set in every seed input, one more with each repeat; None: as in the workflow. `silence_ns`: how long ComfyUI
    may give no sign of life, however long the whole takes. `previews`: a folder for what samplers show on their way.
    """

    workflow: str
    graph: ApiGraph
    object_info: Mapping[str, Any]
    folder: Path
    silence_ns: int
    repeat: int = 1
    seed: int | None = None
    previews: Path | None = None


async def run_batch(batch: Batch, engine: Engine, listener: Listener) -> Manifest:
    """Run it all, and write the manifest after every run. Cancelling it cancels its own prompt, by id.

    Raises: EngineError of every kind, BadInput `output.folder`.
    """
    manifest = Manifest(workflow=batch.workflow)
    previews = Previews(batch.previews) if batch.previews is not None else None
    for run in range(batch.repeat):
        result = await _attempts(batch, engine, run, listener, previews)
        seed = batch.seed + run if batch.seed is not None else None
        manifest.runs.append(Run(run=run, prompt_id=result.prompt_id, seed=seed, render_ns=result.render_ns))
        for output in read_outputs(result.outputs):
            entry = await _bring(batch, engine, run, output)
            if entry is not None:
                manifest.entries.append(entry)
                line = f"Wrote {batch.folder / entry.file}" if entry.file else ""
                listener({"event": "output", **entry.told()}, line)
        await asyncio.to_thread(manifest.write, batch.folder)
    return manifest


async def _attempts(
    batch: Batch, engine: Engine, run: int, listener: Listener, previews: Previews | None
) -> PromptResult:
    for attempt in range(TRIES):
        prompt_id = str(uuid.uuid4())
        graph = prompt_of(batch.graph, batch.object_info, seed=batch.seed, run=run, nonce=prompt_id)
        job = PromptJob(
            prompt_id=prompt_id,
            graph=graph,
            silence_timeout_ns=batch.silence_ns,
            unseen_timeout_ns=batch.silence_ns,
            previews=previews is not None,
        )
        listener({"event": "prompt", "prompt_id": prompt_id, "run": run, "of": batch.repeat, "attempt": attempt}, "")
        try:
            return await _run(job, engine, listener, run, previews)
        except ComfyLost as exc:
            listener({"event": "lost", "prompt_id": prompt_id, "message": str(exc)}, f"{exc}; it is tried again")
    raise EngineError(
        f"ComfyUI ended {TRIES} times while it ran {batch.workflow}; see its log, and whether the memory was enough",
        code=ComfyLost.code,
        retryable=True,
    )


async def _run(job: PromptJob, engine: Engine, listener: Listener, run: int, previews: Previews | None) -> PromptResult:
    """Run one prompt; when this is cancelled, wait until ComfyUI has heard of it."""
    steps = NodeProgress(job.graph)

    def told(progress: PromptProgress) -> None:
        if progress.preview:
            if previews is not None:
                listener(*previews.keep(progress, run=run))
            return
        listener(steps.event(progress), steps.line(progress))

    return await until_done(asyncio.ensure_future(engine.run(job, told)), engine, job.prompt_id)


async def _bring(batch: Batch, engine: Engine, run: int, output: Output) -> Entry | None:
    """Bring one output into the folder; None for a preview of a file that lies elsewhere."""
    kind = str((batch.graph.get(output.node) or {}).get("class_type", ""))
    told: dict[str, Any] = {"run": run, "node": output.node, "class_type": kind, "key": output.key}
    if output.file is not None:
        target = await asyncio.to_thread(free_place, batch.folder, place_of(output.file))
        try:
            size_bytes = await engine.fetch_output(output.file, target)
        except EngineError as exc:
            if output.certain or exc.code != NO_FILE:
                raise
            return None
        return Entry(**told, file=target.relative_to(batch.folder).as_posix(), bytes=size_bytes)
    if output.text is not None:
        content = output.text.encode("utf-8", errors="replace")
        target = await asyncio.to_thread(free_place, batch.folder, text_place(output))
        await asyncio.to_thread(write_file, target, content)
        return Entry(**told, file=target.relative_to(batch.folder).as_posix(), bytes=len(content))
    return Entry(**told, value=output.value)


def free_place(folder: Path, place: PurePosixPath) -> Path:
    """Return a path that nothing has yet: neither an earlier run's file nor the manifest is overwritten."""
    target, number = folder / place, 0
    while target.exists() or target == folder / NAME:
        number += 1
        target = folder / place.with_name(f"{place.stem} ({number}){place.suffix}")
    return target


def make_folder(folder: Path) -> None:
    """Find out before minutes of work that the results have a place. Raises: BadInput `output.folder`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{uuid.uuid4().hex}"
        probe.touch()
        probe.unlink()
    except OSError as exc:
        raise BadInput(
            f"nothing can be written into {folder}: {exc.strerror}; name another folder with -o", code="output.folder"
        ) from exc
