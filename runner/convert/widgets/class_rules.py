"""What the editor does to single classes of ComfyUI itself, beyond what their definitions say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from runner.convert.graph.javascript import is_true, same, text_of
from runner.convert.graph.level import NAME_PROPERTY, Node
from runner.convert.graph.widget import Moment, Widget, make_widget

from .numeric import primitive_float_limits, primitive_int_limits
from .text import replace_names, resolve_choices
from .viewport import show_scene

SAVERS = {
    "SaveImage",
    "SaveImageAdvanced",
    "SaveSVGNode",
    "SaveVideo",
    "SaveAnimatedWEBP",
    "SaveWEBM",
    "SaveAudio",
    "SaveAudioMP3",
    "SaveAudioOpus",
    "SaveAudioAdvanced",
    "SaveGLB",
    "Save3DAdvanced",
    "SaveGaussianSplat",
    "SavePointCloud",
    "SaveAnimatedPNG",
    "CLIPSave",
    "VAESave",
    "ModelSave",
    "LoraSave",
    "SaveLatent",
}


def created(node: Node) -> None:
    """Apply the rules of its class to a new node."""
    for widget in node.widgets:
        if widget.dynamic_prompts:
            widget.text = lambda value, _: resolve_choices(value) if isinstance(value, str) else value
    if node.type in SAVERS:
        prefix = node.widget("filename_prefix")
        if prefix is not None:
            prefix.text = _named
    else:
        node.properties.setdefault(NAME_PROPERTY, node.type)
    show_scene(node)
    rule = RULES.get(node.type)
    if rule is not None:
        rule(node)


def _named(value: Any, moment: Moment) -> Any:
    return replace_names(value, moment) if isinstance(value, str) else value


def _float_node(node: Node) -> None:
    if node.widgets:
        node.widgets[0].limits = lambda: primitive_float_limits(node.properties)


def _int_node(node: Node) -> None:
    if node.widgets:
        node.widgets[0].limits = lambda: primitive_int_limits(node.properties)


def _text_preview(node: Node) -> None:
    node.add_widget(make_widget("preview_text", "textPreview", "", kept=False, sent=False))
    node.add_widget(make_widget("preview_mode", "toggle", False, kept=False, sent=False))


def _webcam(node: Node) -> None:
    node.add_widget(make_widget("waiting for camera...", "button", "capture", sent=False))


def _custom_combo(node: Node) -> None:
    """A combo whose options the user writes: one text widget each, and one more that is empty."""
    if not node.widgets:
        return
    combo = node.widgets[0]
    widgets = node.own_widgets

    def index() -> int:
        return next((at for at, other in enumerate(widgets[2:]) if same(other.value, combo.value)), -1)

    def collect() -> None:
        options = [other for other in widgets if other.name.startswith("option") and is_true(other.value)]
        combo.choices = [text_of(other.value) for other in options]
        if node.opening.configuring or node.level is None or text_of(combo.value) in combo.choices:
            return
        combo.value = combo.choices[0] if combo.choices else ""

    def add_option() -> None:
        option = node.add_widget(make_widget(f"option{len(widgets) - 1}", "string", ""))
        option.on_set = lambda value: changed(option, value)

    def changed(option: Widget, value: Any) -> None:
        collect()
        if widgets[-1] is option:
            if is_true(value):
                add_option()
        elif not is_true(value) and widgets[-2] is option and not is_true(widgets[-1].value):
            widgets.pop()

    combo.choices = []
    widgets.append(make_widget("index", "hidden", read=index))
    add_option()


RULES: dict[str, Callable[[Node], None]] = {
    "CustomCombo": _custom_combo,
    "PrimitiveFloat": _float_node,
    "PrimitiveInt": _int_node,
    "PreviewAny": _text_preview,
    "SaveText": _text_preview,
    "WebcamCapture": _webcam,
}
