"""One playable MP4 (moov first) out of what was published, without encoding anything again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av

from .aac import AacEncoder
from .access_unit import AccessUnit
from .errors import MediaParameters, MediaUnreadable, StoreFull
from .init_segment import StreamParameters, init_segment
from .part import write_part
from .playlist import parse_playlist
from .recovery import MANIFEST
from .ticks import AAC_FRAME_TICKS, PART_FRAMES, frames_to_bytes, frames_to_ticks
from .whole_file import beside, discard


def write_mp4(target: Path, *, parameters: StreamParameters, units: Sequence[AccessUnit], pcm_s16le: bytes) -> None:
    """Write pictures and their sound (48 kHz mono s16le) as one MP4; sound is cut or padded to the pictures' length.

    The priming packet is dropped, so sample 0 of the sound stands at tick 0 without an edit list, which some players
    ignore. Raises: MediaParameters (nothing to write), StoreFull (the disk).
    """
    if not units or not units[0].is_idr:
        raise MediaParameters("an MP4 needs pictures, the first of them an IDR")
    length = frames_to_bytes(len(units))
    encoder = AacEncoder()
    packets = encoder.feed(pcm_s16le[:length].ljust(length, b"\0")) + encoder.flush()
    packets = packets[: -(-frames_to_ticks(len(units)) // AAC_FRAME_TICKS)]
    pieces = [init_segment(parameters, encoder.config)]
    per_part = frames_to_ticks(PART_FRAMES) // AAC_FRAME_TICKS
    for index, at in enumerate(range(0, len(units), PART_FRAMES)):
        first = index * per_part
        last = at + PART_FRAMES >= len(units)
        part = write_part(
            sequence=index + 1,
            units=units[at : at + PART_FRAMES],
            start_ticks=frames_to_ticks(at),
            packets=packets[first : None if last else first + per_part],
            audio_start_ticks=first * AAC_FRAME_TICKS,
        )
        pieces.append(part.data)
    _copy(io.BytesIO(b"".join(pieces)), target)


def remux(folder: Path, target: Path) -> None:
    """Join the segments that a folder's manifest lists into one MP4. Gaps and cuts keep their place in time.

    Raises: MediaUnreadable (no manifest, a listed file is missing), StoreFull (the disk).
    """
    try:
        listed = parse_playlist((folder / MANIFEST).read_text(encoding="utf-8"))
        entries = [entry for entry in listed.segments if not entry.gap]
        if not entries:
            raise MediaUnreadable(f"{folder} lists no segment")
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
        raise MediaUnreadable(f"{folder} cannot be joined: {exc}") from exc


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
        raise StoreFull(f"{target} could not be written: {exc}") from exc
    finally:
        discard(temporary)
