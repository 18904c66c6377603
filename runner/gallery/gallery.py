"""A gallery: every face says every text through runner and ComfyUI, and what was published is decoded and measured."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from custom_nodes.portrait.face import find_landmarks
from custom_nodes.portrait.landmarks_json import from_json
from custom_nodes.portrait.lips import Mouth
from hls.access_unit import decode_frames
from hls.mp4 import remux
from hls.sound_file import SoundFile
from runner.compose import Stage, new_studio, open_stage
from runner.errors import PictureRefused
from runner.gallery.faces import MOVING, OVERVIEW, Face
from runner.gallery.figures import LipFigures, measure_clip
from runner.gallery.heard import HeardSpeech
from runner.gallery.lips import MouthPlace, follow_lips
from runner.gallery.moving import face_tiles, write_moving
from runner.gallery.sheet import clip_rows, overview_row, write_sheet
from runner.live.offload import in_thread
from runner.live.recording import record
from runner.ports import Clock
from runner.settings import Settings

Pixels = NDArray[np.uint8]
OVERVIEW_PIXELS = 960


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """One text, said by one face: its figures, or why this face cannot say any (`refused`)."""

    face: str
    text: int
    figures: LipFigures | None = None
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A published clip: its figures, its rows of a sheet, and the face alone as small moving tiles."""

    figures: LipFigures
    rows: Pixels
    tiles: list[Pixels]


async def make_gallery(
    faces: Sequence[Face], texts: Sequence[str], *, settings: Settings, folder: Path, work: Path,
    clock: Clock, say: Callable[[str], None],
) -> AsyncIterator[Clip]:  # fmt: skip
    """Render into `folder`: FACE_1.mp4 …, a sheet FACE.webp, at last two of all faces; yield each clip's figures.

    The published streams lie in `work`. Raises: RunnerError.
    """
    seen: list[Judged] = []
    for face in faces:
        own = settings.model_copy(update={"avatar": face.avatar})
        try:
            async with open_stage(own, say=say) as stage:
                told: list[Judged] = []
                for number, text in enumerate(texts, 1):
                    say(f"{face.name}: text {number} of {len(texts)}")
                    target = folder / f"{face.name}_{number}.mp4"
                    heard = await speak(stage, own, text, target, work=work, clock=clock)
                    given = _given(stage)
                    told.append(await in_thread(lambda t=target, h=heard, g=given: _judge(t, h, g)))  # type: ignore[misc]
                    yield Clip(face=face.name, text=number, figures=told[-1].figures)
                write_sheet([one.rows for one in told], folder / f"{face.name}.webp")
                seen.append(told[0])
        except PictureRefused as exc:
            yield Clip(face=face.name, text=0, refused=str(exc))
    if seen:
        write_sheet([overview_row(one.rows) for one in seen], folder / f"{OVERVIEW}.webp", width=OVERVIEW_PIXELS)
        write_moving([one.tiles for one in seen], folder / f"{MOVING}.webp")


async def speak(stage: Stage, settings: Settings, text: str, target: Path, *, work: Path, clock: Clock) -> HeardSpeech:
    """Publish the text as a finished stream and join its segments as `target`."""
    heard = HeardSpeech(stage.speech)
    published = work / target.stem
    await record(
        text, studio=new_studio(stage, clock=clock), speech=heard, voice=settings.voice, speed=settings.speed,
        folder=published, anchor_unix_ns=clock.unix_ns(), on_progress=lambda done, total: None,
    )  # fmt: skip
    await in_thread(lambda: remux(published, target))
    return heard


def _given(stage: Stage) -> Mouth | None:
    """Return the mouth of landmarks that were given with the picture, or drawn with it."""
    if stage.avatar is None or not stage.avatar.landmarks:
        return None
    return from_json((stage.data / stage.avatar.landmarks).read_text(encoding="utf-8")).mouth


def _judge(path: Path, heard: HeardSpeech, given: Mouth | None) -> Judged:
    frames = list(decode_frames(path))
    # A recording ends on the idle loop's own picture, lips shut; it may begin in the middle of a vowel.
    found = given or find_landmarks(frames[-1]).mouth
    mouth = MouthPlace(x=found.x, y=found.y, half_width=found.half_width)
    track = follow_lips(frames, shut=frames[-1], mouth=mouth)
    figures = measure_clip(frames, sound_of(path), track, mouth=mouth, closures_s=heard.closures_s)
    return Judged(figures=figures, rows=clip_rows(frames, track.opening, mouth), tiles=face_tiles(frames, mouth))


def sound_of(path: Path) -> NDArray[np.int16]:
    """Return a file's sound, its first channel, at its own rate (a stream's is 48 kHz). Raises: HlsError."""
    file = SoundFile(path)
    try:
        return np.concatenate([block[0] for block in file.blocks()])
    finally:
        file.close()
