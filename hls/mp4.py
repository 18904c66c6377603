"""Playable MP4s out of pictures that are encoded already: a folder or clips joined, a clip given its sound."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from .access_unit import parameter_sets
from .errors import MediaParameters, MediaUnreadable, StoreFull
from .playlist import parse_playlist
from .recovery import MANIFEST
from .ticks import BYTES_PER_SAMPLE, FRAME_TICKS, LIVE_FPS, TICKS_HZ
from .whole_file import beside, discard

LAYOUTS = {1: ("mono", 96_000), 2: ("stereo", 160_000)}
"""Layout and bits a second of AAC by the number of channels."""


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


def join_clips(
    clips: Iterable[Path], read_sound: Callable[[int], bytes], *, channels: int, frames: int, target: Path
) -> None:
    """Join clips of the stream's recipe into one MP4 of `frames` frames, its sound beside them; no picture is encoded.

    `read_sound(count)` gives so many bytes of 48 kHz s16le, interleaved; fewer at its end, where silence follows. One
    clip is open at a time. What the muxer keeps in memory is its table: some 100 bytes a frame and a 1/47 s of sound.
    Raises: MediaUnreadable (a clip, or too few of them), MediaParameters (clips unlike each other), StoreFull.
    """
    temporary = beside(target)
    try:
        with av.open(str(temporary), "w", format="mp4", options={"movflags": "+faststart"}) as writer:
            _Joined(writer, read_sound, channels=channels, frames=frames).add_all(clips)
        temporary.replace(target)
    except (OSError, av.FFmpegError) as exc:
        raise StoreFull(f"{target.name} could not be written ({exc}); free some space on the disk") from exc
    finally:
        discard(temporary)


class _Joined:
    """The MP4 while it grows: the pictures of a clip, then the sound under them."""

    def __init__(self, writer: Any, read_sound: Callable[[int], bytes], *, channels: int, frames: int) -> None:
        self._writer, self._read_sound, self._channels, self._frames = writer, read_sound, channels, frames
        self._pictures: Any = None
        self._sets = (b"", b"")
        self._done_frames = 0
        self._layout, self._bits = LAYOUTS[channels]

    def add_all(self, clips: Iterable[Path]) -> None:
        for clip in clips:
            self._add(clip)
        if self._done_frames < self._frames or self._pictures is None:
            raise MediaUnreadable(f"the clips hold {self._done_frames} frames of {self._frames}; render the rest")
        self._writer.mux(self._sound.encode(None))

    def _add(self, clip: Path) -> None:
        first = self._done_frames
        with _opened(clip) as reader:
            try:
                stream = reader.streams.video[0]
                self._accept(clip, stream)
                for packet in reader.demux(stream):
                    if packet.size and self._done_frames < self._frames:
                        self._picture(packet)
            except (ValueError, IndexError) as exc:
                raise MediaUnreadable(f"{clip.name} cannot be read ({exc}); render it again") from exc
        self._hear((self._done_frames - first) * FRAME_TICKS)

    def _accept(self, clip: Path, stream: Any) -> None:
        sets = parameter_sets(bytes(stream.codec_context.extradata or b""))
        if self._pictures is None:
            self._sets = sets
            self._pictures = self._writer.add_stream_from_template(stream)
            self._sound: Any = self._writer.add_stream("aac", rate=TICKS_HZ, layout=self._layout)
            self._sound.bit_rate = self._bits
        elif sets != self._sets:
            raise MediaParameters(f"{clip.name} was encoded with another SPS or PPS than the first; render it again")

    def _picture(self, packet: Any) -> None:
        packet.time_base = Fraction(1, LIVE_FPS)
        packet.pts = packet.dts = self._done_frames
        packet.duration = 1
        packet.stream = self._pictures
        self._writer.mux(packet)
        self._done_frames += 1

    def _hear(self, samples: int) -> None:
        """Encode the next samples, whatever there is of them."""
        count = samples * self._channels * BYTES_PER_SAMPLE
        if not count:
            return
        pcm = np.frombuffer(self._read_sound(count).ljust(count, b"\0"), "<i2")
        frame = av.AudioFrame.from_ndarray(pcm[None], format="s16", layout=self._layout)
        frame.sample_rate, frame.time_base = TICKS_HZ, Fraction(1, TICKS_HZ)
        frame.pts = (self._done_frames * FRAME_TICKS) - samples
        self._writer.mux(self._sound.encode(frame))


def _opened(clip: Path) -> Any:
    # What fails here is the clip, not the disk that is written to.
    try:
        return av.open(str(clip))
    except (OSError, av.FFmpegError) as exc:
        raise MediaUnreadable(f"{clip.name} cannot be read ({exc}); render it again") from exc
