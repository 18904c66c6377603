"""`run`: any saved workflow, headless: values and files in, every output into a folder with a manifest.

A workflow of OnAir Window and OnAir Segment is run once for every window of its sound, and comes out as one MP4.
`run_command` is long by its options: typer reads them, with their help, from its signature.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from hls.ticks import NS_PER_SECOND
from runner.batch.batch import Batch, Listener, make_folder, run_batch
from runner.batch.manifest import NAME, Manifest
from runner.batch.prompt import refuse_bad_seed
from runner.batch.uploads import find_uploads, read_upload, send
from runner.cli.form import counted
from runner.cli.options import Comfyui, Data, Headers, Quant, Sets, named, overridden
from runner.cli.progress import Progress
from runner.cli.stopping import run_to_the_end
from runner.clock import SystemClock
from runner.compose import data_folder, open_engine
from runner.engine.base_folder import lend_inputs
from runner.engine.cut_graph import set_all
from runner.engine.graph_loop import refuse_loop
from runner.engine.quant import requantise
from runner.engine.workflow import load_workflow, read_content, refuse_unknown_nodes
from runner.engines import make_engine
from runner.errors import BadInput
from runner.jobs.job import JobPlace
from runner.jobs.order import JobOrder, holds_windows, make_order
from runner.jobs.series import run_series
from runner.jobs.words import read_words
from runner.settings import Settings

SILENCE_S = 300
"""A model of 30 GB from a slow disk, or a decoder's one long step, tells of nothing for minutes."""


def run_command(
    workflow: Annotated[Path, typer.Argument(parser=named, metavar="WORKFLOW", help="Editor or API format.")],
    output: Annotated[
        Path,
        typer.Option("-o", "--output", parser=named, metavar="DIR", help="Folder for all outputs; made if needed."),
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            metavar="NAME=FILE",
            help="Load FILE where NAME is loaded now; or NODE.input, NODE, an input. OnAir Window's: audio, audio_2, "
            "image.",
        ),
    ] = None,
    sets: Sets = None,
    repeat: Annotated[int, typer.Option(min=1, max=100_000, help="Run it so many times.")] = 1,
    seed: Annotated[
        int | None, typer.Option(min=0, help="For every seed and noise_seed that is a value; repeats add 1 each.")
    ] = None,
    timeout: Annotated[
        int,
        typer.Option(min=1, max=604_800, metavar="SECONDS", help="Without any sign of life from ComfyUI; not in all."),
    ] = SILENCE_S,
    keep: Annotated[
        bool, typer.Option("--keep", help="With OnAir Window: leave the window files where they are.")
    ] = False,
    previews: Annotated[
        Path | None,
        typer.Option(parser=named, metavar="DIR", help="Keep what samplers show on their way, as pictures in DIR."),
    ] = None,
    quant: Quant = None,
    comfyui: Comfyui = None,
    headers: Headers = None,
    data: Data = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line for every event.")] = False,
) -> None:
    """Run a saved workflow and bring all that it makes (pictures, video, sound, text, 3D, latents) into a folder.

    With OnAir Window and OnAir Segment in it: one prompt for each window of its sound, one MP4; called again with the
    same words after a stop, it goes on where it stood.
    """
    read_content(workflow)
    for word in inputs or []:
        read_upload(word)
    windows = holds_windows(workflow)
    _refuse_what_does_not_fit(workflow.name, windows=windows, keep=keep, previews=previews)
    for folder in filter(None, (output, previews)):
        make_folder(folder)
    settings = overridden(workflow=workflow, comfyui=comfyui, headers=headers, data=data, quant=quant)
    progress = Progress(SystemClock(), quiet=as_json)
    listener = _listener(progress, as_json=as_json)
    with progress:
        if windows:
            work = _run_windows(
                settings, output, sets or [], inputs or [], repeat, seed, timeout, listener, progress, keep=keep
            )
        else:
            work = _run(settings, output, sets or [], inputs or [], repeat, seed, timeout, listener, progress, previews)
        manifest = run_to_the_end(work)
    done = {"event": "done", "manifest": str(output / NAME), "runs": len(manifest.runs), "files": len(manifest.files)}
    print(json.dumps(done) if as_json else f"{counted(len(manifest.files), 'file')}, listed in {output / NAME}")


def _listener(progress: Progress, *, as_json: bool) -> Listener:
    """Return who tells people, or a program, of each event."""

    def listener(event: dict[str, Any], line: str) -> None:
        if as_json:
            print(json.dumps(event), flush=True)  # ASCII: half a surrogate in a value is no text
        elif event["event"] == "output":
            progress.clear()
            if line:
                print(line, flush=True)
        elif event["event"] != "preview" and (progress.live or not {"node", "window"} <= set(event)):
            progress.say(line)  # a log gets a line a window, not one a node of it

    return listener


def _refuse_what_does_not_fit(name: str, *, windows: bool, keep: bool, previews: Path | None) -> None:
    if keep and not windows:
        raise BadInput(f"{name} has no OnAir Window, so no window files; leave --keep out", code="usage")
    if previews is not None and windows:
        raise BadInput(
            f"{name} has an OnAir Window, and each of its windows is a clip; leave --previews out", code="usage"
        )


async def _run(
    settings: Settings,
    output: Path,
    sets: list[str],
    inputs: list[str],
    repeat: int,
    seed: int | None,
    timeout_s: int,
    listener: Listener,
    progress: Progress,
    previews: Path | None,
) -> Manifest:
    async with open_engine(settings, say=progress.say) as engine:
        info = await engine.object_info()
        workflow = load_workflow(settings.workflow, info)
        refuse_unknown_nodes(workflow.graph, info, workflow)
        refuse_loop(workflow.graph, workflow.name)
        requantise(workflow.graph, info, kind=settings.quant, free_bytes=await engine.free_vram_bytes())
        set_all(workflow.graph, sets, info)
        if seed is not None:
            refuse_bad_seed(workflow.graph, info, seed=seed, repeat=repeat)
        uploads = find_uploads(workflow.graph, info, inputs)
        if engine.process is not None:
            lend_inputs(engine.process.place.base, engine.process.place.root, workflow.graph)
        await send(uploads, workflow.graph, engine)
        batch = Batch(
            workflow=workflow.name,
            graph=workflow.graph,
            object_info=info,
            folder=output,
            silence_ns=timeout_s * NS_PER_SECOND,
            repeat=repeat,
            seed=seed,
            previews=previews,
        )
        return await run_batch(batch, engine, listener)


async def _run_windows(
    settings: Settings,
    output: Path,
    sets: list[str],
    inputs: list[str],
    repeat: int,
    seed: int | None,
    timeout_s: int,
    listener: Listener,
    progress: Progress,
    *,
    keep: bool,
) -> Manifest:
    engine = make_engine(settings, data := data_folder(settings))
    place = engine.process.place if engine.process is not None else None

    def order(run: int) -> JobOrder:
        words = read_words(
            settings.workflow,
            sets=sets,
            seed=seed + run if seed is not None else None,
            inputs=inputs,
            place="" if place is not None else engine.url,
            quant=settings.quant,
            run=run,
        )
        silence_ns, more = timeout_s * NS_PER_SECOND, run + 1 < repeat
        return make_order(words, folder=output, silence_ns=silence_ns, keep=keep, more=more)

    at = JobPlace(
        open_engine=partial(open_engine, settings, say=progress.say, needs_pack=True),
        data=data,
        input_folders=(place.root / "input", place.base / "input") if place is not None else (),
        lend=partial(lend_inputs, place.base, place.root) if place is not None else lambda _: None,
        clock=SystemClock(),
        listener=listener,
    )
    return await run_series([order(run) for run in range(repeat)], at)
