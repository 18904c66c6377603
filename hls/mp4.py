"""Playable MP4s out of pictures that are encoded already: a published folder joined, a clip given its sound."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .errors import MediaUnreadable, StoreFull
from .playlist import parse_playlist
from .recovery import MANIFEST
from .whole_file import beside, discard


def remux(folder: Path, target: Path) -> None:
    """Join the segments that a folder's manifest lists into one MP4. Gaps and cuts keep their place in time.

    Raises: MediaUnreadable (no manifest, a listed file is missing), StoreFull (the disk).
    """
    try:
        listed = parse_playlist((folder / MANIFEST).read_text(encoding="utf-8"))
        entries = [entry for entry in listed.segments if not entry.gap]
        if not entries:
            raise MediaUnreadable(f"{folder} lists no segment; let the stream run for a second before it is joined")
        joined = beside(target.with_suffix(".fmp4"))
        try:
            with open(joined, "wb") as file:
                file.write((folder / entries[0].init_name).read_bytes())
                for entry in entries:
                    file.write((folder / entry.name).read_bytes())
            _copy(str(joined), target)
        finally:
            discard(joined)
    except (OSError, ValueError) as exc:
        raise MediaUnreadable(
            f"{folder} cannot be joined ({exc}); give a folder with {MANIFEST} and every file it names"
        ) from exc


def _copy(source: Any, target: Path) -> None:
    """Copy all packets into an MP4 with moov first, shifted so that the earlier track begins at 0."""
    temporary = beside(target)
    try:
        with (
            av.open(source, format="mp4") as reader,
            av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as writer,
        ):
            streams = {stream.index: writer.add_stream_from_template(stream) for stream in reader.streams}
            shift: int | None = None
            for packet in reader.demux():
                if not packet.size or packet.pts is None or packet.dts is None:
                    continue
                # Both tracks count in 1/48 000 s. In the middle of a stream sound begins 2048 ticks before its picture.
                shift = min(packet.pts, packet.dts) if shift is None else shift
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = streams[packet.stream.index]
                writer.mux(packet)
        temporary.replace(target)
    except (OSError, av.FFmpegError) as exc:
        raise StoreFull(
            f"{target} could not be written ({exc}); free some space, or choose a folder that can be written"
        ) from exc
    finally:
        discard(temporary)


def add_sound(clip: Path, pcm_s16le: bytes, *, rate_hz: int) -> None:
    """Put mono s16le sound of `rate_hz` beside the pictures of the MP4 `clip`, both from 0; the pictures stay equal.

    For a file that somebody opens: the encoder's priming is cut by an edit list, which players of files heed.
    Raises: MediaUnreadable (no pictures), StoreFull (the disk).
    """
    temporary = beside(clip)
    try:
        with (
            av.open(str(clip)) as reader,
            av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as writer,
        ):
            if not reader.streams.video:
                raise MediaUnreadable(f"{clip.name} holds no picture; give a clip that has video")
            pictures = writer.add_stream_from_template(reader.streams.video[0])
            sound: Any = writer.add_stream("aac", rate=rate_hz, layout="mono")
            for packet in reader.demux(reader.streams.video[0]):
                if packet.size:
                    packet.stream = pictures
                    writer.mux(packet)
            frame = av.AudioFrame.from_ndarray(np.frombuffer(pcm_s16le, "<i2")[None], format="s16", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = rate_hz, Fraction(1, rate_hz), 0
            writer.mux([*sound.encode(frame), *sound.encode(None)])
        temporary.replace(clip)
    except (OSError, av.FFmpegError) as exc:
        raise StoreFull(f"the sound of {clip.name} could not be written ({exc}); free some space on the disk") from exc
    finally:
        discard(temporary)
