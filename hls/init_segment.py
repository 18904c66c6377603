"""The init segment: ftyp and moov of the muxed stream, video track 1 and audio track 2, written by hand.

By hand, because libav's muxer writes an edit list or shifts all times for AAC priming as soon as it sees packets.
"""

from __future__ import annotations

from dataclasses import dataclass

from .access_unit import Clip, codec_string
from .box import box, full_box, u8, u16, u32
from .errors import MediaParameters
from .ticks import TICKS_HZ

VIDEO_TRACK = 1
AUDIO_TRACK = 2
AUDIO_CODEC = "mp4a.40.2"
UNITY_MATRIX = u32(0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
HIGH_PROFILES = frozenset({100, 110, 122, 244})
LANGUAGE_UND = 0x55C4


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamParameters:
    """What all clips of a stream share; `sps` and `pps` are bare NAL units."""

    width: int
    height: int
    fps: int
    sps: bytes
    pps: bytes

    @property
    def codecs(self) -> str:
        """RFC 6381 CODECS attribute of the muxed stream."""
        return f"{codec_string(self.sps)},{AUDIO_CODEC}"

    @classmethod
    def of(cls, clip: Clip) -> StreamParameters:
        """The parameters of a stream that this clip can begin."""
        return cls(width=clip.width, height=clip.height, fps=clip.fps, sps=clip.sps, pps=clip.pps)

    def accept(self, clip: Clip) -> None:
        """Raises: MediaParameters when the clip cannot go into this stream byte by byte."""
        for name in ("width", "height", "fps", "sps", "pps"):
            mine, theirs = getattr(self, name), getattr(clip, name)
            if mine != theirs:
                shown = (mine.hex(), theirs.hex()) if isinstance(mine, bytes) else (mine, theirs)
                raise MediaParameters(
                    f"the clip's {name} is {shown[1]}, the stream's is {shown[0]}; render it in the stream's size and "
                    "rate, with OnAir Segment's encoder"
                )


def init_segment(parameters: StreamParameters, aac_config: bytes) -> bytes:
    """Bytes of `init_<n>.mp4`: timescale 48 000 in both tracks, no edit list, trex defaults 0."""
    if parameters.sps[1] in HIGH_PROFILES:
        raise MediaParameters(
            f"H.264 profile {parameters.sps[1]} cannot go into this stream; encode Baseline or Main, as hls.encode does"
        )
    moov = box(
        b"moov",
        _mvhd(),
        _trak(VIDEO_TRACK, parameters.width, parameters.height, _video_entry(parameters)),
        _trak(AUDIO_TRACK, 0, 0, _audio_entry(aac_config)),
        box(b"mvex", _trex(VIDEO_TRACK), _trex(AUDIO_TRACK)),
    )
    return box(b"ftyp", b"iso6", u32(0), b"iso6cmfcmp41") + moov


def _mvhd() -> bytes:
    times = u32(0, 0, TICKS_HZ, 0)
    return full_box(b"mvhd", 0, 0, times, u32(0x10000), u16(0x100, 0), u32(0, 0), UNITY_MATRIX, u32(*[0] * 6, 3))


def _trak(track: int, width: int, height: int, entry: bytes) -> bytes:
    is_video = track == VIDEO_TRACK
    volume = 0 if is_video else 0x100
    tkhd = full_box(
        b"tkhd",
        0,
        3,
        u32(0, 0, track, 0, 0),
        u32(0, 0),
        u16(0, 0, volume, 0),
        UNITY_MATRIX,
        u32(width << 16, height << 16),
    )
    mdhd = full_box(b"mdhd", 0, 0, u32(0, 0, TICKS_HZ, 0), u16(LANGUAGE_UND, 0))
    handler, title = (b"vide", b"video\0") if is_video else (b"soun", b"audio\0")
    hdlr = full_box(b"hdlr", 0, 0, u32(0), handler, u32(0, 0, 0), title)
    header = full_box(b"vmhd", 0, 1, u16(0, 0, 0, 0)) if is_video else full_box(b"smhd", 0, 0, u16(0, 0))
    dinf = box(b"dinf", full_box(b"dref", 0, 0, u32(1), full_box(b"url ", 0, 1)))
    tables = [full_box(name, 0, 0, u32(0)) for name in (b"stts", b"stsc")]
    tables += [full_box(b"stsz", 0, 0, u32(0, 0)), full_box(b"stco", 0, 0, u32(0))]
    stbl = box(b"stbl", full_box(b"stsd", 0, 0, u32(1), entry), *tables)
    return box(b"trak", tkhd, box(b"mdia", mdhd, hdlr, box(b"minf", header, dinf, stbl)))


def _video_entry(parameters: StreamParameters) -> bytes:
    sps, pps = parameters.sps, parameters.pps
    avcc = box(b"avcC", u8(1), sps[1:4], u8(0xFF, 0xE1), u16(len(sps)), sps, u8(1), u16(len(pps)), pps)
    return box(
        b"avc1",
        *(bytes(6), u16(1), bytes(16), u16(parameters.width, parameters.height)),
        *(u32(0x480000, 0x480000, 0), u16(1), bytes(32), u16(0x18, 0xFFFF), avcc),
    )


def _audio_entry(config: bytes) -> bytes:
    decoder = _descriptor(4, u8(0x40, 0x15), bytes(3), u32(0, 0), _descriptor(5, config))
    esds = full_box(b"esds", 0, 0, _descriptor(3, u16(AUDIO_TRACK), u8(0), decoder, _descriptor(6, u8(2))))
    return box(b"mp4a", bytes(6), u16(1), bytes(8), u16(1, 16, 0, 0), u32(TICKS_HZ << 16), esds)


def _descriptor(tag: int, *payloads: bytes) -> bytes:
    body = b"".join(payloads)
    return u8(tag, len(body)) + body


def _trex(track: int) -> bytes:
    return full_box(b"trex", 0, 0, u32(track, 1, 0, 0, 0))
