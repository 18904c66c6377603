"""Random workflows that are legal, composed from the server's node definitions: one seed, one workflow.

They combine what saved workflows have: bends, PrimitiveNodes with several targets, mutes and bypasses, subgraphs in
subgraphs with promoted widgets and shared instances, groups of inputs that grow, dynamic combos, converted widgets,
old and new ways of writing links. It stays one file because the parts of one draw share the ids and the drawing.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.browser.drawn_inputs import PLAIN, STRUCTURED, TEXTS, InputDrawer, Json, inputs_of, new_input, new_output

FAVOURITES = (
    "KSampler",
    "KSamplerAdvanced",
    "CLIPTextEncode",
    "CheckpointLoaderSimple",
    "VAEDecode",
    "VAEEncode",
    "EmptyLatentImage",
    "SaveImage",
    "LoadImage",
    "LoraLoader",
    "CustomCombo",
    "ComfySwitchNode",
    "ResizeImageMaskNode",
    "PrimitiveInt",
    "PrimitiveFloat",
    "PrimitiveString",
    "PrimitiveBoolean",
    "PreviewAny",
    "ImageScaleBy",
    "ImageInvert",
    "StringConcatenate",
    "BatchImagesNode",
    "CreateList",
    "ComfyMathExpression",
    "EmptyImage",
    "SolidMask",
    "ConditioningCombine",
    "ControlNetApplyAdvanced",
    "PreviewImage",
    "SaveLatent",
    "StringReplace",
    "LatentUpscaleBy",
    "ImageBlend",
    "CurveEditor",
    "ColorToRGBInt",
    "ImageCropV2",
)
EDITOR_ONLY = ("LOAD_3D", "PREVIEW_3D", "WEBCAM", "AUDIO_RECORD", "LOAD3D_CAMERA", "LOAD3D_MODEL_INFO")


@dataclass(slots=True)
class Scope:
    """One level while it is composed."""

    depth: int
    nodes: list[Json] = field(default_factory=list)
    links: list[Json] = field(default_factory=list)
    primitives: dict[str, Json] = field(default_factory=dict)


class Composer:
    """One draw. `info` is /object_info."""

    def __init__(self, seed: int, info: Mapping[str, Any]) -> None:
        self.draw = random.Random(seed)
        self.info = info
        self.classes = sorted(kind for kind, told in info.items() if self._fits(kind, told))
        self.favourites = [kind for kind in FAVOURITES if kind in info]
        self.odd = [kind for kind in info if kind.startswith("Odd")]
        self.lists_widgets = self.draw.random() < 0.7
        self.inputs = InputDrawer(self.draw, lists_widgets=self.lists_widgets)
        self.modes = self.draw.choice([[0], [0, 0, 0, 4], [0, 0, 0, 0, 2, 4, 4], [0, 0, 0, 1, 3]])
        self.last_node = self.last_link = 0
        self.subgraphs: list[Json] = []
        self.groups: list[str] = []

    def compose(self) -> Json:
        """Return the workflow."""
        groups = self._group_kinds() if self.draw.random() < 0.2 else {}
        self.groups = sorted(groups)
        scope = self._level(0, self.draw.randrange(5, 13))
        links = [list(link.values()) for link in scope.links]
        saved: Json = {
            "id": "00000000-0000-4000-8000-000000000000",
            "revision": 0,
            "last_node_id": self.last_node,
            "last_link_id": self.last_link,
            "nodes": scope.nodes,
            "links": links,
            "groups": [],
            "config": {},
            "extra": {"groupNodes": groups} if groups else {},
            "version": 0.4,
        }
        if self.subgraphs:
            saved["definitions"] = {"subgraphs": self.subgraphs}
        for node in _all_nodes(saved):
            for output in node["outputs"]:
                output["links"] = output["links"] or self.draw.choice([None, []])
        if self.draw.random() < 0.25:
            saved.update(version=1, links=scope.links, state=self._state())
            del saved["last_node_id"], saved["last_link_id"]
        elif self.draw.random() < 0.2:
            self._name_nodes(saved)
        elif links and self.draw.random() < 0.3:
            saved["extra"]["reroutes"] = [{"id": 1, "pos": [0, 0], "linkIds": [links[0][0]]}]
            saved["extra"]["linkExtensions"] = [{"id": links[0][0], "parentId": 1}]
        return saved

    def _fits(self, kind: str, told: Mapping[str, Any]) -> bool:
        text = json.dumps(told.get("input") or {})
        return (
            not told.get("api_node") and '"remote"' not in text and not any(f'"{kind}"' in text for kind in EDITOR_ONLY)
        )

    def _state(self) -> Json:
        return {"lastNodeId": self.last_node, "lastLinkId": self.last_link, "lastGroupId": 0, "lastRerouteId": 0}

    def _name_nodes(self, saved: Json) -> None:
        names = {node["id"]: f"n{node['id']}" for node in saved["nodes"] if self.draw.random() < 0.4}
        for node in saved["nodes"]:
            node["id"] = names.get(node["id"], node["id"])
        for link in saved["links"]:
            link[1], link[3] = names.get(link[1], link[1]), names.get(link[3], link[3])

    # Levels and nodes.

    def _level(self, depth: int, count: int) -> Scope:
        scope = Scope(depth)
        for _ in range(count):
            lot = self.draw.random()
            if self.groups and depth == 0 and lot > 0.8:
                values = [self.draw.choice([64, 128, 7, "area", 1.5]) for _ in range(self.draw.randrange(6))]
                self._add(scope, f"workflow>{self.draw.choice(self.groups)}", [], [new_output("IMAGE")], values)
            elif lot < 0.18 and depth < 3:
                self._add_instance(scope)
            elif lot < 0.23:
                self._add(scope, self.draw.choice(["Note", "MarkdownNote"]), [], [], [self.draw.choice(TEXTS)])
            elif lot < 0.26:
                self._add(
                    scope, "NobodyKnows", [new_input("image", "IMAGE")], [new_output("IMAGE")], [1, "two", {"three": 3}]
                )
            else:
                self._add_class(scope, self._class())
        return scope

    def _group_kinds(self) -> Json:
        """Return group nodes of two or three nodes in a row, the first of which makes a picture."""
        kinds: Json = {}
        for name in ("one", "two"):
            row = [
                "EmptyImage",
                *self.draw.choices(["ImageInvert", "ImageScaleBy", "ImageBlur"], k=self.draw.randrange(1, 3)),
            ]
            plain = {"pos": [0, 0], "size": [200, 100], "flags": {}, "order": 0, "mode": 0, "properties": {}}
            nodes = [{"type": kind, "index": at, **plain, "inputs": [], "outputs": []} for at, kind in enumerate(row)]
            for at, node in enumerate(nodes[1:]):
                node["inputs"] = [{"name": "image", "type": "IMAGE", "link": None}]
                nodes[at]["outputs"] = [{"name": "IMAGE", "type": "IMAGE", "links": []}]
            links = [[at, 0, at + 1, 0, at + 1, "IMAGE"] for at in range(len(row) - 1)]
            kinds[name] = {"nodes": nodes, "links": links, "external": []}
        return kinds

    def _class(self) -> str:
        lot = self.draw.random()
        return self.draw.choice(self.favourites if lot < 0.5 else self.odd if self.odd and lot < 0.7 else self.classes)

    def _add(self, scope: Scope, kind: str, inputs: list[Json], outputs: list[Json], values: Any) -> Json:
        self.last_node += 1
        node: Json = {"id": self.last_node, "type": kind, "pos": [0, 0], "size": [200, 100], "flags": {}, "order": 0}
        node |= {"mode": self.draw.choice(self.modes), "inputs": inputs, "outputs": outputs, "properties": {}}
        if values is not None:
            node["widgets_values"] = values
        if self.draw.random() < 0.15:
            node["title"] = self.draw.choice(["KSampler", "Primitive", "A title", "LoadImage"])
        if kind in self.info and self.draw.random() < 0.7:
            node["properties"]["Node name for S&R"] = kind
        scope.nodes.append(node)
        for place in range(len(inputs)):
            self._feed(scope, node, place)
        return node

    def _add_class(self, scope: Scope, kind: str) -> None:
        told = self.info[kind]
        inputs: list[Json] = []
        values: list[Any] = []
        self.inputs.inputs(inputs, values, inputs_of(told))
        outputs = []
        for place, out in enumerate(told.get("output") or []):
            plain = "COMBO" if isinstance(out, list) else "*" if out == "COMFY_MATCHTYPE_V3" else str(out)
            names = told.get("output_name") or []
            outputs.append(new_output(plain, str(names[place]) if place < len(names) else plain))
        lot = self.draw.random()
        held: Any = values
        if lot < 0.1:
            held = values[: self.draw.randrange(len(values) + 1)]
        elif lot < 0.15:
            held = None
        elif lot < 0.17:
            held = [*values, "more"]
        elif kind == "LoadImage" and lot < 0.3:
            held = [{"filename": "x.png", "subfolder": "", "type": "input"}, "image"]
        if self.draw.random() < 0.2:
            self.draw.shuffle(inputs)
        if self.draw.random() < 0.1:
            outputs = outputs[: self.draw.randrange(len(outputs) + 1)]
        self._add(scope, kind, inputs, outputs, held)

    # Wires.

    def _feed(self, scope: Scope, node: Json, place: int) -> None:
        """Link an input to something earlier, perhaps; a widget only when it was drawn as converted."""
        slot = node["inputs"][place]
        converted = slot.pop("converted", True)
        if not converted or self.draw.random() > 0.75:
            return
        if "widget" in slot and slot["type"] in PLAIN and self.draw.random() < 0.6:
            self._feed_by_primitive(scope, node, place)
            return
        found = [
            (other, at)
            for other in scope.nodes
            if other is not node and other["type"] != "PrimitiveNode"
            for at, out in enumerate(other["outputs"])
            if _agree(out["type"], slot["type"])
        ]
        if not found:
            return
        origin, at = self.draw.choice(found[-6:])
        kind = origin["outputs"][at]["type"]
        # The editor fails to open a group before a bend where that leads to matching types.
        grouped = origin["type"].startswith("workflow>")
        while "widget" not in slot and self.draw.random() < 0.2 and kind != "*" and not grouped:
            bend = self._add(scope, "Reroute", [], [new_output(kind, "")], None)
            bend["inputs"] = [new_input("", "*")]
            self._link(scope, origin, at, bend, 0, kind)
            origin, at = bend, 0
        self._link(scope, origin, at, node, place, kind)

    def _feed_by_primitive(self, scope: Scope, node: Json, place: int) -> None:
        slot = node["inputs"][place]
        kind = slot["type"]
        held = scope.primitives.get(kind)
        if held is None or self.draw.random() < 0.3:
            name = slot["widget"]["name"]
            value = self.inputs.value("", kind, {})
            values = [value, self.draw.choice(["fixed", "randomize", "increment"])][: self.draw.choice([1, 2, 2])]
            held = self._add(scope, "PrimitiveNode", [], [{**new_output(kind), "widget": {"name": name}}], values)
            # The editor itself fails to replace names in what is no text.
            held["properties"]["Run widget replace on values"] = kind == "STRING" and self.draw.random() < 0.5
            scope.primitives[kind] = held
        self._link(scope, held, 0, node, place, kind)

    def _link(self, scope: Scope, origin: Json, slot: int, target: Json, place: int, kind: str) -> None:
        self.last_link += 1
        target["inputs"][place]["link"] = self.last_link
        origin["outputs"][slot]["links"].append(self.last_link)
        self._list(scope, self.last_link, origin["id"], slot, target["id"], place, kind)

    def _list(self, scope: Scope, *told: Any) -> None:
        names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
        scope.links.append(dict(zip(names, told, strict=True)))

    # Subgraphs.

    def _add_instance(self, scope: Scope) -> None:
        known = self.subgraphs and self.draw.random() < 0.35
        definition = self.draw.choice(self.subgraphs) if known else self._make_subgraph(scope.depth + 1)
        inputs = []
        values: list[Any] = []
        for border in definition["inputs"]:
            slot = new_input(border["name"], border["type"])
            if border["hosted"] is not None:
                slot |= {"widget": {"name": border["name"]}, "converted": self.draw.random() < 0.2}
                values.append(self.inputs.value(border["name"], border["type"], border["hosted"]))
            if self.draw.random() < 0.9:
                inputs.append(slot)
        if self.draw.random() < 0.2:
            self.draw.shuffle(inputs)
        outputs = [new_output(border["type"], border["name"]) for border in definition["outputs"]]
        proxies = definition["proxies"]
        node = self._add(scope, definition["id"], inputs, outputs, values if self.draw.random() < 0.8 else None)
        if proxies:
            node["properties"]["proxyWidgets"] = [[str(inner), name] for inner, name, _, _ in proxies]
            node["widgets_values"] = [self.inputs.value(name, kind, options) for _, name, kind, options in proxies]

    def _make_subgraph(self, depth: int) -> Json:
        scope = self._level(depth, self.draw.randrange(2, 6))
        number = len(self.subgraphs) + 1
        definition: Json = {
            "id": f"{number:08d}-0000-4000-8000-000000000000",
            "version": 1,
            "revision": 0,
            "config": {},
            "name": f"Sub {number}",
            "inputNode": {"id": -10, "bounding": [0, 0, 100, 100]},
            "outputNode": {"id": -20, "bounding": [900, 0, 100, 100]},
            "inputs": [],
            "outputs": [],
            "widgets": [],
            "nodes": scope.nodes,
            "groups": [],
            "links": scope.links,
            "extra": {},
            "hosted": {},
            "proxies": [],
        }
        self._expose_inputs(definition, scope)
        self._expose_outputs(definition, scope)
        definition["state"] = self._state()
        if self.draw.random() < 0.25 and self.lists_widgets:
            definition["proxies"] = self._proxies(scope)
        self.subgraphs.append(definition)
        return definition

    def _open(self, scope: Scope) -> list[tuple[Json, int]]:
        return [(node, at) for node in scope.nodes for at, slot in enumerate(node["inputs"]) if slot["link"] is None]

    def _expose_inputs(self, definition: Json, scope: Scope) -> None:
        for _ in range(self.draw.randrange(0, 5)):
            free = [(node, at) for node, at in self._open(scope) if "COMFY_" not in node["inputs"][at]["type"]]
            if not free:
                return
            node, at = self.draw.choice(free)
            slot = node["inputs"][at]
            number = len(definition["inputs"])
            border: Json = {"id": f"in-{number}", "name": f"{slot['name'].strip('.') or 'any'}_{number}"}
            border |= {"type": slot["type"], "linkIds": [], "hosted": self._hosted(node, slot)}
            definition["inputs"].append(border)
            targets = [(node, at)]
            more = [(n, a) for n, a in free if (n, a) != (node, at) and n["inputs"][a]["type"] == slot["type"]]
            if more and self.draw.random() < 0.4:
                targets.append(self.draw.choice(more))
            for target, place in targets:
                self.last_link += 1
                target["inputs"][place]["link"] = self.last_link
                border["linkIds"].append(self.last_link)
                self._list(scope, self.last_link, -10, number, target["id"], place, slot["type"])

    def _hosted(self, node: Json, slot: Json) -> Json | None:
        """Return the options of the widget that a slot stands for, None where it stands for none."""
        if "widget" not in slot or slot["type"] not in (*PLAIN, *STRUCTURED):
            return None
        told = {name: options for name, _, options in inputs_of(self.info.get(node["type"], {}))}
        return told.get(slot["name"], {})

    def _expose_outputs(self, definition: Json, scope: Scope) -> None:
        made = [
            (node, at) for node in scope.nodes for at in range(len(node["outputs"])) if node["type"] != "PrimitiveNode"
        ]
        for number in range(self.draw.randrange(0, min(3, len(made)) + 1)):
            node, at = self.draw.choice(made)
            kind = node["outputs"][at]["type"]
            self.last_link += 1
            node["outputs"][at]["links"].append(self.last_link)
            border = {"id": f"out-{number}", "name": f"{kind}_{number}", "type": kind, "linkIds": [self.last_link]}
            definition["outputs"].append(border)
            self._list(scope, self.last_link, node["id"], at, -20, number, kind)

    def _proxies(self, scope: Scope) -> list[tuple[int, str, str, Json]]:
        """Return widgets as older editors promoted them: by node and name."""
        told = [
            (node["id"], slot["name"], slot["type"], self._hosted(node, slot))
            for node, at in self._open(scope)
            for slot in [node["inputs"][at]]
        ]
        free = [(inner, name, kind, options) for inner, name, kind, options in told if options is not None]
        return self.draw.sample(free, min(len(free), self.draw.randrange(1, 4)))


def _all_nodes(saved: Json) -> list[Json]:
    levels = [saved, *saved.get("definitions", {}).get("subgraphs", [])]
    return [node for level in levels for node in level["nodes"]]


def _agree(one: str, other: str) -> bool:
    return other in ("*", one) or (one != "*" and one in other.split(","))


def composed(seed: int, info: Mapping[str, Any]) -> Json:
    """Return the workflow of a seed."""
    return Composer(seed, info).compose()
