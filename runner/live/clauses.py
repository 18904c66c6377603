"""Text in, clauses out: the smallest text sent to speech, and where "idle after this clause" may cut."""

from __future__ import annotations

import re

from custom_nodes.tts import text as tts_text
from custom_nodes.tts.errors import TextRefused as TtsTextRefused
from runner.errors import TextRefused

_END = re.compile(r"[.!?;…؟]+[\"'”’)\]]*(?=\s)|[。！？；]+[」』”’)]*")  # noqa: RUF001  (the signs are meant)
_SHORTEST_CHARS = 24
"""Shorter pieces ("Dr.", "No.", "3.") stay with what follows."""


def check_text(text: str) -> str:
    """Return the speakable part of `text` on one line. Raises: TextRefused `text.refused`."""
    try:
        return " ".join(tts_text.clean(text).split())
    except TtsTextRefused as exc:
        raise TextRefused(str(exc.args[0])) from exc


def split_clauses(text: str) -> list[str]:
    """Split at sentence ends; the clauses joined (by blanks where there were any) give the text again."""
    clauses: list[str] = []
    open_start = 0
    ends = [match.end() for match in _END.finditer(text)]
    for end in ends:
        piece = text[open_start:end].strip()
        rest = text[end:].strip()
        if len(piece) >= _SHORTEST_CHARS and (not rest or len(rest) >= _SHORTEST_CHARS // 2):
            clauses.append(piece)
            open_start = end
    last = text[open_start:].strip()
    return [*clauses, last] if last else clauses
