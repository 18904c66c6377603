"""The inputs of a node as a file lists them, and values for them, drawn from a class's definition."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

Json = dict[str, Any]
STRUCTURED: dict[str, Any] = {
    "COLOR": "#12ab34",
    "CURVE": {"points": [[0, 0.1], [0.4, 0.7], [1, 1]], "interpolation": "linear"},
    "RANGE": {"min": 0.2, "max": 0.7},
    "BOUNDING_BOX": {"x": 3, "y": 4, "width": 50, "height": 60},
    "BOUNDING_BOXES": [{"x": 1, "y": 2, "width": 30, "height": 40}],
    "COLORS": ["#000000", "#ff0000"],
}
PLAIN = ("INT", "FLOAT", "STRING", "BOOLEAN", "COMBO")
TEXTS = (
    "a {red|green {light|dark}|blue} fox",
    'JSON {"k": [1, {"x": "y"}], "z": null}',
    "escaped \\{a|b\\} and {c\\|d|e}",
    "end {open|never",
    "x } y {} {|a} {single}",
    "// a comment\nnext /* gone */ line",
    "http://host/path {one|two}",
    "%KSampler.seed% %CLIPTextEncode.text% %date:yyyy-MM-dd% %nobody.x% %%",
    "",
    "plain",
    "\u00fcml\u00e4ut \U0001f600 \\n \\\\",
)
PREFIXES = (
    "out/%KSampler.seed%_%width%",
    "%date:yyyy-MM-dd%/%date:yy%",
    "%LoadImage.image%",
    "a%Primitive.value%b",
    "ComfyUI",
)


def new_input(name: str, kind: str) -> Json:
    """Return an input."""
    return {"name": name, "type": kind, "link": None}


def new_output(kind: str, name: str | None = None) -> Json:
    """Return an output."""
    return {"name": kind if name is None else name, "type": kind, "links": []}


def inputs_of(info: Mapping[str, Any]) -> Iterator[tuple[str, str, Json]]:
    """Yield name, type and options of each input."""
    for group in ("required", "optional"):
        yield from _read((info.get("input") or {}).get(group))


def _read(group: Any, prefix: str = "") -> Iterator[tuple[str, str, Json]]:
    for name, raw in (group or {}).items():
        kind = raw[0] if isinstance(raw, (list, tuple)) else raw
        options = raw[1] if isinstance(raw, (list, tuple)) and len(raw) > 1 and isinstance(raw[1], dict) else {}
        if isinstance(kind, list):
            kind, options = "COMBO", {**options, "options": kind}
        yield prefix + name, str(kind), options


def has_widget(kind: str, options: Json) -> bool:
    """Return whether the editor makes a widget of it."""
    return not options.get("forceInput") and (kind in PLAIN or kind in STRUCTURED or kind == "COMFY_DYNAMICCOMBO_V3")


class InputDrawer:
    """Draws the inputs of nodes; `lists_widgets`: each widget has an input in the file, as newer editors write it."""

    def __init__(self, draw: random.Random, *, lists_widgets: bool) -> None:
        self._draw = draw
        self._lists_widgets = lists_widgets

    def inputs(self, inputs: list[Json], values: list[Any], told: Iterator[tuple[str, str, Json]]) -> None:
        """Add the inputs of a class, and the values of their widgets."""
        for name, kind, options in told:
            if kind == "COMFY_AUTOGROW_V3":
                inputs += self._growing(name, options.get("template") or {})
            elif kind == "COMFY_MATCHTYPE_V3":
                inputs.append(new_input(name, str((options.get("template") or {}).get("allowed_types", "*"))))
            elif not has_widget(kind, options):
                inputs.append(new_input(name, kind))
            else:
                self._widget(inputs, values, name, kind, options)

    def _widget(self, inputs: list[Json], values: list[Any], name: str, kind: str, options: Json) -> None:
        converted = self._draw.random() < 0.2 and not options.get("socketless")
        if self._lists_widgets or converted:
            told: Json = {"name": name, "config": [kind, options]} if self._draw.random() < 0.1 else {"name": name}
            inputs.append({**new_input(name, kind), "widget": told, "converted": converted})
        if kind == "COMFY_DYNAMICCOMBO_V3":
            option = self._draw.choice(options.get("options") or [{"key": "", "inputs": {}}])
            values.append(option["key"])
            inner = option.get("inputs") or {}
            for group in ("required", "optional"):
                if self._draw.random() < 0.8:
                    self.inputs(inputs, values, _read(inner.get(group), f"{name}."))
            return
        values.append(self.value(name, kind, options))
        control = options.get("control_after_generate")
        if control or (control is None and kind == "INT" and name in ("seed", "noise_seed")):
            values.append(self._draw.choice(["fixed", "increment", "randomize"]))
            if kind == "COMBO":
                values.append("")
        if any(key.endswith("upload") and told is True for key, told in options.items()):
            values.append("image")

    def _growing(self, name: str, template: Json) -> list[Json]:
        held = list(_read((template.get("input") or {}).get("required"))) + list(
            _read((template.get("input") or {}).get("optional"))
        )
        names = template.get("names")
        count = self._draw.randrange(1, 4)
        if not held:
            return []
        kind = held[0][1]
        stems = names[:count] if names else [f"{template.get('prefix', '')}{at}" for at in range(count)]
        slots = [new_input(f"{name}.{stem}", "*" if kind == "COMFY_MATCHTYPE_V3" else kind) for stem in stems]
        if has_widget(kind, held[0][2]):
            slots = [{**slot, "widget": {"name": slot["name"]}} for slot in slots]
        return slots

    def value(self, name: str, kind: str, options: Json) -> Any:
        """Return a value for a widget, sometimes one that it does not offer."""
        draw = self._draw
        if kind == "INT":
            return draw.choice([options.get("default", 0), draw.randrange(-10, 5000), draw.randrange(2**31)])
        if kind == "FLOAT":
            return draw.choice([options.get("default", 0), round(draw.uniform(-3, 30), 3), draw.randrange(5)])
        if kind == "BOOLEAN":
            return draw.random() < 0.5
        if kind == "STRING":
            return draw.choice(PREFIXES if name == "filename_prefix" else TEXTS)
        if kind == "COMBO":
            return draw.choice([*(options.get("options") or ["nothing"])[:5], "not in the list"])
        return STRUCTURED[kind]
