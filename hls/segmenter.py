"""Access units in, parts and segments out: where a segment opens, what it is called, when it closes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .access_unit import AccessUnit
from .errors import MediaParameters
from .part import Part, write_part
from .ticks import PART_FRAMES, SEGMENT_FRAMES
from .timeline import Kind

# A part that is not the last of its segment must hold 85 % of PART-TARGET (RFC 8216bis, 4.4.4.9): 7 of 8 frames.
LEAST_INNER_FRAMES = 7
LABEL_REFUSED = re.compile(r"[^A-Za-z0-9-]+")
LABEL_LIMIT = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A closed segment: its parts joined."""

    media_sequence: int
    stem: str
    kind: Kind
    start_ticks: int
    duration_ticks: int
    parts: tuple[Part, ...]
    data: bytes


@dataclass(slots=True)
class OpenSegment:
    """The segment that parts go into now."""

    media_sequence: int
    stem: str
    kind: Kind
    start_ticks: int
    parts: list[Part] = field(default_factory=list)
    frames: int = 0

    def closed(self) -> Segment:
        """The segment as it is now."""
        return Segment(
            media_sequence=self.media_sequence,
            stem=self.stem,
            kind=self.kind,
            start_ticks=self.start_ticks,
            duration_ticks=sum(part.duration_ticks for part in self.parts),
            parts=tuple(self.parts),
            data=b"".join(part.data for part in self.parts),
        )


def part_name(start_ticks: int) -> str:
    """Name of the part that begins at this tick.

    Named by its tick and not by its segment: the preload hint must name the next part before anyone knows whether it
    will be idle or talk, and ticks are unique for ever, also over restarts.
    """
    return f"part_{start_ticks}.m4s"


def segment_stem(kind: Kind, label: str, media_sequence: int) -> str:
    """`idle_<seq>` or `seg_<label>_<seq>`; the label is reduced to letters, digits and dashes."""
    if kind == "idle":
        return f"idle_{media_sequence}"
    public = LABEL_REFUSED.sub("-", label)[:LABEL_LIMIT].strip("-") or "talk"
    return f"seg_{public}_{media_sequence}"


class Segmenter:
    """Numbers and fills segments. It never changes what it has given out."""

    def __init__(self, *, media_sequence: int) -> None:
        self.media_sequence = media_sequence
        # mfhd sequence: one counter for the stream. 24 a segment at most, so a restart cannot fall behind.
        self._fragment = media_sequence * SEGMENT_FRAMES
        self.open: OpenSegment | None = None
        self._ended_on_idr = False

    def must_close(self, *, kind: Kind, frames: int, clip_start: bool) -> bool:
        """Whether the open segment must be closed before a part of so many frames goes in."""
        segment = self.open
        return segment is not None and (
            segment.kind != kind
            or clip_start
            or segment.frames + frames > SEGMENT_FRAMES
            or segment.parts[-1].frames < LEAST_INNER_FRAMES
        )

    def check(self, units: Sequence[AccessUnit], *, opens: bool) -> None:
        """Raises: MediaParameters (too few or many units, a segment that would not begin with an IDR)."""
        if not 1 <= len(units) <= PART_FRAMES:
            raise MediaParameters(f"a part of {len(units)} frames was offered; give 1 to {PART_FRAMES}")
        if opens and not units[0].is_idr:
            raise MediaParameters(
                f"segment {self.media_sequence} would not begin with an IDR picture; cut the clip where one stands"
            )
        if self._ended_on_idr and units[0].is_idr:
            # Two adjacent IDR pictures with equal idr_pic_id are one picture to a decoder (H.264, 7.4.1.2.4).
            raise MediaParameters(
                "two IDR pictures would stand side by side; cut the clip before after 2 frames or more"
            )

    def append(
        self,
        units: Sequence[AccessUnit],
        packets: Sequence[bytes],
        *,
        kind: Kind,
        label: str,
        start_ticks: int,
        audio_start_ticks: int,
    ) -> Part:
        """Write one part into the open segment, opening one where none is."""
        if self.open is None:
            stem = segment_stem(kind, label, self.media_sequence)
            self.open = OpenSegment(self.media_sequence, stem, kind, start_ticks)
        self._fragment += 1
        self._ended_on_idr = units[-1].is_idr
        part = write_part(
            sequence=self._fragment,
            units=units,
            start_ticks=start_ticks,
            packets=packets,
            audio_start_ticks=audio_start_ticks,
        )
        self.open.parts.append(part)
        self.open.frames += part.frames
        return part

    def is_full(self) -> bool:
        """Whether the open segment holds all that it may."""
        return self.open is not None and self.open.frames >= SEGMENT_FRAMES

    def close(self) -> Segment | None:
        """Close the open segment; None when there is none."""
        if self.open is None:
            return None
        segment, self.open = self.open.closed(), None
        self.media_sequence += 1
        return segment
