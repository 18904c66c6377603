"""`speak`: a sentence into a file or a finished HLS folder."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from hls.mp4 import remux
from hls.whole_file import beside
from runner.cli.options import (
    Avatar,
    Comfyui,
    Data,
    Headers,
    Idle,
    Json,
    Quant,
    Sets,
    VoiceOption,
    Workflow,
    named,
    overridden,
)
from runner.cli.progress import Progress
from runner.cli.stopping import run_to_the_end
from runner.clock import SystemClock
from runner.compose import new_studio, open_stage
from runner.errors import BadInput
from runner.live.clauses import check_text
from runner.live.recording import record
from runner.settings import Settings


def speak(
    text: Annotated[str, typer.Argument(help="What to say; - reads it from standard input.")],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", parser=named, metavar="FILE", help="Write one MP4; a file there is replaced."),
    ] = None,
    hls: Annotated[
        Path | None,
        typer.Option("--hls", parser=named, metavar="DIR", help="Write a finished HLS folder, new or empty."),
    ] = None,
    workflow: Workflow = None,
    idle: Idle = None,
    avatar: Avatar = None,
    voice: VoiceOption = None,
    comfyui: Comfyui = None,
    headers: Headers = None,
    sets: Sets = None,
    quant: Quant = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Speak a text with moving lips into an MP4 or an HLS folder."""
    if (output is None) == (hls is None):
        raise BadInput("say where to: -o FILE.mp4 or --hls DIR, one of them", code="usage")
    spoken = check_text(sys.stdin.read() if text == "-" else text)
    target = (output or hls or Path()).resolve()
    check_target(target, folder=hls is not None)
    settings = overridden(
        workflow=workflow, idle=idle, avatar=avatar, voice=voice, comfyui=comfyui, data=data, headers=headers,
        quant=quant,
    )  # fmt: skip
    progress = Progress(SystemClock(), quiet=as_json)
    replaced = output is not None and target.exists()
    with progress:
        run_to_the_end(_speak(settings, spoken, target, is_folder=hls is not None, sets=sets or [], progress=progress))
    print(json.dumps({"written": str(target)}) if as_json else f"Wrote {output or hls}{' (replaced)' * replaced}")


async def _speak(
    settings: Settings, text: str, target: Path, *, is_folder: bool, sets: list[str], progress: Progress
) -> None:
    clock = SystemClock()
    async with open_stage(settings, sets=sets, say=progress.say) as stage:
        folder = work_folder(target)
        try:
            await record(
                text,
                studio=new_studio(stage, clock=clock),
                speech=stage.speech,
                voice=settings.voice,
                speed=settings.speed,
                folder=folder,
                anchor_unix_ns=clock.unix_ns(),
                on_progress=progress.frames,
            )
            if is_folder:
                _publish_folder(folder, target)
            else:
                await asyncio.to_thread(remux, folder, target)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _publish_folder(folder: Path, target: Path) -> None:
    """Move the finished folder to its place. Blocking for a moment: no signal shall come between."""
    folder.chmod(0o755)
    if target.is_dir():
        target.rmdir()
    folder.replace(target)


def work_folder(target: Path) -> Path:
    """Make a folder beside the target, so that the finished one is moved into place in one step. Raises: BadInput."""
    try:
        return Path(tempfile.mkdtemp(prefix=".onair-", dir=target.parent))
    except OSError as exc:
        raise BadInput(
            f"nothing can be written into {target.parent}: {exc.strerror}; name another place", code="output.folder"
        ) from exc


def check_target(target: Path, *, folder: bool) -> None:
    """Find out before minutes of work that the result has no place. Raises: BadInput."""
    try:
        # Under that name it is written before it takes its place.
        beside(target).lstat()
    except FileNotFoundError:
        pass
    except OSError as exc:
        sentence = f"there can be no file {target.name[:40]} … in {target.parent}: {exc.strerror}; name it otherwise"
        raise BadInput(sentence, code="output.file") from exc
    if not target.parent.is_dir():
        raise BadInput(f"the folder {target.parent} does not exist; make it first", code="output.folder")
    if folder and target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise BadInput(f"{target} exists and is not an empty folder; name a new one", code="output.taken")
    if not folder and target.is_dir():
        raise BadInput(f"{target} is a folder; give a file name such as {target.name}/hello.mp4", code="output.folder")
    if not folder and target.suffix.lower() != ".mp4":
        raise BadInput(f"{target.name} is written as MP4; name it {target.stem or 'speech'}.mp4", code="output.format")
    work_folder(target).rmdir()
