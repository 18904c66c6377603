"""The inputs that a node has, one by one: those of its class, and what its growing groups and combos bring."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.convert.widgets.definition import AUTOGROW, DYNAMIC_COMBO

SECTIONS = ("required", "optional")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One input as ComfyUI judges it. `choices`: the values of a combo; None where it is none."""

    name: str
    kind: str
    options: Mapping[str, Any]
    required: bool
    choices: tuple[Any, ...] | None


def declared_inputs(info: Mapping[str, Any], values: Mapping[str, Any]) -> Iterator[Declared]:
    """Yield the inputs of a node with these values, in the order of its class."""
    yield from _read(info.get("input"), values, "", required=True)


def type_of(spec: Any) -> str:
    """Return the type of an input; a list in its place is a combo."""
    kind = spec[0] if isinstance(spec, (list, tuple)) and spec else spec
    return kind if isinstance(kind, str) else "COMBO"


def _read(groups: Any, values: Mapping[str, Any], prefix: str, *, required: bool) -> Iterator[Declared]:
    for section in SECTIONS:
        held = groups.get(section) if isinstance(groups, Mapping) else None
        for name, spec in (held or {}).items():
            yield from _expanded(prefix + name, spec, values, required=required and section == "required")


def _expanded(name: str, spec: Any, values: Mapping[str, Any], *, required: bool) -> Iterator[Declared]:
    kind = type_of(spec)
    options = spec[1] if isinstance(spec, (list, tuple)) and len(spec) > 1 and isinstance(spec[1], Mapping) else {}
    if kind == AUTOGROW:
        yield from _grown(name, options.get("template") or {}, values, required=required)
    elif kind == DYNAMIC_COMBO:
        held = [option for option in options.get("options") or () if isinstance(option, Mapping) and "key" in option]
        keys = tuple(option["key"] for option in held)
        yield Declared(name=name, kind="COMBO", options={}, required=required, choices=keys)
        chosen = next((option for option in held if option["key"] == values.get(name)), {})
        yield from _read(chosen.get("inputs"), values, f"{name}.", required=required)
    else:
        yield Declared(name=name, kind=kind, options=options, required=required, choices=_choices(spec, kind, options))


def _grown(name: str, template: Mapping[str, Any], values: Mapping[str, Any], *, required: bool) -> Iterator[Declared]:
    """Yield the steps of a group that grows: as many as it needs, and those that are there."""
    groups = template.get("input") or {}
    specs = [spec for section in SECTIONS for spec in (groups.get(section) or {}).values()]
    if len(specs) != 1:
        return  # steps of several inputs are named otherwise; ComfyUI judges them
    names = template.get("names")
    prefix = template.get("prefix") or ""
    count = len(names) if names else int(template.get("max") or 0)
    for place in range(count):
        stem = names[place] if names else f"{prefix}{place}"
        step = f"{name}.{stem}"
        needed = required and place < int(template.get("min") or 0)
        if needed or step in values:
            yield from _expanded(step, specs[0], values, required=needed)


def _choices(spec: Any, kind: str, options: Mapping[str, Any]) -> tuple[Any, ...] | None:
    held = spec[0] if isinstance(spec, (list, tuple)) and spec and isinstance(spec[0], (list, tuple)) else None
    if held is None and kind == "COMBO":
        held = options.get("options")
    return tuple(held) if isinstance(held, (list, tuple)) else None
