"""What the page is told at its start: figures, what is chosen by default, and what this viewer may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fastapi import Request

from .access import Access

PageSettings = Callable[[Request], Mapping[str, object]]
"""Gives JSON values, by who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFacts:
    """`engine_url`: where ComfyUI answers now; `comfyui_url`: where browsers elsewhere reach its editor, "" for not.

    `avatar` and `voice`: what a session gets that asks for none; the first is "" where the graph has its own picture.
    """

    behind_ms: int
    avatar: str
    voice: str
    uploads: bool
    engine_url: Callable[[], str]
    comfyui_url: str = ""


def settings_for(facts: PageFacts, access: Access) -> PageSettings:
    """Return what tells each viewer: `behind_ms`, `avatar`, `voice`, `uploads`, `editors`, `comfyui_url` ("": none).

    `uploads` and `editors`: whether this viewer may bring a picture, and put a graph on air.
    """

    def told(request: Request) -> Mapping[str, object]:
        allowed = access.allows(request)
        # Our own child listens on this machine alone: elsewhere its address leads to nothing, or to another's ComfyUI.
        editor = facts.comfyui_url or (facts.engine_url() if access.is_local(request) else "")
        return {
            "behind_ms": facts.behind_ms,
            "avatar": facts.avatar,
            "voice": facts.voice,
            "uploads": facts.uploads and allowed,
            "editors": allowed,
            "comfyui_url": editor,
        }

    return told
