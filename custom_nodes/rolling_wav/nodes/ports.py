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
        io.Audio.Output(
            "audio", tooltip="The sound to hear: the past, the window, then 4 frames of look-ahead. 16 kHz, mono."
        ),
        io.Audio.Output(
            "audio_2", tooltip="The second speaker's sound, cut like the first; nothing where there is none."
        ),
        io.Image.Output("image", tooltip="The reference picture, scaled and cropped to width x height pixels."),
        io.Image.Output(
            "motion_frames", tooltip="The frames to go on from, as many as overlap says. Feed them to the model."
        ),
        io.Int.Output(
            "frames", tooltip="How many images the graph must return for this window, in frames: overlap and new ones."
        ),
        io.Int.Output("overlap", tooltip="How many of these repeat the end of the window before, in frames."),
        io.Int.Output("context_frames", tooltip="How long the past in `audio` is, in frames: there the window starts."),
        io.Int.Output("seed", tooltip="This window's own seed, the same at every try."),
        io.Custom("ONAIR_WINDOW").Output(
            "window", tooltip="All of this in one, for OnAir Segment and the other OnAir nodes."
        ),
    ]


def _links() -> list[io.Input]:
    return [
        io.Image.Input(
            "image",
            optional=True,
            tooltip="The reference picture: who speaks. Of any size; without one a drawn presenter is used.",
        ),
        io.Audio.Input(
            "audio",
            optional=True,
            lazy=True,
            tooltip="The whole speech, for trying windows in the editor. Live the runner brings its own sound.",
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
        number("index", 0, 0, LARGEST, "Which window of the speech is rendered when you press Run: a number from 0."),
        number(
            "window_frames",
            45,
            9,
            4096,
            "Length of a window in frames, the overlap included; without it a multiple of 8. InfiniteTalk: 81.",
        ),
        number(
            "overlap_frames",
            5,
            1,
            256,
            "How many frames of the window before are repeated at its beginning. InfiniteTalk: 9.",
        ),
        number("fps", 25, 1, 120, "The stream's rate in frames per second. Live it is 25."),
        number("width", 512, 16, 8192, "The stream's width in pixels, a multiple of 16.", step=16),
        number("height", 512, 16, 8192, "The stream's height in pixels, a multiple of 16.", step=16),
        number(
            "seed",
            0,
            0,
            2**53 - 1,
            "A whole number; every window's own seed is made from it.",
            control_after_generate=False,
        ),
    ]


def _paths() -> list[io.Input]:
    below = "below onair/ in ComfyUI's output or input folder"
    return [
        io.String.Input("image_path", default="", optional=True, tooltip=f"A picture file {below}, instead of image."),
        io.String.Input(
            "request_path",
            default="",
            optional=True,
            advanced=True,
            tooltip=f"The runner's request file {below}. Leave it empty.",
        ),
        io.Float.Input(
            "loudness",
            default=0.0,
            min=-70.0,
            max=0.0,
            step=0.5,
            optional=True,
            tooltip="How loud the model hears the speech, in LUFS, by one gain for the whole; 0 leaves it as it is.",
        ),
    ]
