"""The node definitions of the simulated engine, in the form of `/object_info`.

A contract test holds the OnAir nodes' input names and their order against real ComfyUI.
"""

from __future__ import annotations

from typing import Any

WORK = "SimulatedWork"


def _node(
    name: str,
    required: dict[str, Any],
    optional: dict[str, Any],
    outputs: tuple[str, ...],
    *,
    output_node: bool = False,
) -> dict[str, Any]:
    return {
        "name": name,
        "display_name": name,
        "category": "OnAir",
        "input": {"required": required, "optional": optional},
        "input_order": {"required": list(required), "optional": list(optional)},
        "output": list(outputs),
        "output_node": output_node,
    }


def _int(default: int, low: int = 0, high: int = 2**31 - 1) -> list[Any]:
    return ["INT", {"default": default, "min": low, "max": high}]


def _text() -> list[Any]:
    return ["STRING", {"default": ""}]


IMAGE, AUDIO, ONAIR_WINDOW = ["IMAGE", {}], ["AUDIO", {}], ["ONAIR_WINDOW", {}]

OBJECT_INFO: dict[str, Any] = {
    "OnAirWindow": _node(
        "OnAirWindow",
        {
            "index": _int(0),
            "window_frames": _int(45, 9, 4096),
            "overlap_frames": _int(5, 1, 256),
            "fps": _int(25, 1, 120),
            "width": _int(512, 16, 8192),
            "height": _int(512, 16, 8192),
            "seed": _int(0, 0, 2**53 - 1),
        },
        {
            "image": IMAGE,
            "audio": AUDIO,
            "audio_2": AUDIO,
            "events": ["ONAIR_EVENTS", {}],
            "image_path": _text(),
            "request_path": _text(),
        },
        ("AUDIO", "AUDIO", "IMAGE", "IMAGE", "INT", "INT", "INT", "INT", "ONAIR_WINDOW"),
    ),
    "OnAirSegment": _node(
        "OnAirSegment",
        {"images": IMAGE, "window": ONAIR_WINDOW},
        {"preview": ["BOOLEAN", {"default": True}], "attempt": _text()},
        ("ONAIR_WINDOW",),
        output_node=True,
    ),
    "OnAirIdle": _node(
        "OnAirIdle",
        {"image": IMAGE, "frames": _int(192, 24, 24_000)},
        {"images": IMAGE, "window": ONAIR_WINDOW},
        ("IMAGE",),
        output_node=True,
    ),
    "OnAirPortrait": _node(
        "OnAirPortrait",
        {"image": IMAGE, "audio": AUDIO, "window": ONAIR_WINDOW},
        {},
        ("IMAGE",),
    ),
    "LoadImage": _node("LoadImage", {"image": [["example.png"], {"image_upload": True}]}, {}, ("IMAGE", "MASK")),
    WORK: _node(
        WORK,
        {"steps": _int(1), "step_ms": _int(10)},
        {"attempt": _text(), "message": _text()},
        (),
        output_node=True,
    ),
}
