"""Make the README's moving picture: the default avatar says a sentence, with its words as captions, as a looping WebP.

Called by scripts/readme_picture. What it shows is a published stream, decoded.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hls.access_unit import decode_frames
from runner.clock import SystemClock
from runner.compose import open_stage
from runner.errors import RunnerError
from runner.gallery.gallery import speak
from runner.settings import load_settings

TEXT = "Hello. You type, and I speak: live, on a plain CPU."
SIDE, EVERY, QUALITY = 400, 2, 82
FRAME_MS = 40
LETTERS, LINE = 22, 34
"""Size of the captions' letters, and how many of them fit on a line."""


def caption(words: list[tuple[float, str]], at_s: float) -> str:
    """The line of words that is being said: whole lines, so that nothing moves while it is read."""
    lines: list[list[tuple[float, str]]] = [[]]
    for start_s, word in words:
        if sum(len(one) + 1 for _, one in lines[-1]) + len(word) > LINE:
            lines.append([])
        lines[-1].append((start_s, word))
    said = [line for line in lines if line and line[0][0] <= at_s]
    return " ".join(word for start_s, word in said[-1] if start_s <= at_s) if said else ""


def with_caption(frame: NDArray[np.uint8], text: str) -> Image.Image:
    """Return the frame (H, W, 3, RGB) at the picture's size, the text on a dark strip near its lower edge."""
    picture = Image.fromarray(frame).resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    if text:
        draw = ImageDraw.Draw(picture, "RGBA")
        font = ImageFont.load_default(LETTERS)
        left, top, right, bottom = draw.textbbox((SIDE / 2, SIDE - 34), text, font=font, anchor="mm")
        draw.rounded_rectangle((left - 14, top - 9, right + 14, bottom + 9), radius=12, fill=(12, 16, 24, 190))
        draw.text((SIDE / 2, SIDE - 34), text, font=font, anchor="mm", fill=(255, 255, 255, 255))
    return picture


async def spoken(clip: Path) -> list[tuple[float, str]]:
    """Publish the sentence and join it as `clip`; return its words with their starts in seconds."""
    settings = load_settings()
    async with open_stage(settings, say=lambda step: print(step, file=sys.stderr)) as stage:
        heard = await speak(stage, settings, TEXT, clip, work=clip.parent, clock=SystemClock())
    return [(start_s, word) for (start_s, _), word in zip(heard.words, TEXT.split(), strict=True)]


def main(target: Path) -> None:
    """Render the sentence and write the picture."""
    with tempfile.TemporaryDirectory() as work:
        clip = Path(work) / "spoken.mp4"
        words = asyncio.run(spoken(clip))
        frames = list(decode_frames(clip))[::EVERY]
    frame_ms = FRAME_MS * EVERY
    pictures = [with_caption(frame, caption(words, at * frame_ms / 1000)) for at, frame in enumerate(frames)]
    target.parent.mkdir(parents=True, exist_ok=True)
    pictures[0].save(
        target, save_all=True, append_images=pictures[1:], duration=frame_ms, loop=0, quality=QUALITY, method=6,
        minimize_size=True,
    )  # fmt: skip
    print(f"{target}: {target.stat().st_size} bytes, {len(pictures)} frames, {len(pictures) * frame_ms / 1000:.1f} s")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/media/onair.webp"))
    except RunnerError as exc:
        sys.exit(f"error [{exc.code}]: {exc}")
