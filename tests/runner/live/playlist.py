"""A published media playlist, read as a player does: what kind each segment is, when it plays, how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from hls.ticks import TICKS_HZ


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One segment; `kind` by its public name."""

    name: str
    kind: str
    pdt_unix_ns: int
    duration_ticks: int
    discontinuity: bool


def listed(text: str) -> list[Listed]:
    """Return the segments of a media playlist, each with its own date or the one that follows from the last."""
    found: list[Listed] = []
    pdt_ns, ticks, cut = 0, 0, False
    for line in text.splitlines():
        if line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            moment = datetime.fromisoformat(line.partition(":")[2].replace("Z", "+00:00"))
            pdt_ns = round(moment.astimezone(timezone.utc).timestamp() * 1000) * 1_000_000
        elif line.startswith("#EXTINF:"):
            ticks = round(float(line[8:].rstrip(",")) * TICKS_HZ)
        elif line == "#EXT-X-DISCONTINUITY":
            cut = True
        elif line.endswith(".m4s") and not line.startswith("#"):
            kind = "idle" if line.startswith("idle") else "talk"
            found.append(Listed(name=line, kind=kind, pdt_unix_ns=pdt_ns, duration_ticks=ticks, discontinuity=cut))
            cut = False
            pdt_ns += ticks * 1_000_000_000 // TICKS_HZ
    return found
