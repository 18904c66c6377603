"""`gallery`: faces say the same texts; contact sheets, clips and how well the lips follow."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from runner.cli.options import Comfyui, Data, Json, VoiceOption, named, overridden
from runner.cli.progress import Progress
from runner.cli.stopping import run_to_the_end
from runner.clock import SystemClock
from runner.compose import open_engine
from runner.engine.comfy_address import is_address
from runner.gallery.faces import Face, find_faces
from runner.gallery.gallery import Clip, make_gallery
from runner.gallery.report import table, write_report
from runner.gallery.texts import TEXTS
from runner.settings import Settings


def gallery_command(
    output: Annotated[
        Path, typer.Option("-o", "--output", parser=named, metavar="DIR", help="Folder for sheets, clips and figures.")
    ],
    faces: Annotated[
        list[Path] | None,
        typer.Argument(
            parser=named, metavar="[FACE]...", help="Pictures, or folders of them; none: the drawn avatars."
        ),
    ] = None,
    texts: Annotated[
        list[str] | None, typer.Option("--text", help="Say this instead of the three texts; may be given often.")
    ] = None,
    voice: VoiceOption = None,
    comfyui: Comfyui = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Let faces say the same texts through the whole chain; write sheets, clips and a table of their lips."""
    wanted = find_faces(faces or [])
    output.mkdir(parents=True, exist_ok=True)
    settings = overridden(voice=voice, comfyui=comfyui, data=data)
    progress = Progress(SystemClock(), quiet=as_json)
    with progress:
        clips = run_to_the_end(_all(wanted, list(texts or TEXTS), settings, output.resolve(), progress))
    write_report(clips, output)
    print((output / "gallery.json").read_text(encoding="utf-8") if as_json else table(clips))


async def _all(faces: list[Face], texts: list[str], settings: Settings, folder: Path, progress: Progress) -> list[Clip]:
    """Start ComfyUI once; every face then sees it by its address, with a data folder of its own."""
    if is_address(settings.comfyui):
        return await _each(faces, texts, settings, folder, progress)
    async with open_engine(settings, say=progress.say, needs_pack=True) as engine:
        return await _each(faces, texts, settings.model_copy(update={"comfyui": engine.url}), folder, progress)


async def _each(
    faces: list[Face], texts: list[str], settings: Settings, folder: Path, progress: Progress
) -> list[Clip]:
    with tempfile.TemporaryDirectory(prefix=".onair-", dir=folder) as work:
        # ComfyUI writes what it is sent in place: what a child of ours reads must not be our own file.
        own = settings.model_copy(update={"data": Path(work) / "data"})
        clips = make_gallery(
            faces, texts, settings=own, folder=folder, work=Path(work), clock=SystemClock(), say=progress.say
        )
        return [clip async for clip in clips]
