"""Types of slots: a name, several names with commas between them, or the wildcard."""

from __future__ import annotations

from typing import Any

WILDCARD = "*"


def may_connect(one: Any, other: Any) -> bool:
    """Return whether a link between slots of these types is allowed, in either direction."""
    if _is_any(one) or _is_any(other) or one == other:
        return True
    ones, others = str(one).lower().split(","), str(other).lower().split(",")
    if len(ones) == len(others) == 1:
        return ones == others
    return any(may_connect(a, b) for a in ones for b in others)


def common_type(*types: Any) -> str | None:
    """Return what all of these types have in common, `*` when they are all wildcards, None when nothing is."""
    if not all(isinstance(kind, str) for kind in types):
        return None
    named = [kind.split(",") for kind in types if kind != WILDCARD]
    if not named:
        return WILDCARD
    shared = [kind for kind in dict.fromkeys(named[0]) if all(kind in others for others in named[1:])]
    return ",".join(shared) if shared else None


def _is_any(kind: Any) -> bool:
    return kind in ("", WILDCARD, 0, None)
