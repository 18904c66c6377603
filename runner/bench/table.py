"""Figures as text for people: one line a figure, a table where a bench measured several things alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

NAME_WIDTH = 36


def render_table(figures: Mapping[str, Any]) -> str:
    """Return the text: nested figures by dotted names, a series on one line, equal records as columns."""
    return "\n".join(_rows(figures))


def _rows(figures: Mapping[str, Any], prefix: str = "") -> list[str]:
    rows: list[str] = []
    for name, value in figures.items():
        full = prefix + name
        if isinstance(value, Mapping) and "n" in value:
            rows.append(f"{full:<{NAME_WIDTH}} {_series(value)}")
        elif isinstance(value, Mapping):
            rows += _rows(value, f"{full}.")
        elif _is_records(value):
            rows += ["", *_columns(value), ""]
        else:
            rows.append(f"{full:<{NAME_WIDTH}} {_shown(value)}")
    return rows


def _series(told: Mapping[str, Any]) -> str:
    if not told["n"]:
        return "nothing was measured"
    return f"median {_shown(told['median'])}, p95 {_shown(told['p95'])} (n {told['n']})"


def _is_records(value: Any) -> bool:
    return isinstance(value, Sequence) and bool(value) and all(isinstance(one, Mapping) for one in value)


def _columns(records: Sequence[Mapping[str, Any]]) -> list[str]:
    names = list(records[0])
    cells = [names, *([_shown(record.get(name)) for name in names] for record in records)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(names))]
    return ["  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in cells]


def _shown(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value)
