"""Media playlist text (RFC 8216bis, version 9): live with and without parts, and the finished form."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from .ticks import NS_PER_MS, PART_TICKS, TICKS_HZ

VERSION = 9
TARGET_DURATION_SECONDS = 1
# Parts are listed for what lies within 3 target durations of the end (4.4.4.9); 4 segments of 0.96 s hold that.
SEGMENTS_WITH_PARTS = 4
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartEntry:
    """A part as the playlist names it."""

    name: str
    duration_ticks: int
    independent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentEntry:
    """A segment as the playlist names it. `duration_ticks` is what it holds, never assumed."""

    name: str
    duration_ticks: int
    pdt_unix_ns: int
    init_name: str
    discontinuity: bool = False
    gap: bool = False
    parts: tuple[PartEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPlaylist:
    """All that a media playlist says; `open` is the segment whose parts are announced before it is closed."""

    media_sequence: int
    discontinuity_sequence: int
    segments: Collection[SegmentEntry]
    open: SegmentEntry | None = None
    hint: str | None = None
    ended: bool = False
    whole: bool = False

    def text(self, *, live_parts: bool) -> str:
        """The playlist. `live_parts` adds parts, blocking reload and the hint: only a server can keep that promise.

        When `ended`, ENDLIST is written and no parts; with `whole` (nothing was ever delisted) also the type VOD.
        """
        live_parts = live_parts and not self.ended
        lines = self._head(live_parts)
        init_name = ""
        with_parts = len(self.segments) - SEGMENTS_WITH_PARTS + 1 if live_parts else len(self.segments)
        for index, entry in enumerate(self.segments):
            lines += entry_lines(entry, new_init=entry.init_name != init_name, parts=index >= with_parts)
            lines += [f"#EXTINF:{seconds(entry.duration_ticks)},", entry.name]
            init_name = entry.init_name
        if live_parts and self.open is not None:
            lines += entry_lines(self.open, new_init=self.open.init_name != init_name, parts=True)
        if live_parts and self.hint is not None:
            lines.append(f'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="{self.hint}"')
        if self.ended:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join(lines) + "\n"

    def _head(self, live_parts: bool) -> list[str]:
        lines = ["#EXTM3U", f"#EXT-X-VERSION:{VERSION}", f"#EXT-X-TARGETDURATION:{TARGET_DURATION_SECONDS}"]
        if live_parts:
            target = short_seconds(PART_TICKS)
            hold_back = short_seconds(3 * PART_TICKS)
            lines.append(f"#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK={hold_back}")
            lines.append(f"#EXT-X-PART-INF:PART-TARGET={target}")
        if self.ended and self.whole:
            lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{self.media_sequence}")
        if self.discontinuity_sequence:
            lines.append(f"#EXT-X-DISCONTINUITY-SEQUENCE:{self.discontinuity_sequence}")
        return lines


def entry_lines(entry: SegmentEntry, *, new_init: bool, parts: bool) -> list[str]:
    """The lines before a segment's EXTINF."""
    lines = ["#EXT-X-DISCONTINUITY"] if entry.discontinuity else []
    if new_init:
        lines.append(f'#EXT-X-MAP:URI="{entry.init_name}"')
    lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{date_time(entry.pdt_unix_ns)}")
    if parts and not entry.gap:
        lines += [part_line(part) for part in entry.parts]
    if entry.gap:
        lines.append("#EXT-X-GAP")
    return lines


def part_line(part: PartEntry) -> str:
    """One EXT-X-PART."""
    independent = ",INDEPENDENT=YES" if part.independent else ""
    return f'#EXT-X-PART:DURATION={seconds(part.duration_ticks)},URI="{part.name}"{independent}'


def seconds(ticks: int) -> str:
    """Decimal seconds with 5 places: exact for whole frames (0.04 s), because 48 000 divides 10^5 * 1920."""
    whole, rest = divmod(ticks, TICKS_HZ)
    return f"{whole}.{rest * 100_000 // TICKS_HZ:05d}"


def short_seconds(ticks: int) -> str:
    """Decimal seconds without trailing zeros."""
    return seconds(ticks).rstrip("0").rstrip(".")


def date_time(unix_ns: int) -> str:
    """ISO 8601 UTC in milliseconds."""
    moment = EPOCH + timedelta(milliseconds=unix_ns // NS_PER_MS)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def parse_date_time(text: str) -> int:
    """Nanoseconds since 1970 of what `date_time` wrote. Raises: ValueError."""
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - EPOCH) // timedelta(milliseconds=1) * NS_PER_MS


def parse_seconds(text: str) -> int:
    """Ticks of decimal seconds, to the nearest. Raises: ValueError."""
    whole, _, rest = text.partition(".")
    return int(whole) * TICKS_HZ + round(int((rest + "00000")[:5]) * TICKS_HZ / 100_000)


def parse_playlist(text: str) -> MediaPlaylist:
    """Read back what `MediaPlaylist.text(live_parts=False)` wrote. Raises: ValueError."""
    if not text.startswith("#EXTM3U"):
        raise ValueError("not a playlist")
    media_sequence = discontinuity_sequence = duration = pdt = 0
    init_name, discontinuity, gap = "", False, False
    segments: list[SegmentEntry] = []
    for line in text.splitlines():
        tag, _, value = line.partition(":")
        if tag == "#EXT-X-MEDIA-SEQUENCE":
            media_sequence = int(value)
        elif tag == "#EXT-X-DISCONTINUITY-SEQUENCE":
            discontinuity_sequence = int(value)
        elif tag == "#EXT-X-MAP":
            init_name = value.partition('URI="')[2].partition('"')[0]
        elif tag == "#EXT-X-PROGRAM-DATE-TIME":
            pdt = parse_date_time(value)
        elif tag == "#EXTINF":
            duration = parse_seconds(value.rstrip(","))
        discontinuity = discontinuity or line == "#EXT-X-DISCONTINUITY"
        gap = gap or line == "#EXT-X-GAP"
        if line and not line.startswith("#"):
            segments.append(
                SegmentEntry(
                    name=line,
                    duration_ticks=duration,
                    pdt_unix_ns=pdt,
                    init_name=init_name,
                    discontinuity=discontinuity,
                    gap=gap,
                )
            )
            discontinuity = gap = False
    return MediaPlaylist(
        media_sequence=media_sequence, discontinuity_sequence=discontinuity_sequence, segments=segments
    )
