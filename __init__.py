"""OnAir's door for ComfyUI: nothing happens at import, every node is loaded when ComfyUI asks for it."""

from __future__ import annotations

from typing import Any

WEB_DIRECTORY = "./custom_nodes/web/static"

_NODES = (
    (".custom_nodes.rolling_wav.nodes.window", "OnAirWindow"),
    (".custom_nodes.rolling_wav.nodes.reference", "OnAirReference"),
    (".custom_nodes.hls_segment.nodes.segment", "OnAirSegment"),
    (".custom_nodes.hls_segment.nodes.idle", "OnAirIdle"),
    (".custom_nodes.portrait.nodes", "OnAirPortrait"),
    (".custom_nodes.tts.nodes", "OnAirTextToSpeech"),
    (".custom_nodes.infinitetalk.nodes.infinitetalk", "OnAirInfiniteTalk"),
    (".custom_nodes.infinitetalk.nodes.colour_lock", "OnAirColourLock"),
    (".custom_nodes.infinitetalk.nodes.cut_past", "OnAirCutPast"),
    (".custom_nodes.infinitetalk.nodes.video_reference", "OnAirVideoReference"),
)

_BENCH = (
    (".custom_nodes.bench.nodes.random_model", "OnAirRandomInfiniteTalk"),
    (".custom_nodes.bench.nodes.device", "OnAirBenchDevice"),
)
"""Only in a ComfyUI that `runner bench gpu` started: nobody else wants a model of noise in the menu."""


async def comfy_entrypoint() -> Any:
    """Return the extension. A node that cannot be loaded is logged with its traceback and left out."""
    import gc
    import importlib
    import logging
    import os

    from comfy_api.latest import ComfyExtension

    nodes: list[Any] = []
    for module, name in (*_NODES, *(_BENCH if os.environ.get("ONAIR_BENCH") else ())):
        try:
            nodes.append(getattr(importlib.import_module(module, __name__), name))
        except Exception:
            # ComfyUI itself would log one line without a traceback, and lose every node of the pack.
            logging.exception("OnAir: the node %s cannot be loaded, the others can", name)

    class OnAirExtension(ComfyExtension):
        """What ComfyUI asks for the pack's nodes."""

        async def get_node_list(self) -> list[Any]:
            return nodes

    if not os.environ.get("ONAIR_CHILD"):
        _let_the_editor_start_a_runner()
    else:
        # A full collection holds the GIL for 0.3-0.5 s every 10 s of use. Only in a ComfyUI that is ours.
        gc.collect()
        gc.freeze()
    return OnAirExtension()


def _let_the_editor_start_a_runner() -> None:
    """Add the routes of the editor's panel; not in a ComfyUI that a runner started."""
    import logging
    import sys
    from pathlib import Path

    if "server" not in sys.modules:  # ComfyUI loads it first; what only looks at the nodes has no routes to add to
        return
    try:
        from .custom_nodes.web.routes import add_routes

        add_routes(Path(__file__).parent)
    except Exception:
        logging.exception("OnAir: the editor cannot start a runner, the nodes are there")


__all__ = ["WEB_DIRECTORY", "comfy_entrypoint"]
