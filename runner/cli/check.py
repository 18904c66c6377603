"""`check`: what a saved workflow lacks here, and whether it can go on air, before anything is queued."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from runner.batch.finding import Finding
from runner.batch.inspection import Inspection, inspect
from runner.batch.models import named_models
from runner.cli.form import counted
from runner.cli.object_info import read_object_info
from runner.cli.options import Comfyui, Data, Headers, Json, Sets, named, overridden
from runner.cli.progress import Progress
from runner.cli.stopping import run_to_the_end
from runner.clock import SystemClock
from runner.compose import open_engine
from runner.engine.base_folder import lend_inputs
from runner.engine.workflow import parse_workflow, read_content
from runner.errors import WorkflowFaulty
from runner.settings import REPOSITORY, Settings

WRAPPER = "ComfyUI-WanVideoWrapper"


def check_command(
    workflow: Annotated[Path, typer.Argument(parser=named, metavar="WORKFLOW", help="Editor or API format.")],
    sets: Sets = None,
    object_info: Annotated[
        Path | None,
        typer.Option(parser=named, metavar="FILE", help="What /object_info answered; no ComfyUI is asked then."),
    ] = None,
    comfyui: Comfyui = None,
    headers: Headers = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Name missing nodes, models and files, refused values, and how it would go live. Exit code 5 for faults."""
    content = read_content(workflow)
    settings = overridden(workflow=workflow, comfyui=comfyui, headers=headers, data=data)
    if object_info is not None:
        info = read_object_info(object_info)
    else:
        with Progress(SystemClock(), quiet=as_json) as progress:
            info = run_to_the_end(_ask(settings, content, progress))
    found = inspect(workflow, info, sets=sets or [])
    if as_json:
        print(json.dumps(found.told()))  # ASCII: half a surrogate in a value is no text
    else:
        _print(found)
    if found.findings and as_json:
        raise typer.Exit(WorkflowFaulty.exit_code)  # the inspection is the one object
    if found.findings:
        count = counted(len(found.findings), "fault")
        raise WorkflowFaulty(f"{found.workflow} has {count}; correct what is named above")


async def _ask(settings: Settings, content: Any, progress: Progress) -> dict[str, Any]:
    """Ask the engine; a child's lists of files are those after the input files that the graph names were lent."""
    async with open_engine(settings, say=progress.say) as engine:
        info = await engine.object_info()
        if engine.process is None:
            return info
        graph = parse_workflow(settings.workflow.name, content, info).graph
        lend_inputs(engine.process.place.base, engine.process.place.root, graph)
        return await engine.asked_anew()


def _print(found: Inspection) -> None:
    for line in (*_missing_nodes(found), *_faults(found), *_download(found)):
        print(line)
    print(_live(found))
    if found.by_window:
        print("run: window by window, one prompt for each window of its sound (--input audio=FILE), one MP4")
    if not found.findings:
        print(f"{found.workflow}: {counted(found.nodes, 'node')}, no faults")


def _missing_nodes(found: Inspection) -> Iterator[str]:
    """Yield one line a pack: a workflow may lack twenty classes of the same one."""
    packs: dict[str, list[Finding]] = {}
    for fault in found.findings:
        if fault.kind == "missing_node":
            packs.setdefault(fault.pack or fault.class_type, []).append(fault)
    for pack, faults in packs.items():
        if len(faults) == 1:
            yield f"missing_node: {faults[0].message}"
            continue
        nodes = ", ".join(f"{fault.class_type} ({fault.node})" for fault in faults)
        remedy = faults[0].message.partition("; ")[2]
        of_pack = f" of the pack {pack}" if faults[0].pack else ""
        yield f"missing_node: {len(faults)} nodes{of_pack} are not in this ComfyUI: {nodes}; {remedy}"


def _faults(found: Inspection) -> Iterator[str]:
    yield from (f"{fault.kind}: {fault.message}" for fault in found.findings if fault.kind != "missing_node")


def _download(found: Inspection) -> Iterator[str]:
    """Yield the one command that brings the missing, where a shipped graph names all these models, or the pack."""
    words = ["--with wanvideowrapper"] if any(fault.pack == WRAPPER for fault in found.findings) else []
    wanted = {fault.value for fault in found.findings if fault.kind in ("missing_model", "unseen_model")}
    shipped = sorted(
        (REPOSITORY / "workflows").glob("*.json"), key=lambda path: (path.name != found.workflow, path.name)
    )
    sets = [path.stem for path in shipped if wanted <= set(named_models(read_content(path)))]
    if wanted and sets:
        words.append(f"--set {sets[0]}")
    if words:
        yield f"to bring them: python3 install.py download {' '.join(words)}"


def _live(found: Inspection) -> str:
    live, idle = found.live, found.idle
    yes = "when the above is mended, " if found.findings else "yes, "
    if idle is not None:
        return (
            f"live: {yes}as the idle loop (--idle), {idle.width}x{idle.height}, {idle.frames} frames at "
            f"{idle.fps} fps; OnAirWindow is node {idle.window_id}"
        )
    if live is None:
        return f"live: no [{found.why_not[0]}] {found.why_not[1]}" if found.why_not else "live: no"
    step = live.window_frames - live.overlap_frames
    return (
        f"live: {yes}{live.width}x{live.height}, windows of {live.window_frames} frames in steps of {step} "
        f"(overlap {live.overlap_frames}) at {live.fps} fps; OnAirWindow is node {live.window_id}, OnAirSegment "
        f"{live.segment_id}"
    )
