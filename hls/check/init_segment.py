"""The checker's reading of an init segment: its tracks, and the parameter sets of their avcC."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .box import Broken, boxes, find, need

SPS, PPS = 7, 8


@dataclass(frozen=True, slots=True)
class Track:
    """What the init segment says of a track."""

    handler: bytes
    timescale: int
    format: bytes
    config: bytes
    width: int
    height: int
    has_edit_list: bool


def read_init(data: bytes) -> dict[int, Track]:
    """Tracks of an init segment by id. Raises: Broken."""
    if [name for name, *_ in boxes(data, 0, len(data))] != [b"ftyp", b"moov"]:
        raise Broken("an init segment is ftyp and moov")
    moov = need(data, 0, len(data), b"moov")
    extended = set()
    for name, at, _ in boxes(data, *need(data, *moov, b"mvex")):
        if name == b"trex":
            extended.add(struct.unpack_from(">I", data, at + 4)[0])
    tracks = {}
    for name, start, end in boxes(data, *moov):
        if name == b"trak":
            tkhd = need(data, start, end, b"tkhd")
            number = struct.unpack_from(">I", data, tkhd[0] + 12)[0]
            if number not in extended:
                raise Broken(f"track {number} has no trex")
            tracks[number] = _track(data, start, end, tkhd[1])
    return tracks


def _track(data: bytes, start: int, end: int, tkhd_end: int) -> Track:
    mdhd, hdlr = need(data, start, end, b"mdiamdhd")[0], need(data, start, end, b"mdiahdlr")[0]
    stsd, stsd_end = need(data, start, end, b"mdiaminfstblstsd")
    entry, body, entry_end = next(boxes(data, stsd + 8, stsd_end))
    skip, inner = (78, b"avcC") if entry == b"avc1" else (28, b"esds")
    config = need(data, body + skip, entry_end, inner)
    width, height = struct.unpack_from(">II", data, tkhd_end - 8)
    return Track(
        handler=data[hdlr + 8 : hdlr + 12],
        timescale=struct.unpack_from(">I", data, mdhd + 12)[0],
        format=entry,
        config=data[config[0] : config[1]],
        width=width >> 16,
        height=height >> 16,
        has_edit_list=find(data, start, end, b"edts") is not None,
    )


def avcc_sets(config: bytes) -> tuple[bytes, bytes]:
    """The one SPS and the one PPS of an avcC. Raises: Broken."""
    try:
        size = int.from_bytes(config[6:8], "big")
        sps, rest = config[8 : 8 + size], config[8 + size :]
        pps = rest[3 : 3 + int.from_bytes(rest[1:3], "big")]
        if config[4] & 3 != 3 or config[5] & 31 != 1 or rest[0] != 1 or sps[0] & 31 != SPS or pps[0] & 31 != PPS:
            raise Broken("avcC does not hold one SPS and one PPS with 4-byte lengths")
    except IndexError as exc:
        raise Broken("avcC is cut off") from exc
    return sps, pps
