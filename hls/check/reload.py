"""What two readings of one playlist, one after the other, must agree on."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from .listing import Listing
from .playlist import read_listing
from .report import Violation


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
