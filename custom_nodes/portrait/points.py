"""Points read from the landmarks' JSON: finite numbers of the right shape, or one sentence that says which is not."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from .errors import LandmarksRefused

Point = tuple[float, float]

MAX_TEXT_CHARACTERS = 65_536  # a whole file of ours has some 900


def refuse(what: str) -> NoReturn:
    """Raise the one error of the landmarks' JSON."""
    raise LandmarksRefused(f"the landmarks {what}; see docs/landmarks.md for the format")


def parse(text: str) -> dict[str, Any]:
    """Return the JSON object in `text`. Raises: LandmarksRefused."""
    if len(text) > MAX_TEXT_CHARACTERS:
        refuse(f"have {len(text)} characters, more than the {MAX_TEXT_CHARACTERS} that are read")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as exc:
        refuse(f"are no JSON ({str(exc)[:80]})")
    if not isinstance(told, dict):
        refuse("are no JSON object")
    return told


def mapping(value: Any, name: str, *, known: Iterable[str]) -> Mapping[str, Any]:
    """Return an object whose keys are all known: a misspelt one would silently be estimated."""
    if not isinstance(value, dict):
        refuse(f"want {name} as an object, not {_short(value)}")
    strange = sorted(set(value) - set(known))
    if strange:
        refuse(f"have {strange[0]!r} in {name}, which knows only {', '.join(known)}")
    return value


def numbers(value: Any, name: str, *, count: int) -> tuple[float, ...]:
    """Return `count` finite numbers."""
    if not isinstance(value, list) or len(value) != count or not all(_is_number(one) for one in value):
        refuse(f"want {name} as {count} numbers, not {_short(value)}")
    return tuple(float(one) for one in value)


def whole(value: Any, name: str, *, least: int, most: int) -> int:
    """Return a whole number from `least` to `most`."""
    if not _is_number(value) or value != int(value) or not least <= value <= most:
        refuse(f"want {name} as a whole number from {least} to {most}, not {_short(value)}")
    return int(value)


def point(group: Mapping[str, Any], key: str, name: str) -> Point:
    """Return the point `key` of a group; it must be there."""
    if key not in group:
        refuse(f"lack {name}.{key}")
    x, y = numbers(group[key], f"{name}.{key}", count=2)
    return (x, y)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= 1e6 and math.isfinite(value)


def _short(value: Any) -> str:
    told = json.dumps(value)
    return told if len(told) <= 60 else f"{told[:57]}..."
