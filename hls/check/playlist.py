"""What a media playlist must hold for itself (RFC 8216bis and CONTRACTS section 3)."""

from __future__ import annotations

from fractions import Fraction

from .listing import ListedSegment, Listing, attributes, parse, seconds

LEAST_INNER_PART = Fraction(85, 100)


def read_listing(text: str) -> Listing:
    """Parse and judge one playlist; faults are collected, nothing is raised."""
    listing = parse(text)
    _judge_head(listing)
    _judge_segments(listing)
    _judge_parts(listing)
    return listing


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
    try:
        target, hold_back = seconds(info["PART-TARGET"]), seconds(control["PART-HOLD-BACK"])
    except (KeyError, ValueError):
        listing.fault("playlist.part_inf", "header", "parts without PART-TARGET and PART-HOLD-BACK that are numbers")
        return
    if hold_back < 2 * target:
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
