"""The address of a running ComfyUI, as its user wrote it: judged before anything is asked."""

from __future__ import annotations

import re
import urllib.parse

from runner.errors import BadInput

SCHEME = re.compile(r"([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
LIKE = "one like http://127.0.0.1:8188"


def is_address(where: str) -> bool:
    """Tell whether it is meant as an address; anything else is a folder."""
    return SCHEME.match(where) is not None


def checked_address(where: str) -> str:
    """Return an address that can be asked. Raises: BadInput `comfyui.address`."""
    found = SCHEME.match(where)
    scheme = found[1].lower() if found else ""
    if scheme not in ("http", "https"):
        sentence = f"{where} is an address that ComfyUI does not answer at, only http and https; give {LIKE}"
        raise BadInput(sentence, code="comfyui.address")
    try:
        parts = urllib.parse.urlsplit(where)
        # IDNA refuses names that are no host's; reading the port, one that is no number.
        host, port = (parts.hostname or "").encode("idna"), parts.port
    except ValueError:
        host, port = b"", None
    if not host or port == 0 or any(letter.isspace() for letter in where):
        raise BadInput(f"{where} is no address of a ComfyUI; give {LIKE}", code="comfyui.address")
    return where
