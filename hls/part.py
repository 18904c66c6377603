"""Part: one moof and one mdat, video first and then its sound; a segment is one to three of them joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .access_unit import AccessUnit
from .box import HEADER_BYTES, box, full_box, u32, u64, walk
from .init_segment import AUDIO_TRACK, VIDEO_TRACK
from .ticks import AAC_FRAME_TICKS, FRAME_TICKS

# default-base-is-moof, default sample duration, default sample flags
TFHD_FLAGS = 0x020028
NOT_SYNC, SYNC = 0x01010000, 0x02000000
DATA_OFFSET, FIRST_FLAGS, SIZES, EACH_FLAGS = 0x1, 0x4, 0x200, 0x400


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One fragment. Ticks are of its video; its sound lies 2048 ticks earlier, with its true tfdt."""

    data: bytes
    start_ticks: int
    duration_ticks: int
    frames: int
    independent: bool


def write_part(
    *,
    sequence: int,
    units: Sequence[AccessUnit],
    start_ticks: int,
    packets: Sequence[bytes],
    audio_start_ticks: int,
) -> Part:
    """Build a part of `units` (1 or more) and AAC `packets` (0 or more: then there is no audio traf)."""
    sizes, flags = [len(unit.data) for unit in units], [SYNC if unit.is_idr else NOT_SYNC for unit in units]
    video_bytes = sum(sizes)
    moof_bytes = len(_moof(sequence, sizes, flags, start_ticks, packets, audio_start_ticks, 0, 0))
    at = moof_bytes + HEADER_BYTES
    moof = _moof(sequence, sizes, flags, start_ticks, packets, audio_start_ticks, at, at + video_bytes)
    data = b"".join((moof, u32(HEADER_BYTES + video_bytes + sum(map(len, packets))), b"mdat"))
    return Part(
        data=b"".join((data, *(unit.data for unit in units), *packets)),
        start_ticks=start_ticks,
        duration_ticks=len(units) * FRAME_TICKS,
        frames=len(units),
        independent=units[0].is_idr,
    )


def _moof(
    sequence: int,
    sizes: list[int],
    flags: list[int],
    start_ticks: int,
    packets: Sequence[bytes],
    audio_start_ticks: int,
    video_offset: int,
    audio_offset: int,
) -> bytes:
    trafs = [_video_traf(sizes, flags, start_ticks, video_offset)]
    if packets:
        trun = full_box(b"trun", 0, DATA_OFFSET | SIZES, u32(len(packets), audio_offset, *map(len, packets)))
        trafs.append(_traf(AUDIO_TRACK, AAC_FRAME_TICKS, SYNC, audio_start_ticks, trun))
    return box(b"moof", full_box(b"mfhd", 0, 0, u32(sequence)), *trafs)


def _video_traf(sizes: list[int], flags: list[int], start_ticks: int, offset: int) -> bytes:
    if SYNC in flags[1:]:
        rows = [value for pair in zip(sizes, flags, strict=True) for value in pair]
        trun = full_box(b"trun", 0, DATA_OFFSET | SIZES | EACH_FLAGS, u32(len(sizes), offset, *rows))
    elif flags[0] == SYNC:
        trun = full_box(b"trun", 0, DATA_OFFSET | FIRST_FLAGS | SIZES, u32(len(sizes), offset, SYNC, *sizes))
    else:
        trun = full_box(b"trun", 0, DATA_OFFSET | SIZES, u32(len(sizes), offset, *sizes))
    return _traf(VIDEO_TRACK, FRAME_TICKS, NOT_SYNC, start_ticks, trun)


def _traf(track: int, duration: int, flags: int, start_ticks: int, trun: bytes) -> bytes:
    tfhd = full_box(b"tfhd", 0, TFHD_FLAGS, u32(track, duration, flags))
    return box(b"traf", tfhd, full_box(b"tfdt", 1, 0, u64(start_ticks)), trun)


def read_parts(data: bytes) -> list[Part]:
    """Cut our own bytes back into parts (a segment left open by a crash). Raises: MediaUnreadable."""
    parts, moof_at, header = [], 0, (0, 0, False)
    for name, start, end in walk(data):
        if name == b"moof":
            moof_at, header = start - HEADER_BYTES, _read_header(data, start, end)
        elif name == b"mdat":
            start_ticks, frames, independent = header
            parts.append(
                Part(
                    data=data[moof_at:end],
                    start_ticks=start_ticks,
                    duration_ticks=frames * FRAME_TICKS,
                    frames=frames,
                    independent=independent,
                )
            )
    return parts


def _read_header(data: bytes, start: int, end: int) -> tuple[int, int, bool]:
    """(tfdt, samples, does it begin with an IDR) of the first traf, the video's."""
    traf = next((s, e) for name, s, e in walk(data, start, end) if name == b"traf")
    ticks, frames, independent = 0, 0, False
    for name, at, _ in walk(data, *traf):
        if name == b"tfdt":
            ticks = int.from_bytes(data[at + 4 : at + 12], "big")
        elif name == b"trun":
            flags = int.from_bytes(data[at + 1 : at + 4], "big")
            frames = int.from_bytes(data[at + 4 : at + 8], "big")
            first = at + 16 if flags & EACH_FLAGS else at + 12
            independent = bool(flags & (FIRST_FLAGS | EACH_FLAGS)) and data[first : first + 4] == u32(SYNC)
    return ticks, frames, independent
