"""Definitions of two inputs that one source feeds, narrowed down to what both allow."""

from __future__ import annotations

import math
from typing import Any

from runner.convert.graph.javascript import is_nullish, same
from runner.convert.graph.slot import Config

IGNORED = {
    "default",
    "forceInput",
    "defaultInput",
    "control_after_generate",
    "multiline",
    "tooltip",
    "dynamicPrompts",
}
NUMBERS = ("INT", "FLOAT")


def merge_configs(one: Config, other: Config) -> Config | None:
    """Return the definition that fits both inputs, None where there is none."""
    kind = _kind(one)
    if kind != _kind(other):
        return None
    if kind in NUMBERS:
        return _merge_numbers(kind, one[1], other[1])
    if kind == "COMBO":
        shared = [choice for choice in _choices(one) if choice in _choices(other)]
        if not shared:
            return None
        return _merge_common("COMBO", {**one[1], "options": shared}, {**other[1], "options": shared})
    return _merge_common(kind, one[1], other[1])


def _merge_numbers(kind: str, one: dict[str, Any], other: dict[str, Any]) -> Config | None:
    low = max(_or(one.get("min"), -math.inf), _or(other.get("min"), -math.inf))
    high = min(_or(one.get("max"), math.inf), _or(other.get("max"), math.inf))
    if low > high:
        return None
    step = _common_multiple(_or(one.get("step"), 1), _or(other.get("step"), 1))
    merged = {"min": low, "max": high, "step": step}
    return _merge_common(kind, {**one, **merged}, {**other, **merged})


def _merge_common(kind: str, one: dict[str, Any], other: dict[str, Any]) -> Config | None:
    for key in {**one, **other}:
        first, second = one.get(key), other.get(key)
        if key not in IGNORED and not same(first, second) and not (is_nullish(first) and is_nullish(second)):
            return None
    return kind, {**one, **other}


def _kind(config: Config) -> str:
    return "COMBO" if isinstance(config[0], list) else str(config[0])


def _choices(config: Config) -> list[Any]:
    choices = config[0] if isinstance(config[0], list) else config[1].get("options")
    return choices if isinstance(choices, list) else []


def _common_multiple(one: float, other: float) -> float:
    divisor = _common_divisor(one, other)
    multiple = abs(one * other) / divisor if divisor else 0
    return int(multiple) if float(multiple).is_integer() else multiple


def _common_divisor(one: float, other: float) -> float:
    first, second = abs(one), abs(other)
    if not first or not second:
        return first or second
    for _ in range(100):
        if second <= 1e-10:
            break
        first, second = second, math.fmod(first, second)
    return first


def _or(value: Any, fallback: float) -> float:
    return fallback if value is None else float(value) if isinstance(value, float) else value
