"""Options that several commands share, and how they override the settings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runner.engine.comfy_address import is_address
from runner.errors import BadInput
from runner.settings import Settings, load_settings


def named(path: str) -> Path:
    """Read a path. Raises: BadInput `usage` for an empty one, which would stand for the folder one is in."""
    if not path.strip():
        raise BadInput("an option has an empty name; name a file or folder, or leave it out", code="usage")
    return Path(path)


Workflow = Annotated[
    Path | None, typer.Option(parser=named, metavar="PATH", help="A saved talk graph: editor or API format.")
]
Idle = Annotated[
    Path | None,
    typer.Option(parser=named, metavar="PATH", help="The idle graph; default: the one that the talk graph names."),
]
Avatar = Annotated[
    Path | None,
    typer.Option(
        parser=named,
        metavar="PATH|NAME",
        help="A photo or drawing of one face, looking ahead; or one that OnAir draws: presenter, professor, student.",
    ),
]
VoiceOption = Annotated[str | None, typer.Option(help="A voice or a language: en-us, de, fr … (see /api/voices).")]
Comfyui = Annotated[str | None, typer.Option(help="A ComfyUI folder, or the address of a running ComfyUI.")]
Also = Annotated[
    list[str] | None,
    typer.Option("--also", metavar="URL", help="A further ComfyUI by address, to share what is rendered."),
]
Headers = Annotated[
    list[str] | None,
    typer.Option("--header", metavar="NAME:VALUE", help="For a ComfyUI by address: sent with every request."),
]
Sets = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="NODE.INPUT=VALUE",
        help="Another value; NODE is an id, title or class. On air a title or class reaches the idle graph too.",
    ),
]
Quant = Annotated[
    str | None,
    typer.Option(
        metavar="auto|bf16|fp8|gguf", help="Which form of a model's weights to load; auto: what this ComfyUI has."
    ),
]
Data = Annotated[
    Path | None,
    typer.Option(parser=named, metavar="PATH", help="Folder of everything made at run time (default .onair)."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def overridden(*, headers: list[str] | None = None, also: list[str] | None = None, **values: object) -> Settings:
    """Return the settings with every option that was given (not None) in place. Raises: BadInput."""
    given = {name: value for name, value in values.items() if value is not None}
    if also:
        given["also"] = ",".join(also)
    if headers:
        given["comfyui_headers"] = "\n".join(headers)
    settings = load_settings(**given)
    if headers and not is_address(settings.comfyui):
        raise BadInput("--header is for a ComfyUI by address; name one with --comfyui URL", code="usage")
    return settings
