"""The checker's reading of fragments: every sample, where it lies, and which pictures it holds."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .box import Broken, boxes, need

SYNC_MASK = 0x00010000
IDR = 5


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
