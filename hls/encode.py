"""THE H.264 recipe: idle loops, windows and conformed clips are made here, so that they can share one init segment."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.frame import PictureType
from numpy.typing import NDArray

from .access_unit import codec_string, parameter_sets
from .errors import MediaParameters, MediaUnreadable, StoreFull
from .whole_file import beside, discard

# Everything that reaches SPS or PPS is fixed here: preset and tune (SPS), rate mode and value (PPS, pic_init_qp).
# zerolatency: no look-ahead, no B-frames. keyint=infinite and scenecut=0: IDRs come only where they are forced.
# 8x8dct=0: Main profile, whose avcC needs no extension. superfast at 25: half of ultrafast's bits, at a cost
# that decision 67 measures.
PRESET = "superfast"
CRF = "25"
X264_PARAMS = "keyint=infinite:scenecut=0:bframes=0:open-gop=0:8x8dct=0:threads=1:lookahead-threads=1"
BT709 = 1
LIMITED_RANGE = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedClip:
    """What a clip was made with: enough to compare it with a stream's parameters (CONTRACTS section 2, `encode`)."""

    frames: int
    codec: str
    profile: str
    sps_sha256: str
    pps_sha256: str


def encode_clip(
    frames: Iterable[NDArray[np.uint8]],
    target: Path,
    *,
    width: int,
    height: int,
    fps: int = 25,
    idr_every_frames: int,
) -> EncodedClip:
    """Encode `frames` (each uint8 RGB, height x width x 3) to the MP4 `target`, whole or not at all.

    An IDR stands at frame 0 and every `idr_every_frames`; never fewer than 2, because two adjacent IDR pictures with
    equal idr_pic_id are illegal where clips are cut. One thread, so equal frames give equal bytes.
    Raises: MediaParameters (a frame of another size, no frame at all, odd size), StoreFull (the disk).
    """
    if idr_every_frames < 2:
        raise MediaParameters(f"an IDR every {idr_every_frames} frame(s) would put two side by side; give 2 or more")
    if width % 2 or height % 2 or min(width, height) < 16:
        raise MediaParameters(f"{width}x{height} cannot be encoded as 4:2:0; choose even numbers of 16 or more")
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise MediaParameters("a clip of no frames was asked for; give one frame at least")
    temporary = beside(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        clip = _encode(
            _checked(itertools.chain([first], iterator), width, height), temporary, width, height, fps, idr_every_frames
        )
        temporary.replace(target)
    except (OSError, av.FFmpegError) as exc:
        raise StoreFull(
            f"the clip {target.name} could not be written ({exc}); free some space, or make its folder writable"
        ) from exc
    finally:
        discard(temporary)
    return clip


def _checked(frames: Iterable[NDArray[np.uint8]], width: int, height: int) -> Iterator[NDArray[np.uint8]]:
    for index, frame in enumerate(frames):
        if frame.shape != (height, width, 3) or frame.dtype != np.uint8:
            raise MediaParameters(
                f"frame {index} is {frame.dtype} {frame.shape}, not uint8 ({height}, {width}, 3); scale it before"
            )
        yield frame


def _encode(
    frames: Iterator[NDArray[np.uint8]], path: Path, width: int, height: int, fps: int, idr_every_frames: int
) -> EncodedClip:
    count = 0
    with av.open(str(path), "w", format="mp4") as container:
        stream = _open_stream(container, width, height, fps)
        context = stream.codec_context
        for count, array in enumerate(frames, start=1):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(array), format="rgb24")
            # Without a tag players guess by picture height; so the matrix is fixed and said in the VUI.
            frame = frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG")
            frame.pts = count - 1
            frame.time_base = Fraction(1, fps)
            frame.pict_type = PictureType.I if (count - 1) % idr_every_frames == 0 else PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        extradata = bytes(context.extradata or b"")
        profile = str(context.profile or "")
    sps, pps = parameter_sets(extradata)
    if not sps or not pps:
        raise MediaUnreadable("the H.264 encoder gave no SPS and PPS; install PyAV's own wheel, which brings libx264")
    return EncodedClip(
        frames=count,
        codec=codec_string(sps),
        profile=profile,
        sps_sha256=hashlib.sha256(sps).hexdigest(),
        pps_sha256=hashlib.sha256(pps).hexdigest(),
    )


def _open_stream(container: Any, width: int, height: int, fps: int) -> Any:
    stream = container.add_stream(
        "libx264",
        rate=fps,
        options={
            "preset": PRESET,
            "tune": "zerolatency",
            "crf": CRF,
            "forced-idr": "1",
            "x264-params": X264_PARAMS,
        },
    )
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    context.thread_count = 1
    context.time_base = Fraction(1, fps)
    context.color_primaries = context.color_trc = context.colorspace = BT709
    context.color_range = LIMITED_RANGE
    return stream
