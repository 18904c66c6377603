"""Which resolution and how many steps a card can do live: chosen from what was measured. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LIVE_RTF = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measured row. `rtf`: seconds to render over seconds rendered, the median."""

    width: int
    height: int
    steps: int
    weights: str
    attention: str
    rtf: float

    def told(self) -> dict[str, Any]:
        """Return the row as figures."""
        picture = f"{self.width}x{self.height}"
        return {
            "picture": picture,
            "steps": self.steps,
            "weights": self.weights,
            "attention": self.attention,
            "rtf": self.rtf,
        }


def ladder(rows: Sequence[Row], *, most_rtf: float = LIVE_RTF) -> list[Row]:
    """Return the rungs from the best picture down: rows in time that no other one beats in both pixels and steps.

    Where two rows show the same, the quicker one stands.
    """
    live = sorted((row for row in rows if row.rtf <= most_rtf), key=lambda row: row.rtf)
    rungs: list[Row] = []
    for row in live:
        beaten = any(_at_least(other, row) and (_more(other, row) or other in rungs) for other in live if other != row)
        if not beaten:
            rungs.append(row)
    return sorted(rungs, key=lambda row: (-row.steps * row.width * row.height, row.rtf))


def recommended(rows: Sequence[Row]) -> tuple[list[Row], str]:
    """Return the ladder, and a sentence about it."""
    rungs = ladder(rows)
    if rungs:
        best = rungs[0]
        return rungs, (
            f"live on this card: {best.width}x{best.height} in {best.steps} steps, {best.weights}, {best.attention} "
            f"attention, RTF {best.rtf:g}"
        )
    if not rows:
        return [], "nothing could be measured"
    best = min(rows, key=lambda row: row.rtf)
    return [], (
        f"none is live on this card; the quickest is {best.width}x{best.height} in {best.steps} steps at RTF "
        f"{best.rtf:g}: the planner waits before it speaks"
    )


def _at_least(one: Row, other: Row) -> bool:
    return one.width * one.height >= other.width * other.height and one.steps >= other.steps


def _more(one: Row, other: Row) -> bool:
    return one.width * one.height > other.width * other.height or one.steps > other.steps
