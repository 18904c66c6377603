"""AccessUnit: one coded picture; and Clip, the access units and parameter sets of an MP4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from .errors import MediaParameters, MediaUnreadable

NAL_IDR = 5
NAL_SPS = 7
NAL_PPS = 8
# SEI, SPS, PPS, access unit delimiter: the parameter sets live in the init segment, the others carry nothing here.
DROPPED_NALS = frozenset({6, NAL_SPS, NAL_PPS, 9})
AVCC_HEADER_BYTES = 6


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture: NAL units, each behind its 4-byte length, without SPS, PPS, SEI and AUD."""

    data: bytes
    is_idr: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A whole clip in memory; `sps` and `pps` are bare NAL units."""

    units: tuple[AccessUnit, ...] = field(repr=False)
    width: int
    height: int
    fps: int
    sps: bytes
    pps: bytes


def codec_string(sps: bytes) -> str:
    """RFC 6381 name of a stream with this SPS, e.g. `avc1.42C015`."""
    return "avc1." + sps[1:4].hex().upper()


def split_annex_b(data: bytes) -> list[bytes]:
    """NAL units of an Annex B byte stream, without start codes and trailing zeros."""
    return [nal.rstrip(b"\0") for nal in data.split(b"\0\0\1") if nal.strip(b"\0")]


def split_lengths(data: bytes, length_bytes: int = 4) -> list[bytes]:
    """NAL units of a length-prefixed sample. Raises: MediaUnreadable."""
    nals, at = [], 0
    while at < len(data):
        size = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        if size == 0 or at + size > len(data):
            raise MediaUnreadable(
                f"a NAL unit of {size} bytes at {at} leaves its sample of {len(data)} bytes; render the clip again"
            )
        nals.append(data[at : at + size])
        at += size
    return nals


def parameter_sets(extradata: bytes) -> tuple[bytes, bytes]:
    """First SPS and PPS of avcC or Annex B extradata (empty bytes where one is missing). Raises: MediaUnreadable."""
    if extradata[:1] != b"\1":
        nals = split_annex_b(extradata)
    else:
        nals, at = [], AVCC_HEADER_BYTES - 1
        for mask in (0x1F, 0xFF):
            count, at = extradata[at] & mask, at + 1
            for _ in range(count):
                size = int.from_bytes(extradata[at : at + 2], "big")
                nals.append(extradata[at + 2 : at + 2 + size])
                at += 2 + size
            if at >= len(extradata):
                break
    found = {nal[0] & 31: nal for nal in reversed(nals) if nal}
    return found.get(NAL_SPS, b""), found.get(NAL_PPS, b"")


def access_unit(nals: list[bytes]) -> AccessUnit:
    """Join NAL units to an AccessUnit. Raises: MediaUnreadable when no picture is among them."""
    kept = [nal for nal in nals if nal[0] & 31 not in DROPPED_NALS]
    if not kept:
        raise MediaUnreadable("a sample holds no coded picture; render the clip again")
    data = b"".join(len(nal).to_bytes(4, "big") + nal for nal in kept)
    return AccessUnit(data, any(nal[0] & 31 == NAL_IDR for nal in kept))


def read_clip(path: Path) -> Clip:
    """Read the H.264 of an MP4 without decoding it.

    Raises: MediaUnreadable (no such file, not media, truncated), MediaParameters (not H.264, B-frames, a broken frame
    rate, no IDR at the start).
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaUnreadable(f"{path.name} holds no picture; give a file with video")
            stream = container.streams.video[0]
            context = stream.codec_context
            rate = stream.average_rate
            if context.name != "h264" or rate is None or rate.denominator != 1:
                raise MediaParameters(
                    f"{path.name} is {context.name} at {rate} frames/s; encode it as H.264 at a whole rate"
                )
            extradata = bytes(context.extradata or b"")
            sps, pps = parameter_sets(extradata)
            units = tuple(_units(container.demux(stream), extradata, path.name))
            clip = Clip(units=units, width=context.width, height=context.height, fps=rate.numerator, sps=sps, pps=pps)
    except (OSError, ValueError, IndexError, av.FFmpegError) as exc:
        raise MediaUnreadable(f"{path.name} cannot be read ({exc}); give a whole MP4 file") from exc
    if not clip.units or not sps or not pps:
        raise MediaUnreadable(f"{path.name} holds no frames or no parameter sets; render the clip again")
    if not clip.units[0].is_idr:
        raise MediaParameters(
            f"{path.name} does not begin with an IDR picture; encode it with a key frame at its start"
        )
    return clip


def _units(packets: Iterator[av.Packet[av.VideoStream]], extradata: bytes, name: str) -> Iterator[AccessUnit]:
    last_pts = None
    for number, packet in enumerate(packet for packet in packets if packet.size):
        if packet.pts is None or packet.pts != packet.dts or (last_pts is not None and packet.pts <= last_pts):
            raise MediaParameters(f"{name} has B-frames or broken times at frame {number}; encode it without B-frames")
        last_pts = packet.pts
        yield access_unit(_nals(bytes(packet), extradata))


def _nals(data: bytes, extradata: bytes) -> list[bytes]:
    if extradata[:1] == b"\1":
        return split_lengths(data, (extradata[4] & 3) + 1)
    return split_annex_b(data)


def decode_frames(path: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield each frame of a video file as uint8 RGB (H, W, 3). Raises: MediaUnreadable."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise MediaUnreadable(f"{path.name} holds no picture; give a file with video")
            for frame in container.decode(container.streams.video[0]):
                yield frame.to_ndarray(format="rgb24")
    except (OSError, ValueError, av.FFmpegError) as exc:
        raise MediaUnreadable(f"{path.name} cannot be decoded ({exc}); give a whole video file") from exc
