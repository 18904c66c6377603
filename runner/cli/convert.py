"""`convert`: saved workflows as the prompts that ComfyUI's own editor would send."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from hls.whole_file import write_whole
from runner.cli.form import say_error
from runner.cli.object_info import read_object_info
from runner.cli.options import Headers, Json, overridden
from runner.cli.progress import Progress
from runner.cli.stopping import run_to_the_end
from runner.clock import SystemClock
from runner.compose import open_engine
from runner.engine.comfy_address import address_of
from runner.engine.comfy_http import ComfyHttp
from runner.engine.workflow import load_workflow
from runner.errors import BadInput, WorkflowRefused
from runner.settings import Settings, load_settings

SUFFIX = ".api.json"


def convert_command(
    workflows: Annotated[list[Path], typer.Argument(help="Workflows as the editor saves them.")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for NAME.api.json of each.")],
    object_info: Annotated[
        Path | None, typer.Option(help="What /object_info of a ComfyUI answered, as a file.")
    ] = None,
    server: Annotated[str | None, typer.Option(help="Address of a running ComfyUI, asked for /object_info.")] = None,
    headers: Headers = None,
    as_json: Json = False,
) -> int:
    """Write the API form of each workflow: subgraphs, reroutes, primitives, mutes and bypasses resolved.

    Which inputs nodes have is asked of the ComfyUI that `live` would use, unless --object-info or --server is given.
    One that is refused does not stop the others; the exit code is then 2.
    """
    nodes = _nodes(object_info, server, headers or [], quiet=as_json)
    try:
        output.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise BadInput(f"{output} cannot be made: {exc.strerror}; name another folder", code="output.folder") from exc
    _refuse_doubles(workflows)
    written: dict[str, str] = {}
    refused: dict[str, dict[str, str]] = {}
    for path in workflows:
        try:
            graph = load_workflow(path, nodes).graph
        except WorkflowRefused as exc:
            refused[str(path)] = {"code": exc.code, "message": str(exc)}
            if not as_json:
                say_error(exc.code, str(exc))
            continue
        target = output / f"{path.stem}{SUFFIX}"
        _write(target, graph)
        written[str(path)] = str(target)
        if not as_json:
            print(f"{path} -> {target}  {len(graph)} node{'s' if len(graph) > 1 else ''}")
    if as_json:
        print(json.dumps({"written": written, "refused": refused}))
    return WorkflowRefused.exit_code if refused else 0


def _refuse_doubles(workflows: list[Path]) -> None:
    stems = [path.stem for path in workflows]
    doubles = sorted({stem for stem in stems if stems.count(stem) > 1})
    if doubles:
        raise BadInput(f"several workflows are named {', '.join(doubles)}; give each call its own folder with -o")


def _nodes(object_info: Path | None, server: str | None, headers: list[str], *, quiet: bool) -> dict[str, Any]:
    if object_info is not None and server is not None:
        raise BadInput("give the node definitions by one of --object-info FILE and --server URL, not by both")
    if object_info is not None:
        return read_object_info(object_info)
    if server is not None:
        http = ComfyHttp(
            address_of(server, headers=headers or load_settings().headers, token=load_settings().engine_token)
        )
        try:
            return http.object_info()
        finally:
            http.close()
    with Progress(SystemClock(), quiet=quiet) as progress:
        return run_to_the_end(_ask(overridden(headers=headers or None), progress))


async def _ask(settings: Settings, progress: Progress) -> dict[str, Any]:
    async with open_engine(settings, say=progress.say) as engine:
        return await engine.object_info()


def _write(target: Path, graph: dict[str, Any]) -> None:
    try:
        # Half a surrogate is no text; as `\\ud800` it is what JSON writes for it.
        text = json.dumps(graph, indent=2, ensure_ascii=False)
        write_whole(target, text.encode(errors="backslashreplace"))
    except OSError as exc:
        raise BadInput(
            f"{target} cannot be written: {exc.strerror}; name another folder", code="output.folder"
        ) from exc
