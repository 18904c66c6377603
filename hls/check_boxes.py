"""The checker's own reader of init segments and fragments: it shares no code with the writers, so it can disagree.

Long, because init segments and fragments are made of the same boxes and read by the same helpers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

SYNC_MASK = 0x00010000
IDR, SPS, PPS = 5, 7, 8


class Broken(Exception):
    """The bytes are not what ISO/IEC 14496-12 allows here; the checker turns it into a violation."""


@dataclass(slots=True)
class Sample:
    """One sample of a fragment: where it lies in the segment's bytes."""

    start: int
    size: int
    duration: int
    sync: bool


@dataclass(slots=True)
class Run:
    """What one traf says."""

    track: int
    tfdt: int
    samples: list[Sample] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Tick after the last sample."""
        return self.tfdt + sum(sample.duration for sample in self.samples)


@dataclass(slots=True)
class Fragment:
    """One moof with its mdat."""

    sequence: int
    runs: dict[int, Run]


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


Box = tuple[bytes, int, int]


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield (name, body start, end)."""
    while start < end:
        if end - start < 8:
            raise Broken(f"{end - start} stray bytes at {start}")
        size, name = struct.unpack_from(">I4s", data, start)
        if size < 8 or start + size > end:
            raise Broken(f"box {name!r} of {size} bytes at {start} passes the end at {end}")
        yield name, start + 8, start + size
        start += size


def find(data: bytes, start: int, end: int, path: bytes) -> Box | None:
    """First box along a path of 4-letter names, e.g. `mdiaminfstbl`."""
    for name, body, box_end in boxes(data, start, end):
        if name == path[:4]:
            return (name, body, box_end) if len(path) == 4 else find(data, body, box_end, path[4:])
    return None


def need(data: bytes, start: int, end: int, path: bytes) -> tuple[int, int]:
    """Body of a box that must be there."""
    found = find(data, start, end, path)
    if found is None:
        raise Broken(f"no box {path.decode()}")
    return found[1], found[2]


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


def read_fragments(data: bytes) -> list[Fragment]:
    """Fragments of a segment or part; every mdat byte belongs to exactly one sample, in order. Raises: Broken."""
    fragments: list[Fragment] = []
    waiting: Fragment | None = None
    for name, start, end in boxes(data, 0, len(data)):
        if name == b"moof" and waiting is None:
            waiting = _fragment(data, start, end)
        elif name == b"mdat" and waiting is not None:
            at = start
            for sample in (sample for run in waiting.runs.values() for sample in run.samples):
                if sample.start != at:
                    raise Broken(f"a sample begins at {sample.start}, the one before ended at {at}")
                at += sample.size
            if at != end:
                raise Broken(f"the samples end at {at}, their mdat at {end}")
            fragments.append(waiting)
            waiting = None
        else:
            raise Broken(f"box {name!r} where moof and mdat should alternate")
    if waiting is not None or not fragments:
        raise Broken("a moof without mdat, or nothing at all")
    return fragments


def _fragment(data: bytes, start: int, end: int) -> Fragment:
    sequence = struct.unpack_from(">I", data, need(data, start, end, b"mfhd")[0] + 4)[0]
    fragment = Fragment(sequence, {})
    for name, body, traf_end in boxes(data, start, end):
        if name == b"traf":
            run = _run(data, start - 8, body, traf_end)
            if run.track in fragment.runs:
                raise Broken(f"two trafs of track {run.track}")
            fragment.runs[run.track] = run
    return fragment


def _run(data: bytes, moof: int, start: int, end: int) -> Run:
    tfhd, tfdt, trun = (need(data, start, end, name)[0] for name in (b"tfhd", b"tfdt", b"trun"))
    head, track, duration, default_flags = struct.unpack_from(">IIII", data, tfhd)
    if head != 0x020028:
        raise Broken(f"tfhd flags {head:#x}, not 0x20028")
    if data[tfdt] != 1:
        raise Broken("tfdt is not of version 1 (64 bits)")
    run = Run(track, struct.unpack_from(">Q", data, tfdt + 4)[0])
    flags, count, offset = struct.unpack_from(">IIi", data, trun)
    at, first_flags = trun + 12, default_flags
    if flags & ~0x605 or not flags & 0x200 or not flags & 1:
        raise Broken(f"trun flags {flags:#x}: offset and sizes are needed, composition offsets and durations refused")
    if flags & 4:
        first_flags, at = struct.unpack_from(">I", data, at)[0], at + 4
    place = moof + offset
    for index in range(count):
        size, at = struct.unpack_from(">I", data, at)[0], at + 4
        own = first_flags if index == 0 else default_flags
        if flags & 0x400:
            own, at = struct.unpack_from(">I", data, at)[0], at + 4
        run.samples.append(Sample(place, size, duration, not own & SYNC_MASK))
        place += size
    return run


def nal_types(data: bytes, sample: Sample) -> list[int]:
    """NAL unit types of a length-prefixed sample. Raises: Broken."""
    types, at, end = [], sample.start, sample.start + sample.size
    while at < end:
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 0 or at + 4 + size > end:
            raise Broken(f"a NAL unit of {size} bytes leaves its sample")
        types.append(data[at + 4] & 31)
        at += 4 + size
    return types


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
