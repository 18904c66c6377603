"""Which ComfyUIs render, by the settings: the first one, and further ones that share its turns."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import replace
from pathlib import Path

from runner.engine.comfy_address import address_of, is_address
from runner.engine.comfy_engine import ComfyEngine
from runner.engine.comfy_place import ComfyPlace, has_gpu
from runner.engine.wrapper_pack import wrapper_pack
from runner.errors import BadInput
from runner.live.idle import IdleLoop
from runner.settings import REPOSITORY, Settings

PATIENCE_S = 15.0
"""How long a further server is waited for: others can take over what it has begun."""


def make_engine(settings: Settings, data: Path, *, needs_pack: bool = True) -> ComfyEngine:
    """Return the engine the settings name: a server by URL, or a supervised child. Raises: BadInput."""
    where = settings.comfyui or str(REPOSITORY / ".comfyui")
    if is_address(where):
        address = address_of(where, headers=settings.headers, token=settings.engine_token)
        return ComfyEngine(url=address.url, headers=address.headers, needs_pack=needs_pack)
    root = Path(where).expanduser().resolve()
    if not os.path.isfile(root / "main.py"):  # unlike Path's, False for a name that is too long, too
        looks_like_address = re.fullmatch(r"[\w.-]+:\d+/?", where) is not None
        raise BadInput(
            f"{where} is neither a ComfyUI folder nor an address; an address begins with http://, as http://{where}"
            if looks_like_address
            else f"there is no ComfyUI at {root}; run python3 install.py setup, or name one with --comfyui PATH or URL",
            code="comfyui.not_found",
        )
    wrapper = wrapper_pack(REPOSITORY)
    place = ComfyPlace(
        root=root,
        python=Path(sys.executable) if wrapper is None else wrapper.python,
        base=data / "comfyui",
        data=data,
        packs=(REPOSITORY,) if wrapper is None else (REPOSITORY, wrapper.path),
    )
    return ComfyEngine(place=place, needs_pack=needs_pack)


def further_engines(settings: Settings, first: ComfyEngine, data: Path) -> list[ComfyEngine]:
    """Return the other engines: children like the first, each on a GPU of its own, and servers by URL.

    Raises: BadInput.
    """
    children = []
    if settings.engines > 1:
        if first.process is None:
            raise BadInput(
                "ONAIR_ENGINES starts ComfyUI several times, and this one is somebody else's; name the others with "
                "--also URL",
                code="settings.bad",
            )
        for number in range(1, settings.engines):
            gpu = ("--cuda-device", str(number)) if has_gpu() else ()
            place = first.process.place
            place = replace(place, base=data / f"comfyui-{number + 1}", arguments=(*place.arguments, *gpu))
            children.append(ComfyEngine(place=place))
    servers: list[ComfyEngine] = []
    for url in filter(None, map(str.strip, settings.also.split(","))):
        address = address_of(url, headers=settings.headers, token=settings.engine_token)
        if address.url in {first.url, *(one.url for one in servers)}:
            raise BadInput(
                f"{address.url} is named twice, and one ComfyUI renders one window at a time; leave one out",
                code="settings.bad",
            )
        servers.append(ComfyEngine(url=address.url, headers=address.headers, patience_s=PATIENCE_S))
    return [*children, *servers]


async def lend_states(first: ComfyEngine, other: ComfyEngine, idle: IdleLoop, *, data: Path) -> None:
    """Bring the loop's entry states, which lie with who rendered them, to another server. Raises: EngineError."""
    if other.process is not None and first.process is not None:
        return  # the data folder is theirs in common
    for frame in idle.entry_points:
        name = idle.state_name(frame)
        if not (data / name).is_file():
            await first.fetch(name, data / name)
        await other.put(name, data / name)
