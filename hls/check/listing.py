"""The checker's own reading of a media playlist: what it says, and where it cannot be read."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from .report import Violation

SEGMENT_TAGS = frozenset({"EXTINF", "EXT-X-GAP", "EXT-X-DISCONTINUITY", "EXT-X-MAP", "EXT-X-PART"})
SEGMENT_TAGS |= {"EXT-X-PROGRAM-DATE-TIME"}
TAIL_TAGS = frozenset({"EXT-X-PRELOAD-HINT", "EXT-X-ENDLIST"})
HEAD_TAGS = frozenset({"EXTM3U", "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-SERVER-CONTROL", "EXT-X-PART-INF"})
HEAD_TAGS |= {
    "EXT-X-PLAYLIST-TYPE",
    "EXT-X-INDEPENDENT-SEGMENTS",
    "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE",
}
COUNT_TAGS = frozenset(
    {"EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"}
)
COUNT = re.compile(r"[0-9]{1,20}")
SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


@dataclass(slots=True)
class ListedPart:
    """An EXT-X-PART."""

    name: str
    seconds: Fraction
    independent: bool


@dataclass(slots=True)
class ListedSegment:
    """A segment of the list; `name` is empty for the one that is still open."""

    number: int
    name: str = ""
    seconds: Fraction = Fraction(0)
    pdt_ms: int | None = None
    map_name: str = ""
    discontinuity: bool = False
    discontinuity_number: int = 0
    gap: bool = False
    parts: list[ListedPart] = field(default_factory=list)


@dataclass(slots=True)
class Listing:
    """What a playlist says."""

    segments: list[ListedSegment] = field(default_factory=list)
    open: ListedSegment | None = None
    head: dict[str, str] = field(default_factory=dict)
    hint: str = ""
    ended: bool = False
    faults: list[Violation] = field(default_factory=list)

    def fault(self, code: str, where: str, message: str) -> None:
        """Note a violation."""
        self.faults.append(Violation(code=code, where=where, message=message))


def attributes(text: str) -> dict[str, str]:
    """An attribute list."""
    return {key: value.strip('"') for key, value in re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^,]*)', text)}


def seconds(text: str) -> Fraction:
    """Read a decimal number of seconds, exactly. Raises: ValueError."""
    if not SECONDS.fullmatch(text):
        # Fraction takes more, "1e999999999" among it, over which it would sit for hours.
        raise ValueError("no number of seconds")
    return Fraction(text)


def parse(text: str) -> Listing:
    """Parse one playlist; what cannot be read is collected as faults, nothing is raised."""
    listing = Listing()
    if not text.startswith("#EXTM3U\n"):
        listing.fault("playlist.header", "line 1", "does not begin with #EXTM3U")
    pending, map_name, number = ListedSegment(0), "", 0
    for index, line in enumerate(text.splitlines(), start=1):
        try:
            if line and not line.startswith("#"):
                pending.name, pending.map_name = line, map_name
                pending.number = int(listing.head.get("EXT-X-MEDIA-SEQUENCE", "0")) + len(listing.segments)
                number += pending.discontinuity
                pending.discontinuity_number = number + int(listing.head.get("EXT-X-DISCONTINUITY-SEQUENCE", "0"))
                listing.segments.append(pending)
                pending = ListedSegment(0)
            elif line:
                map_name = _tag(listing, pending, line, map_name)
        except (ValueError, KeyError, OverflowError) as exc:
            listing.fault("playlist.syntax", f"line {index}", f"{line!r}: {exc}")
    if pending.parts:
        pending.map_name, pending.number = map_name, (listing.segments[-1].number + 1) if listing.segments else 0
        listing.open = pending
    return listing


def _tag(listing: Listing, pending: ListedSegment, line: str, map_name: str) -> str:
    name, _, value = line[1:].partition(":")
    if name == "EXT-X-MAP":
        return attributes(value)["URI"]
    if name in SEGMENT_TAGS:
        _segment_tag(pending, name, value)
    elif name in TAIL_TAGS:
        listing.hint = attributes(value)["URI"] if name == "EXT-X-PRELOAD-HINT" else listing.hint
        listing.ended = listing.ended or name == "EXT-X-ENDLIST"
    elif name not in HEAD_TAGS:
        listing.fault("playlist.tag", line[:40], "a tag that this stream never needs")
    elif name in listing.head:
        listing.fault("playlist.twice", line, "a header tag stands twice")
    elif name in COUNT_TAGS and not COUNT.fullmatch(value):
        raise ValueError("no whole number")
    else:
        listing.head[name] = value
        if listing.segments:
            listing.fault("playlist.order", line, "a header tag after the first segment")
    return map_name


def _segment_tag(pending: ListedSegment, name: str, value: str) -> None:
    if name == "EXTINF":
        pending.seconds = seconds(value.rstrip(","))
    elif name == "EXT-X-PROGRAM-DATE-TIME":
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        pending.pdt_ms = int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    elif name == "EXT-X-PART":
        found = attributes(value)
        part = ListedPart(found["URI"], seconds(found["DURATION"]), found.get("INDEPENDENT") == "YES")
        pending.parts.append(part)
    elif name == "EXT-X-DISCONTINUITY":
        pending.discontinuity = True
    else:
        pending.gap = True
