"""The picture of a live graph, held by a node whose inputs stay the same: what it feeds is computed once a session."""

from __future__ import annotations

from collections.abc import Mapping

from runner.ports import ApiGraph

from .api_graph import fed_by, keep, link_of

REFERENCE = "OnAirReference"
PICTURE_OUTPUT = 2  # OnAir Window's `image`


def hold_picture(graph: ApiGraph, window_id: str, sizes: Mapping[str, int]) -> str:
    """Let what depends on the Window's picture alone read it from an OnAirReference.

    The Window's inputs change with every window, and with them everything that is linked to it runs again. The
    reference's stay, so what it feeds is computed once. Returns its id, "" where nothing depends on the picture alone.
    """
    picture = (window_id, PICTURE_OUTPUT)
    without = keep(graph, graph)
    for node in without.values():
        node["inputs"] = {name: value for name, value in node["inputs"].items() if link_of(value) != picture}
    with_window = fed_by(without, [window_id])
    alone = [node_id for node_id in graph if node_id not in with_window]
    readers = [
        (node_id, name)
        for node_id in alone
        for name, value in graph[node_id]["inputs"].items()
        if link_of(value) == picture
    ]
    if not readers:
        return ""
    window = graph[window_id]["inputs"]
    reference_id = next(name for name in map("onair_reference{}".format, ("", *range(len(graph)))) if name not in graph)
    given = {name: window[name] for name in ("image", "image_path") if name in window}
    inputs = {"width": sizes["width"], "height": sizes["height"], **given}
    graph[reference_id] = {"class_type": REFERENCE, "inputs": inputs}
    for node_id, name in readers:
        graph[node_id]["inputs"][name] = [reference_id, 0]
    return reference_id
