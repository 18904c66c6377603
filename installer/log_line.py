"""A line of the runner's log for people: JSON where nobody watches it being written, so it is translated here."""

from __future__ import annotations

import json

_FIRST = ("time", "level", "logger", "message", "exception")


def object_of(line: str) -> dict[str, object]:
    """The JSON object that a line is, empty for any other."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def error_of(line: str) -> str:
    """The sentence of an error the runner ended with, its code behind it; "" for any other line."""
    error = object_of(line).get("error")
    if isinstance(error, dict):
        return f"{error.get('message', '')} [{error.get('code', '')}]"
    head, bracket, sentence = line.partition("]: ")
    return f"{sentence} [{head[7:]}]" if bracket and head.startswith("error [") else ""


def readable(line: str) -> str:
    """Time, level, message, other fields as name=value; what is no JSON stays as it is."""
    fields = object_of(line)
    if "message" not in fields:
        if isinstance(fields.get("address"), str):
            return f"On air: {fields['address']}"
        return f"error: {error_of(line)}" if "error" in fields else line
    rest = " ".join(f"{name}={value}" for name, value in fields.items() if name not in _FIRST)
    head = f"{str(fields.get('time', ''))[11:19]} {fields.get('level', '')} {fields['message']}"
    return f"{head} {rest}".rstrip() + (f"\n{fields['exception']}" if "exception" in fields else "")
