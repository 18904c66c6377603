"""The master playlist: one variant, because a window is rendered once."""

from __future__ import annotations

from .aac import BIT_RATE
from .init_segment import StreamParameters
from .playlist import VERSION

# Peak of the recipe in bits per pixel and frame, with room: idle of a grainy photograph is under 0.12.
VIDEO_BITS_PER_PIXEL = 0.2


def master_playlist(parameters: StreamParameters, manifest: str = "manifest.m3u8") -> str:
    """Text of `master.m3u8`. BANDWIDTH is a bound from the picture's size: the stream is not known when it is born."""
    pixels = parameters.width * parameters.height * parameters.fps
    bandwidth = int(pixels * VIDEO_BITS_PER_PIXEL) + BIT_RATE
    attributes = (
        f"BANDWIDTH={bandwidth}",
        f'CODECS="{parameters.codecs}"',
        f"RESOLUTION={parameters.width}x{parameters.height}",
        f"FRAME-RATE={parameters.fps}.000",
    )
    lines = ("#EXTM3U", f"#EXT-X-VERSION:{VERSION}", "#EXT-X-INDEPENDENT-SEGMENTS")
    return "\n".join((*lines, "#EXT-X-STREAM-INF:" + ",".join(attributes), manifest)) + "\n"
