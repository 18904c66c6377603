"""Number widgets: what they start with, and how a change is rounded."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from runner.convert.graph.javascript import is_nullish, is_number, is_true, round_half_up, to_fixed
from runner.convert.graph.widget import Limits, Widget, make_widget

from .definition import InputSpec

SLIDERS = ("slider", "knob", "gradientslider")


def int_widget(spec: InputSpec) -> Widget:
    """Return the widget of an INT input."""
    step = _option(spec, "step", 1)
    limits = Limits(min=_option(spec, "min", 0), max=_option(spec, "max", 2048), step=step, precision=0)
    display = spec.options.get("display")
    kind = str(display) if display in SLIDERS[:2] else "number"
    widget = make_widget(spec.name, kind, _option(spec, "default", 0), limits=lambda: limits)
    widget.callback = _int_rounder(widget)
    return widget


def float_widget(spec: InputSpec) -> Widget:
    """Return the widget of a FLOAT input."""
    step = _option(spec, "step", 0.5)
    precision = max(0, -math.floor(math.log10(step))) if step > 0 else 0
    given = spec.options.get("round")
    rounding = 10.0**-precision if precision and not given else given
    limits = Limits(
        min=_option(spec, "min", 0),
        max=_option(spec, "max", 2048),
        step=step,
        precision=precision,
        round=rounding if is_number(rounding) else None,
    )
    display = spec.options.get("display")
    kind = str(display) if display in SLIDERS else "number"
    widget = make_widget(spec.name, kind, _option(spec, "default", 0), limits=lambda: limits)
    widget.callback = _float_rounder(widget)
    return widget


def primitive_float_limits(properties: dict[str, Any]) -> Limits:
    """Return the limits of the stock float node, which keeps them in its properties."""
    precision = properties.get("precision")
    places = precision if is_number(precision) else None
    return Limits(
        min=_property(properties, "min", -math.inf),
        max=_property(properties, "max", math.inf),
        step=properties.get("step") or (1 if places is None else 5 * 10.0**-places),
        precision=1 if is_nullish(precision) else precision,
        round=properties.get("round") or (0.1 if places is None else 10.0**-places),
    )


def primitive_int_limits(properties: dict[str, Any]) -> Limits:
    """Return the limits of the stock integer node, which keeps them in its properties."""
    return Limits(
        min=_property(properties, "min", -(2.0**63)),
        max=_property(properties, "max", 2.0**63),
        step=_property(properties, "step", 1),
        precision=0,
    )


def _int_rounder(widget: Widget) -> Callable[[Any], None]:
    def rounder(value: Any) -> None:
        if not is_number(value):
            return
        limits = widget.limits()
        step = limits.step or 1
        offset = math.fmod(limits.min or 0, step) if step != 1 and not math.isinf(limits.min or 0) else 0
        widget.value = _whole(round_half_up((value - offset) / step) * step + offset)

    return rounder


def _float_rounder(widget: Widget) -> Callable[[Any], None]:
    def rounder(value: Any) -> None:
        if not is_number(value):
            return
        limits = widget.limits()
        if not is_true(limits.round) or limits.round is None:
            widget.value = value
            return
        precision = limits.precision
        digits = precision if precision is not None else max(0, -math.floor(math.log10(limits.round)))
        rounded = to_fixed(round_half_up(value / limits.round) * limits.round, int(digits))
        low = -math.inf if limits.min is None else limits.min
        high = math.inf if limits.max is None else limits.max
        widget.value = _whole(min(max(rounded, low), high))

    return rounder


def _option(spec: InputSpec, name: str, fallback: Any) -> Any:
    value = spec.options.get(name)
    return fallback if value is None else value


def _property(properties: dict[str, Any], name: str, fallback: float) -> float:
    value = properties.get(name)
    return value if is_number(value) else fallback  # type: ignore[return-value]


def _whole(value: float) -> float:
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value
