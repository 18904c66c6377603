"""What `/docs` says of the whole API: its groups, and how an error looks."""

from __future__ import annotations

from typing import Any

DESCRIPTION = """
Text goes in, a person speaks in an HLS stream seconds later. Open a session with `POST /api/sessions`, play its
`playlist`, and send a `prompt`; the WebSocket `/session` does the same with answers as they come.

Errors are `application/problem+json` (RFC 9457) with a stable `code` and `retryable`. What changes the server (its
pictures, its graphs) is open to this machine's own user, or to who sends `Authorization: Bearer` with `ONAIR_TOKEN`.
"""
TAGS = [
    {"name": "sessions", "description": "Conversations: open, speak, stop, close."},
    {"name": "stream", "description": "What players read: playlists, segments, parts."},
    {"name": "avatars", "description": "Who can be seen, and pictures of one's own."},
    {"name": "listings", "description": "Voices to choose from, channels for everybody."},
    {"name": "workflows", "description": "Graphs of ComfyUI's editor: checked, and put on air."},
    {"name": "health", "description": "Is it alive, is it ready, its figures, and a bundle for who helps."},
]
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "retryable"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence that says what to do."},
        "code": {"type": "string", "description": "Stable; docs/errors.md lists them."},
        "retryable": {"type": "boolean", "description": "Whether the same request may succeed later."},
        "findings": {"type": "array", "items": {"type": "object"}, "description": "Of a refused graph, by node."},
    },
    "example": {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": "this machine renders 1 conversation in time and has as many; try again later",
        "code": "capacity.full",
        "retryable": True,
    },
}
RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {"description": "An error.", "content": {"application/problem+json": {"schema": PROBLEM}}}
}
"""Also keeps the framework from describing errors that it never answers with."""
