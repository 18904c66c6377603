"""What the editor's language does and ours does not: `undefined`, its truth, its rounding, its text of a number."""

from __future__ import annotations

import enum
import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final


class Undefined(enum.Enum):
    """The value a widget has before anything gave it one; it never reaches a prompt."""

    UNDEFINED = "undefined"


UNDEFINED: Final = Undefined.UNDEFINED


def is_nullish(value: Any) -> bool:
    """Return whether the editor would take its fallback for this value."""
    return value is None or value is UNDEFINED


def is_true(value: Any) -> bool:
    """Return the editor's truth of a value: an empty list or object is true there."""
    if value is UNDEFINED or value is None or value is False:
        return False
    if isinstance(value, str):
        return value != ""
    return not (isinstance(value, int | float) and (value == 0 or math.isnan(value)))


def is_number(value: Any) -> bool:
    """Return whether this is a number, which a bool is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_widget_value(value: Any) -> bool:
    """Return whether a widget may hold this value; null is the only one that it may not."""
    return value is not None


def round_half_up(value: float) -> float:
    """Round to a whole number, halves towards plus infinity."""
    return value if math.isinf(value) or math.isnan(value) else math.floor(value + 0.5)


def to_fixed(value: float, digits: int) -> float:
    """Round to so many decimal places, as the decimal text of the exact binary value would be rounded."""
    if math.isinf(value) or math.isnan(value):
        return value
    return float(Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def text_of(value: Any) -> str:
    """Return the text that a value becomes inside another text; nothing becomes the empty one."""
    if is_nullish(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    if isinstance(value, list):
        return ",".join(text_of(item) for item in value)
    return "[object Object]" if isinstance(value, dict) else str(value)


def same(one: Any, other: Any) -> bool:
    """Return strict equality: by identity for lists and objects, by type and value for the rest."""
    if isinstance(one, list | dict) or isinstance(other, list | dict):
        return one is other
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)
