"""The node reference, generated from the nodes' own schemas as ComfyUI's /object_info tells them: a page a node."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

Node = Mapping[str, Any]
LEAD = """# Nodes
All nodes are in the category *OnAir* of ComfyUI's editor. These pages are made from the nodes' schemas when the site is
built; the editor shows the same words as tooltips, and a help page a node.

| node | what it does |
|---|---|
"""
NONE = "-"


def node_pages(nodes: Mapping[str, Node], workflows: Path) -> dict[str, str]:
    """Return Markdown by path below docs/: nodes/index.md and one page for each node that is meant for people."""
    shown = {name: node for name, node in nodes.items() if not node.get("dev_only")}
    used = _used(workflows)
    pages = {f"nodes/{name}.md": _page(name, node, used.get(name, [])) for name, node in shown.items()}
    rows = [f"| [{node['display_name']}]({name}.md) | {_cell(node['description'])} |" for name, node in shown.items()]
    return {"nodes/index.md": LEAD + "\n".join(rows) + "\n", **pages}


def _page(name: str, node: Node, workflows: list[str]) -> str:
    parts = [f"# {node['display_name']}", str(node["description"]), f"Class `{name}`, category *{node['category']}*."]
    if node.get("experimental") or node.get("deprecated"):
        parts.append("**Experimental.**" if node.get("experimental") else "**Deprecated.**")
    rows = [
        _input(one, told, needed=group == "required")
        for group in ("required", "optional")
        for one, told in node["input"].get(group, {}).items()
    ]
    if rows:
        parts.append("## Inputs\n| input | type | default, range | what it is |\n|---|---|---|---|\n" + "\n".join(rows))
    outputs = [
        f"| `{label}` | {kind} | {_cell(tip or '')} |"
        for label, kind, tip in zip(node["output_name"], node["output"], _tips(node), strict=True)
    ]
    if outputs:
        parts.append("## Outputs\n| output | type | what it is |\n|---|---|---|\n" + "\n".join(outputs))
    if workflows:
        parts.append(
            "## Used in\n" + ", ".join(f"`{one}`" for one in workflows) + ": see [workflows](../workflows.md)."
        )
    return "\n\n".join(parts) + "\n"


def _tips(node: Node) -> list[str | None]:
    tips = list(node.get("output_tooltips") or [])
    return tips + [None] * (len(node["output"]) - len(tips))


def _input(name: str, told: list[Any], *, needed: bool) -> str:
    kind, extra = told[0], told[1] if len(told) > 1 else {}
    options = kind if isinstance(kind, list) else extra.get("options")
    text = "COMBO" if isinstance(kind, list) else str(kind)
    choices = ", ".join(f"`{one}`" if isinstance(one, str) else f"`{one.get('key')}`" for one in options or [])
    note = "" if needed else " (optional)"
    return (
        f"| `{name}` | {text}{note} | {_values(extra.get('default'), choices or _range(extra))} | "
        f"{_cell(extra.get('tooltip', ''))} |"
    )


def _range(extra: Mapping[str, Any]) -> str:
    if "min" not in extra or "max" not in extra:
        return ""
    step = f", in steps of {_number(extra['step'])}" if extra.get("step") not in (None, 1) else ""
    return f"{_number(extra['min'])} to {_number(extra['max'])}{step}"


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _values(default: Any, allowed: str) -> str:
    """What it is where nobody sets it, and what it may be."""
    text = default if isinstance(default, str) else json.dumps(default)
    given = f"`{text}`" if default not in (None, "") else ""
    return "; ".join(part for part in (given, allowed) if part) or NONE


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def _used(workflows: Path) -> dict[str, list[str]]:
    """Return the names of the shipped workflows by the node classes that they use."""
    used: dict[str, list[str]] = {}
    for path in sorted(workflows.glob("*.json")):
        for kind in sorted({str(node["type"]) for node in json.loads(path.read_text(encoding="utf-8"))["nodes"]}):
            used.setdefault(kind, []).append(path.name)
    return used
