"""The OnAir nodes' definitions in the form of `/object_info`: what is known of a graph before any ComfyUI is up.

A contract test holds names, order and ranges against real ComfyUI.
"""

from __future__ import annotations

from typing import Any


def define(
    name: str,
    required: dict[str, Any],
    optional: dict[str, Any],
    outputs: tuple[str, ...],
    *,
    output_node: bool = False,
) -> dict[str, Any]:
    """Return one node's definition."""
    return {
        "name": name,
        "display_name": name,
        "category": "OnAir",
        "input": {"required": required, "optional": optional},
        "input_order": {"required": list(required), "optional": list(optional)},
        "output": list(outputs),
        "output_node": output_node,
    }


def integer(default: int, low: int = 0, high: int = 2**31 - 1) -> list[Any]:
    """Return an INT input's specification."""
    return ["INT", {"default": default, "min": low, "max": high}]


def decimal(default: float, low: float, high: float) -> list[Any]:
    """Return a FLOAT input's specification."""
    return ["FLOAT", {"default": default, "min": low, "max": high}]


def text() -> list[Any]:
    """Return a STRING input's specification."""
    return ["STRING", {"default": ""}]


IMAGE, AUDIO, ONAIR_WINDOW, EVENTS = ["IMAGE", {}], ["AUDIO", {}], ["ONAIR_WINDOW", {}], ["ONAIR_EVENTS", {}]

OWN_NODES: dict[str, Any] = {
    "OnAirWindow": define(
        "OnAirWindow",
        {
            "index": integer(0),
            "window_frames": integer(45, 9, 4096),
            "overlap_frames": integer(5, 1, 256),
            "fps": integer(25, 1, 120),
            "width": integer(512, 16, 8192),
            "height": integer(512, 16, 8192),
            "seed": integer(0, 0, 2**53 - 1),
        },
        {
            "image": IMAGE,
            "audio": AUDIO,
            "audio_2": AUDIO,
            "events": EVENTS,
            "image_path": text(),
            "request_path": text(),
            "loudness": decimal(0.0, -70.0, 0.0),
        },
        ("AUDIO", "AUDIO", "IMAGE", "IMAGE", "INT", "INT", "INT", "INT", "ONAIR_WINDOW"),
    ),
    "OnAirSegment": define(
        "OnAirSegment",
        {"images": IMAGE, "window": ONAIR_WINDOW},
        {"preview": ["BOOLEAN", {"default": True}], "attempt": text()},
        ("ONAIR_WINDOW",),
        output_node=True,
    ),
    "OnAirIdle": define(
        "OnAirIdle",
        {"image": IMAGE, "frames": integer(192, 24, 24_000)},
        {"images": IMAGE, "window": ONAIR_WINDOW, "landmarks": text()},
        ("IMAGE",),
        output_node=True,
    ),
    "OnAirPortrait": define(
        "OnAirPortrait",
        {"image": IMAGE, "audio": AUDIO, "window": ONAIR_WINDOW},
        {
            **{name: integer(0, 0, 8192) for name in ("mouth_x", "mouth_y", "mouth_width", "mouth_height")},
            "landmarks": text(),
        },
        ("IMAGE",),
    ),
    "OnAirReference": define(
        "OnAirReference",
        {"width": integer(512, 16), "height": integer(512, 16)},
        {"image": IMAGE, "image_path": text()},
        ("IMAGE",),
    ),
    "OnAirInfiniteTalk": define(
        "OnAirInfiniteTalk",
        {
            **{name: [name.upper(), {}] for name in ("model", "model_patch", "audio_encoder", "vae")},
            **{name: ["CONDITIONING", {}] for name in ("positive", "negative")},
            **{"window": ONAIR_WINDOW, "image": IMAGE, "motion_frames": IMAGE, "audio": AUDIO},
        },
        {
            **{"audio_2": AUDIO, "mask_1": ["MASK", {}], "mask_2": ["MASK", {}]},
            **{"audio_scale": decimal(1.0, -10.0, 10.0), "exact_timing": ["BOOLEAN", {"default": True}]},
        },
        ("MODEL", "CONDITIONING", "CONDITIONING", "LATENT"),
    ),
    "OnAirColourLock": define(
        "OnAirColourLock",
        {"images": IMAGE, "image": IMAGE, "window": ONAIR_WINDOW, "strength": decimal(0.8, 0.0, 1.0)},
        {},
        ("IMAGE",),
    ),
    "OnAirCutPast": define(
        "OnAirCutPast",
        {"multitalk_embeds": ["MULTITALK_EMBEDS", {}], "window": ONAIR_WINDOW},
        {},
        ("MULTITALK_EMBEDS",),
    ),
    "OnAirVideoReference": define(
        "OnAirVideoReference", {"video": ["VIDEO", {}]}, {"window": ONAIR_WINDOW}, ("IMAGE",)
    ),
    "OnAirTextToSpeech": define(
        "OnAirTextToSpeech",
        {
            "text": text(),
            "provider": ["COMBO", {"options": []}],
            "voice": text(),
            "speed": decimal(1.0, 0.5, 2.0),
        },
        {},
        ("AUDIO", "ONAIR_EVENTS"),
    ),
}
