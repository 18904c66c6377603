"""The checker's own, strict reading of a media playlist, and of two that follow each other.

Long, because reading a list, judging it and comparing two need the same tags and fault codes.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

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
LEAST_INNER_PART = Fraction(85, 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One fault: a stable code, where it is, what is wrong."""

    code: str
    where: str
    message: str


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


def read_listing(text: str) -> Listing:
    """Parse and judge one playlist; faults are collected, nothing is raised."""
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
        except (ValueError, KeyError, ZeroDivisionError) as exc:
            listing.fault("playlist.syntax", f"line {index}", f"{line!r}: {exc}")
    if pending.parts:
        pending.map_name, pending.number = map_name, (listing.segments[-1].number + 1) if listing.segments else 0
        listing.open = pending
    _judge_head(listing)
    _judge_segments(listing)
    _judge_parts(listing)
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
    else:
        listing.head[name] = value
        if listing.segments:
            listing.fault("playlist.order", line, "a header tag after the first segment")
    return map_name


def _segment_tag(pending: ListedSegment, name: str, value: str) -> None:
    if name == "EXTINF":
        pending.seconds = Fraction(value.rstrip(","))
    elif name == "EXT-X-PROGRAM-DATE-TIME":
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
        pending.pdt_ms = int(moment.timestamp()) * 1000 + moment.microsecond // 1000
    elif name == "EXT-X-PART":
        found = attributes(value)
        part = ListedPart(found["URI"], Fraction(found["DURATION"]), found.get("INDEPENDENT") == "YES")
        pending.parts.append(part)
    elif name == "EXT-X-DISCONTINUITY":
        pending.discontinuity = True
    else:
        pending.gap = True


def _judge_head(listing: Listing) -> None:
    for name in ("EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE", "EXT-X-INDEPENDENT-SEGMENTS"):
        if name not in listing.head:
            listing.fault("playlist.missing", name, "is missing")
    if int(listing.head.get("EXT-X-VERSION", "0")) < 9:
        listing.fault("playlist.version", "EXT-X-VERSION", "version 9 is needed")
    if not listing.segments and listing.open is None:
        listing.fault("playlist.empty", "playlist", "lists nothing")


def _judge_segments(listing: Listing) -> None:
    target = int(listing.head.get("EXT-X-TARGETDURATION", "0") or 0)
    names: set[str] = set()
    before: ListedSegment | None = None
    for segment in [*listing.segments, *([listing.open] if listing.open else [])]:
        where = segment.name or "open segment"
        is_open = segment is listing.open
        if not is_open and not 0 < segment.seconds < target + Fraction(1, 2):
            listing.fault("playlist.duration", where, f"EXTINF {float(segment.seconds)} against target {target}")
        if segment.pdt_ms is None:
            listing.fault("playlist.pdt_missing", where, "no PROGRAM-DATE-TIME")
        if not segment.map_name:
            listing.fault("playlist.map_missing", where, "no EXT-X-MAP before it")
        elif before is not None and segment.map_name != before.map_name and not segment.discontinuity:
            listing.fault("playlist.map_change", where, "another init segment without a discontinuity")
        for name in [segment.name, *(part.name for part in segment.parts)]:
            if name and name in names:
                listing.fault("playlist.name_twice", name, "the name stands twice")
            names.add(name)
        before = segment


def _judge_parts(listing: Listing) -> None:
    has_parts = listing.open is not None or any(segment.parts for segment in listing.segments)
    info, control = (attributes(listing.head.get(tag, "")) for tag in ("EXT-X-PART-INF", "EXT-X-SERVER-CONTROL"))
    if not has_parts:
        return
    if "PART-TARGET" not in info or "PART-HOLD-BACK" not in control:
        listing.fault("playlist.part_inf", "header", "parts without PART-TARGET and PART-HOLD-BACK")
        return
    target = Fraction(info["PART-TARGET"])
    if Fraction(control["PART-HOLD-BACK"]) < 2 * target:
        listing.fault("playlist.part_hold_back", "header", "PART-HOLD-BACK is under two part targets")
    for segment in [*listing.segments, *([listing.open] if listing.open else [])]:
        where = segment.name or "open segment"
        if segment.parts and segment.name and sum(part.seconds for part in segment.parts) != segment.seconds:
            listing.fault("playlist.part_sum", where, "its parts do not add up to its EXTINF")
        for index, part in enumerate(segment.parts):
            last = index == len(segment.parts) - 1
            if part.seconds > target or (not last and part.seconds < LEAST_INNER_PART * target):
                listing.fault(
                    "playlist.part_duration", part.name, f"{float(part.seconds)} s for a target of {float(target)}"
                )
        if segment.parts and not segment.parts[0].independent:
            listing.fault("playlist.part_independent", where, "its first part is not INDEPENDENT")


def compare_listings(before: Listing, after: Listing) -> list[Violation]:
    """Faults of a reload: numbers that go back, entries that change, tags that were removed without being counted."""
    out = Listing()
    first_before, first_after = (int(one.head.get("EXT-X-MEDIA-SEQUENCE", "0")) for one in (before, after))
    if first_after < first_before:
        out.fault("reload.sequence_back", "EXT-X-MEDIA-SEQUENCE", f"from {first_before} back to {first_after}")
    last = before.segments[-1].number if before.segments else first_before - 1
    if (after.segments[-1].number if after.segments else first_after - 1) < last:
        out.fault("reload.shorter", "playlist", f"segment {last} is gone from the end")
    known = {segment.number: segment for segment in before.segments}
    for segment in after.segments:
        old = known.get(segment.number)
        if old is None:
            continue
        for what in ("name", "seconds", "pdt_ms", "map_name", "discontinuity_number", "gap"):
            if getattr(old, what) != getattr(segment, what):
                message = f"{what} was {getattr(old, what)!r}, now {getattr(segment, what)!r}"
                out.fault("reload.changed", f"segment {segment.number}", message)
    return out.faults


def compare_texts(texts: Iterable[str]) -> list[Violation]:
    """Faults between playlists that were read one after the other."""
    listings = [read_listing(text) for text in texts]
    return [fault for pair in itertools.pairwise(listings) for fault in compare_listings(*pair)]
