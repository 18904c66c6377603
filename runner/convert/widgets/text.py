"""Texts that change on their way into a prompt: choices in braces, names between percent signs, dates."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from runner.convert.graph.javascript import text_of
from runner.convert.graph.widget import Moment

COMMENT = re.compile("/\\*[\\s\\S]*?\\*/|//[^\n\r\u2028\u2029]*")
UNSAFE = re.compile(r'[/?<>\\:*|"\x00-\x1F\x7F]')
DATE_PARTS = re.compile(r"dd?|MM?|hh?|mm?|ss?|yyy?y?")


def resolve_choices(text: str) -> str:
    """Replace each `{one|two}` by one of its choices and strip comments.

    The editor draws at random; this takes the first, so that the same file gives the same prompt.
    """
    text = COMMENT.sub("", text)
    told: list[str] = []
    place = 0
    while place < len(text):
        char = text[place]
        place += 1
        if char == "\\":
            told.append("\\" + (text[place] if place < len(text) else "undefined"))
            place += 1
        elif char == "{":
            choice, place = _first_choice(text, place)
            told.append(resolve_choices(choice))
        else:
            told.append(char)
    return re.sub(r"\\([{}|])", r"\1", "".join(told))


def _first_choice(text: str, place: int) -> tuple[str, int]:
    """Return the first choice of the block that begins at `place`, and the place behind the block."""
    choices, depth = [""], 0
    while place < len(text):
        char = text[place]
        place += 1
        if char == "\\":
            choices[-1] += "\\" + (text[place] if place < len(text) else "undefined")
            place += 1
            continue
        if char == "{":
            depth += 1
        elif char == "}":
            if depth == 0:
                break
            depth -= 1
        elif char == "|" and depth == 0:
            choices.append("")
            continue
        choices[-1] += char
    return choices[0], place


def replace_names(text: str, moment: Moment) -> str:
    """Replace `%Node.widget%` by that widget's value, made safe for a file name, and `%date:FORMAT%` by the time."""
    return re.sub(r"%([^%]+)%", lambda found: _replacement(found, moment), text)


def _replacement(found: re.Match[str], moment: Moment) -> str:
    whole, parts = found.group(0), found.group(1).split(".")
    if len(parts) != 2:
        return _date(parts[0][5:], moment.now) if parts[0].startswith("date:") else whole
    widget = moment.find(parts[0], parts[1])
    return whole if widget is None else UNSAFE.sub("_", text_of(widget.value))


def _date(text: str, now: datetime) -> str:
    numbers: dict[str, Any] = {"d": now.day, "M": now.month, "h": now.hour, "m": now.minute, "s": now.second}

    def part(found: re.Match[str]) -> str:
        name = found.group(0)
        if name[0] == "y":
            return {2: str(now.year)[2:], 4: str(now.year)}.get(len(name), name)
        return str(numbers[name[0]]).rjust(len(name), "0")

    return DATE_PARTS.sub(part, text)
