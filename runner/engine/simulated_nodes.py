"""The node definitions of the simulated engine, in the form of `/object_info`."""

from __future__ import annotations

from typing import Any

from .own_nodes import OWN_NODES, define, integer, text

WORK = "SimulatedWork"

OBJECT_INFO: dict[str, Any] = {
    **OWN_NODES,
    "LoadImage": define("LoadImage", {"image": [["example.png"], {"image_upload": True}]}, {}, ("IMAGE", "MASK")),
    WORK: define(
        WORK,
        {"steps": integer(1), "step_ms": integer(10)},
        {"attempt": text(), "message": text(), "makes": text(), "seed": integer(0)},
        (),
        output_node=True,
    ),
}
