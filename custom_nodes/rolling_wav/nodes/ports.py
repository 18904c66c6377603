"""OnAirWindow's ports: fourteen inputs and nine outputs. Their names are in saved workflows: never renamed."""

from __future__ import annotations

from typing import Any

from comfy_api.latest import io

LARGEST = 2**31 - 1


def inputs() -> list[io.Input]:
    """Return the inputs in the editor's order."""
    return [*_links(), *_shape(), *_paths()]


def outputs() -> list[io.Output]:
    """Return the outputs in their order."""
    return [
        io.Audio.Output("audio", tooltip="Context, window and look-ahead, 16 kHz."),
        io.Audio.Output("audio_2", tooltip="The second speaker, if there is one."),
        io.Image.Output("image", tooltip="The picture in the stream's size."),
        io.Image.Output("motion_frames", tooltip="The frames that the window goes on from. Feed them on."),
        io.Int.Output("frames", tooltip="How many images the graph must return: overlap + new."),
        io.Int.Output("overlap", tooltip="How many of them repeat the window before."),
        io.Int.Output("context_frames", tooltip="Where in the sound the window starts, in frames."),
        io.Int.Output("seed", tooltip="This window's own seed."),
        io.Custom("ONAIR_WINDOW").Output("window", tooltip="For OnAir Segment and OnAir Portrait."),
    ]


def _links() -> list[io.Input]:
    return [
        io.Image.Input("image", optional=True, tooltip="The reference picture; without one a drawn presenter is used."),
        io.Audio.Input(
            "audio", optional=True, lazy=True, tooltip="The whole speech, in the editor. Live it is cut off."
        ),
        io.Audio.Input("audio_2", optional=True, lazy=True, tooltip="A second speaker's sound, as long as the first."),
        io.Custom("ONAIR_EVENTS").Input(
            "events",
            optional=True,
            lazy=True,
            tooltip="Words and phonemes with their times, from OnAir Text To Speech.",
        ),
    ]


def _shape() -> list[io.Input]:
    def number(name: str, default: int, low: int, high: int, tooltip: str, **more: Any) -> io.Input:
        return io.Int.Input(name, default=default, min=low, max=high, tooltip=tooltip, **more)

    return [
        number("index", 0, 0, LARGEST, "Which window of the speech is rendered when you press Run, from 0."),
        number("window_frames", 45, 9, 4096, "Frames a window has, the overlap included. Less the overlap: 8 x n."),
        number("overlap_frames", 5, 1, 256, "Frames that repeat the end of the window before."),
        number("fps", 25, 1, 120, "Frames a second. Live is 25."),
        number("width", 512, 16, 8192, "The stream's width in pixels, a multiple of 16.", step=16),
        number("height", 512, 16, 8192, "The stream's height in pixels, a multiple of 16.", step=16),
        number("seed", 0, 0, 2**53 - 1, "Every window's seed is made from it.", control_after_generate=False),
    ]


def _paths() -> list[io.Input]:
    below = "below onair/ in ComfyUI's output or input folder"
    return [
        io.String.Input("image_path", default="", optional=True, tooltip=f"A picture file {below}, instead of image."),
        io.String.Input(
            "request_path", default="", optional=True, tooltip=f"The runner's request file {below}. Leave it empty."
        ),
        io.Float.Input(
            "loudness",
            default=0.0,
            min=-70.0,
            max=0.0,
            step=0.5,
            optional=True,
            tooltip="How loud the model hears the speech, in LUFS, by one gain for the whole of it. 0: as it is.",
        ),
    ]
