"""BoundJob: an order's graph with its values, files and picture in place, for the engine that will render it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.avatar import place_avatar
from runner.batch.prompt import refuse_bad_seed, seed_inputs
from runner.batch.uploads import find_uploads, send
from runner.engine.binding import LiveGraph, bind
from runner.engine.cut_graph import set_all
from runner.engine.first_look import FirstLook
from runner.engine.quant import requantise
from runner.engine.workflow import load_workflow
from runner.jobs.order import JobOrder
from runner.jobs.words import PICTURE, VOICES
from runner.ports import ApiGraph, Engine

UNKNOWN_SIDE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundJob:
    """`whole` is all of the workflow with its values set; `live` what a window needs; `image` a name, "" = its own."""

    whole: ApiGraph
    live: LiveGraph
    object_info: Mapping[str, Any]
    image: str


def check_picture(order: JobOrder, data: Path) -> None:
    """Refuse a picture that cannot be shown, before ComfyUI is up. Raises: PictureRefused."""
    look: FirstLook = order.look
    if order.words.picture is not None:
        size = (look.width or UNKNOWN_SIDE, look.height or UNKNOWN_SIDE)
        place_avatar(order.words.picture, data=data, width=size[0], height=size[1], needs_face=look.needs_face)


Lend = Callable[[ApiGraph], None]


async def bind_order(order: JobOrder, engine: Engine, data: Path, *, lend: Lend) -> BoundJob:
    """Bind the order's workflow by this engine's definitions, and hand its files over.

    `lend`: brings the files that a graph names itself to where the engine looks for them.

    Raises: BadInput of every kind, EngineError.
    """
    info = await engine.object_info()
    words = order.words
    workflow = load_workflow(words.workflow, info)
    requantise(workflow.graph, info, kind=words.quant, free_bytes=await engine.free_vram_bytes())
    set_all(workflow.graph, words.sets, info)
    if words.seed is not None:
        refuse_bad_seed(workflow.graph, info, seed=words.seed, repeat=1)
        for node_id, name in seed_inputs(workflow.graph):
            workflow.graph[node_id]["inputs"][name] = words.seed
    uploads = find_uploads(workflow.graph, info, words.uploads, own=(*VOICES, PICTURE))
    lend(workflow.graph)
    await send(uploads, workflow.graph, engine)
    live = bind(workflow, info)
    image = ""
    if words.picture is not None:
        avatar = place_avatar(
            words.picture, data=data, width=live.width, height=live.height, needs_face=live.needs_face
        )
        for file in avatar.files:
            await engine.put(file, data / file)
        image, live = avatar.name, bind(workflow, info, image_path=avatar.name)
    return BoundJob(whole=workflow.graph, live=live, object_info=info, image=image)
