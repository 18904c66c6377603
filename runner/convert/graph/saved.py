"""What a file says of slots and links, taken as it comes: files of any age and by any hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .slot import BorderSlot, InputSlot, Link, OutputSlot, WidgetReference


def read_inputs(data: Any) -> Iterator[InputSlot]:
    """Yield the inputs that a file lists."""
    for item in data if isinstance(data, list) else ():
        if isinstance(item, dict):
            widget = item.get("widget")
            name = widget.get("name") if isinstance(widget, dict) else None
            yield InputSlot(
                name=str(item.get("name")),
                type=item.get("type", "*"),
                link=item.get("link"),
                widget=WidgetReference(str(name)) if name is not None else None,
                label=item.get("label"),
            )


def read_outputs(data: Any) -> Iterator[OutputSlot]:
    """Yield the outputs that a file lists."""
    for item in data if isinstance(data, list) else ():
        if isinstance(item, dict):
            links = item.get("links")
            known = list(links) if isinstance(links, list) else []
            yield OutputSlot(name=str(item.get("name")), type=item.get("type", "*"), links=known)


def read_link(data: Any) -> Link | None:
    """Return the link that a file tells of, as a list of six or as an object; None when it is neither."""
    if isinstance(data, list) and len(data) >= 5:
        kind = data[5] if len(data) > 5 else "*"
        return Link(data[0], kind, str(data[1]), _index(data[2]), str(data[3]), _index(data[4]))
    if isinstance(data, dict) and "id" in data:
        ends = (str(data.get("origin_id")), _index(data.get("origin_slot")))
        return Link(data["id"], data.get("type"), *ends, str(data.get("target_id")), _index(data.get("target_slot")))
    return None


def read_border_slot(data: dict[str, Any]) -> BorderSlot:
    """Return the subgraph slot that a file tells of."""
    links = data.get("linkIds")
    return BorderSlot(
        id=str(data.get("id")),
        name=str(data.get("name")),
        type=data.get("type", "*"),
        label=data.get("label"),
        link_ids=list(links) if isinstance(links, list) else [],
    )


def _index(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
