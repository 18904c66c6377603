"""The widgets that the editor makes of an input, by its type. Each function adds them to the node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.convert.graph.javascript import UNDEFINED
from runner.convert.graph.level import Node
from runner.convert.graph.widget import TEXT_AREA, Widget, make_widget

from .definition import DYNAMIC_COMBO, InputSpec
from .numeric import float_widget, int_widget
from .viewport import VIEWERS

Constructor = Callable[[Node, InputSpec], None]
SEEDS = ("seed", "noise_seed")
CONTROL = "control_after_generate"
BOX_SIDES = ("x", "y", "width", "height")


def add_control(node: Node, target: Widget, name: Any, value: Any, *, filtered: bool) -> None:
    """Add what a number or combo is followed by when it changes by itself after each prompt; none of it is sent."""
    title = name if isinstance(name, str) and name else CONTROL
    choices = ["fixed", "increment", "decrement", "randomize"]
    node.add_widget(make_widget(title, "combo", value, sent=False, choices=choices))
    if filtered and target.kind == "combo":
        node.add_widget(make_widget("control_filter_list", "string", "", sent=False))


def _int(node: Node, spec: InputSpec) -> None:
    widget = node.add_widget(int_widget(spec))
    asked = spec.options.get(CONTROL)
    if (spec.name in SEEDS) if asked is None else asked:
        add_control(node, widget, asked, asked if isinstance(asked, str) else "randomize", filtered=False)


def _float(node: Node, spec: InputSpec) -> None:
    widget = node.add_widget(float_widget(spec))
    asked = spec.options.get(CONTROL)
    if asked:
        add_control(node, widget, asked, "fixed", filtered=False)


def _boolean(node: Node, spec: InputSpec) -> None:
    node.add_widget(make_widget(spec.name, "toggle", _default(spec, False)))


def _string(node: Node, spec: InputSpec) -> None:
    kind = TEXT_AREA if spec.options.get("multiline") else "text"
    widget = node.add_widget(make_widget(spec.name, kind, _default(spec, "")))
    widget.dynamic_prompts = spec.options.get("dynamicPrompts") is True


def _combo(node: Node, spec: InputSpec) -> None:
    asked = spec.options.get(CONTROL)
    if spec.options.get("multi_select"):
        widget = node.add_widget(make_widget(spec.name, "custom", []))
    else:
        remote = spec.options.get("remote")
        value = spec.options.get("default") or next(iter(spec.choices), "Loading..." if remote else UNDEFINED)
        # A remote list is filled in later: nothing of it is known here, so no value is out of it.
        widget = node.add_widget(make_widget(spec.name, "combo", value, choices=None if remote else spec.choices))
        if remote:
            node.add_widget(make_widget("Auto-refresh after generation", "toggle", False, sent=False))
            if remote.get("refresh_button"):
                node.add_widget(make_widget("refresh", "button", "refresh"))
    if asked:
        add_control(node, widget, None, asked if isinstance(asked, str) else "randomize", filtered=True)


def _color(node: Node, spec: InputSpec) -> None:
    if any(widget.name == spec.name and widget.kind == "color" for widget in node.widgets):
        return
    nested = spec.options.get("options")
    fallback = nested.get("default") if isinstance(nested, dict) else None
    node.add_widget(make_widget(spec.name, "color", _default(spec, fallback or "#000000")))


def _bounding_box(node: Node, spec: InputSpec) -> None:
    box = dict(_default(spec, {"x": 0, "y": 0, "width": 512, "height": 512}))
    kind = "imagecrop" if spec.options.get("component") == "ImageCrop" else "boundingbox"
    node.add_widget(make_widget(spec.name, kind, box))
    for side in BOX_SIDES:
        node.add_widget(make_widget(side, "number", box.get(side, UNDEFINED), sent=False))


def _image_compare(node: Node, spec: InputSpec) -> None:
    node.add_widget(make_widget(spec.name, "imagecompare", ["", ""], kept=False))


def _value(kind: str, fallback: Callable[[], Any]) -> Constructor:
    def construct(node: Node, spec: InputSpec) -> None:
        node.add_widget(make_widget(spec.name, kind, _default(spec, fallback())))

    return construct


def _nested(kind: str, key: str, fallback: Callable[[], Any]) -> Constructor:
    """Return the constructor of a widget whose start value is within its nested options."""

    def construct(node: Node, spec: InputSpec) -> None:
        nested = spec.options.get("options")
        held = nested.get(key) if isinstance(nested, dict) else None
        node.add_widget(make_widget(spec.name, kind, held or fallback()))

    return construct


def _upload_button(value: str) -> Constructor:
    def construct(node: Node, spec: InputSpec) -> None:
        node.add_widget(make_widget(spec.name, "button", value, sent=False))

    return construct


def _player(node: Node, spec: InputSpec) -> None:
    node.add_widget(make_widget(spec.name, "audioUI", "", kept=False, sent=False))


def _recorder(node: Node, spec: InputSpec) -> None:
    node.add_widget(make_widget(spec.name, "audioUI", read=lambda: ""))
    node.add_widget(make_widget(spec.name, "button", "", sent=False))


def _camera(node: Node, spec: InputSpec) -> None:
    node.add_widget(make_widget(spec.name, "WEBCAM", read=lambda: ""))


def _model_viewer(node: Node, spec: InputSpec) -> None:
    """A view of a 3D scene: what it sends is drawn when it is on screen, so a file alone leaves it empty."""
    if any(widget.name == "model_file" for widget in node.widgets):
        for name, value in (
            ("upload 3d model", "upload3dmodel"),
            ("upload extra resources", "uploadExtraResources"),
            ("clear", "clear"),
        ):
            node.add_widget(make_widget(name, "button", value))
    name = "viewport_state" if node.type in VIEWERS else "image"
    node.add_widget(make_widget(name, "load3D", read=lambda: ""))


def _empty(name: str, kind: str) -> Constructor:
    def construct(node: Node, spec: InputSpec) -> None:
        node.add_widget(make_widget(name, kind, read=lambda: ""))

    return construct


def _default(spec: InputSpec, fallback: Any) -> Any:
    value = spec.options.get("default")
    return fallback if value is None else value


def _curve() -> dict[str, Any]:
    return {"points": [[0, 0], [1, 1]], "interpolation": "monotone_cubic"}


CONSTRUCTORS: dict[str, Constructor] = {
    "INT": _int,
    "FLOAT": _float,
    "BOOLEAN": _boolean,
    "STRING": _string,
    "MARKDOWN": _value("MARKDOWN", str),
    "COMBO": _combo,
    "IMAGEUPLOAD": _upload_button("image"),
    "COLOR": _color,
    "IMAGECOMPARE": _image_compare,
    "BOUNDING_BOX": _bounding_box,
    "CHART": _nested("chart", "data", dict),
    "GALLERIA": _nested("galleria", "images", list),
    "PAINTER": _value("painter", str),
    "TEXTAREA": _nested("textarea", "default", str),
    "CURVE": _value("curve", _curve),
    "RANGE": _value("range", lambda: {"min": 0.0, "max": 1.0}),
    "BOUNDING_BOXES": _value("boundingboxes", list),
    "COLORS": _value("colors", list),
    "AUDIO_UI": _player,
    "AUDIOUPLOAD": _upload_button(""),
    "AUDIO_RECORD": _recorder,
    "WEBCAM": _camera,
    "LOAD_3D": _model_viewer,
    "LOAD_3D_ADVANCED": _empty("viewport_state", "load3DAdvanced"),
    "PREVIEW_3D": _empty("image", "load3D"),
}
WIDGET_TYPES = {*CONSTRUCTORS, DYNAMIC_COMBO}
"""The types of inputs that have a widget. A dynamic combo rebuilds its node, so those nodes make it themselves."""
