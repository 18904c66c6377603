"""What the server says of a node class, as the editor reads it: its inputs in order, its outputs, its title."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.convert.graph.slot import Config
from runner.convert.graph.slot_type import WILDCARD

from .augment import with_editor_inputs

MATCH_TYPE = "COMFY_MATCHTYPE_V3"
AUTOGROW = "COMFY_AUTOGROW_V3"
DYNAMIC_COMBO = "COMFY_DYNAMICCOMBO_V3"


@dataclass(frozen=True, slots=True, kw_only=True)
class InputSpec:
    """One input of a class. `options` is all that the definition says of it besides its type."""

    name: str
    type: str
    optional: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def widget_type(self) -> str:
        """The type that decides which widget is made."""
        return str(self.options.get("widgetType") or self.type)

    @property
    def forced(self) -> bool:
        """Whether it is a socket only, whatever its type."""
        return bool(self.options.get("forceInput"))

    @property
    def choices(self) -> list[Any]:
        """The values of a combo."""
        choices = self.options.get("options")
        return choices if isinstance(choices, list) else []

    def config(self) -> Config:
        """Return the definition as a link's two ends compare it."""
        own = {"name": self.name, "type": self.widget_type, "isOptional": self.optional}
        return self.widget_type, {**self.options, **own}


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDefinition:
    """A node class: inputs in the order in which their slots and widgets are made."""

    class_type: str
    title: str
    inputs: tuple[InputSpec, ...]
    outputs: tuple[tuple[str, str], ...]
    configs: Mapping[str, Config]
    output_groups: tuple[str | None, ...] = ()


def read_definition(class_type: str, info: Mapping[str, Any]) -> NodeDefinition:
    """Return the definition that one entry of /object_info holds."""
    groups = with_editor_inputs(class_type, info)
    specs: dict[str, InputSpec] = {}
    configs: dict[str, Config] = {}
    for section in ("optional", "required"):
        configs.update({name: read_config(raw) for name, raw in groups[section].items()})
    for section in ("required", "optional"):
        for name, raw in groups[section].items():
            specs[name] = read_input(name, raw, optional=section == "optional")
    return NodeDefinition(
        class_type=class_type,
        title=str(info.get("display_name") or info.get("name") or class_type),
        inputs=tuple(_ordered(specs, info.get("input_order"))),
        outputs=tuple(_outputs(info)),
        configs=configs,
        output_groups=tuple(info.get("output_matchtypes") or ()),
    )


def read_config(raw: Any) -> Config:
    """Return type and options of an input as the server wrote them."""
    parts = raw if isinstance(raw, list) else [raw]
    options = parts[1] if len(parts) > 1 and isinstance(parts[1], dict) else {}
    return (parts[0] if parts else WILDCARD), options


def read_input(name: str, raw: Any, *, optional: bool) -> InputSpec:
    """Return one input; a list in the place of the type makes it a combo."""
    kind, options = read_config(raw)
    return spec_of(name, kind, options, optional=optional)


def spec_of(name: str, kind: Any, options: Mapping[str, Any], *, optional: bool) -> InputSpec:
    """Return an input from its type and options."""
    if isinstance(kind, list):
        return InputSpec(name=name, type="COMBO", optional=optional, options={**options, "options": kind})
    if kind == "COMBO":
        return InputSpec(name=name, type="COMBO", optional=optional, options={"options": [], **options})
    return InputSpec(name=name, type=str(kind), optional=optional, options=options)


def read_group(inputs: Any) -> Iterator[tuple[str, Any, bool]]:
    """Yield name, raw definition and optionality of a group of inputs that an option or a template holds."""
    for section in ("required", "optional"):
        held = inputs.get(section) if isinstance(inputs, Mapping) else None
        for name, raw in (held or {}).items():
            yield name, raw, section == "optional"


def _ordered(specs: dict[str, InputSpec], order: Any) -> Iterator[InputSpec]:
    """Yield the inputs in the order that the server asks for, then those that the editor added."""
    named: list[str] = []
    if isinstance(order, Mapping):
        for section in ("required", "optional"):
            asked = order.get(section) or ()
            named += [name for name in asked if name in specs and specs[name].optional == (section == "optional")]
    yield from (specs[name] for name in named)
    yield from (spec for name, spec in specs.items() if name not in named)


def _outputs(info: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    names = info.get("output_name") or []
    for index, kind in enumerate(info.get("output") or []):
        name = names[index] if index < len(names) and names[index] else f"output_{index}"
        plain = "COMBO" if isinstance(kind, list) else str(kind)
        yield str(name), WILDCARD if plain == MATCH_TYPE else plain
