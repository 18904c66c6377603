"""Building saved workflows and node definitions in a few words."""

from __future__ import annotations

from typing import Any

from runner.convert import convert

Json = dict[str, Any]


def definition(required: Json, *outputs: str, optional: Json | None = None, **more: Any) -> Json:
    return {
        "input": {"required": required, "optional": optional or {}},
        "output": list(outputs),
        "output_name": list(outputs),
        **more,
    }


INFO: Json = {
    "Load": definition({"name": [["a", "b"], {}]}, "MODEL", "CLIP"),
    "Encode": definition({"text": ["STRING", {"multiline": True, "dynamicPrompts": True}], "clip": ["CLIP"]}, "COND"),
    "Latent": definition({"width": ["INT", {"default": 512, "min": 16, "max": 4096, "step": 8}]}, "LATENT"),
    "Sample": definition(
        {
            "model": ["MODEL"],
            "seed": ["INT", {"default": 0, "max": 2**64 - 1, "control_after_generate": True}],
            "steps": ["INT", {"default": 20, "max": 10000}],
            "cfg": ["FLOAT", {"default": 8.0, "step": 0.1, "round": 0.01}],
            "positive": ["COND"],
            "latent": ["LATENT"],
        },
        "LATENT",
        optional={"mask": ["MASK"]},
    ),
    "Refine": definition({"latent": ["LATENT"], "model": ["MODEL"], "other": ["LATENT"]}, "LATENT"),
    "SaveLatent": definition({"samples": ["LATENT"], "filename_prefix": ["STRING", {"default": "out"}]}),
}


def node(number: int | str, kind: str, values: Any = None, **more: Any) -> Json:
    told: Json = {"id": number, "type": kind, "mode": 0, "inputs": [], "outputs": [], "properties": {}, **more}
    return told if values is None else {**told, "widgets_values": values}


def border(name: str, kind: str, *links: int) -> Json:
    return {"id": f"{name}-id", "name": name, "type": kind, "linkIds": list(links)}


def wire(nodes: list[Json], *links: tuple[int, Any, int, Any, str, str]) -> list[list[Any]]:
    """Add links (id, from, slot, to, input's name, type) to the nodes; return them as a file lists them."""
    by_id = {item["id"]: item for item in nodes}
    listed = []
    for link, origin, slot, target, name, kind in links:
        place = -1
        if target in by_id:
            inputs = by_id[target]["inputs"]
            place = next((at for at, held in enumerate(inputs) if held["name"] == name), len(inputs))
            if place == len(inputs):
                inputs.append({"name": name, "type": kind})
            inputs[place]["link"] = link
        if origin in by_id:
            outputs = by_id[origin]["outputs"]
            while len(outputs) <= slot:
                outputs.append({"name": kind, "type": kind, "links": []})
            outputs[slot]["links"].append(link)
        listed.append([link, origin, slot, target, max(place, 0), kind])
    return listed


def workflow(nodes: list[Json], *links: tuple[int, Any, int, Any, str, str], **more: Any) -> Json:
    return {
        "nodes": nodes,
        "links": wire(nodes, *links),
        "last_node_id": 99,
        "last_link_id": 99,
        "version": 0.4,
        **more,
    }


def subgraph(key: str, nodes: list[Json], *links: tuple[int, Any, int, Any, Any, str], **more: Any) -> Json:
    """Return a subgraph's definition; -10 is its inputs, -20 its outputs (there the input's name is the slot)."""
    names = ("id", "origin_id", "origin_slot", "target_id", "target_slot", "type")
    listed = []
    for link, told in zip(links, wire(nodes, *links), strict=True):
        place = link[4] if link[3] == -20 else told[4]
        listed.append(dict(zip(names, (*told[:4], place, told[5]), strict=True)))
    return {"id": key, "name": key, "nodes": nodes, "links": listed, "inputs": [], "outputs": [], "version": 1, **more}


def inputs_of(saved: Json, info: Json | None = None) -> Json:
    """Convert, and return the inputs of each node."""
    return {key: told["inputs"] for key, told in convert(saved, info or INFO).items()}
